#!/bin/sh
# Looks for what must not be committed: names of package indexes, paths of one machine, conflict marks, large files.
set -eu

failed=0
complain() {
    echo "$1:" >&2
    echo "$2" >&2
    failed=1
}

files=$(git ls-files --cached --others --exclude-standard -- ':!tools/check_tree.sh' ':!LICENSE')

# shellcheck disable=SC2086 - a list of names without spaces
if hits=$(grep -InE -- '--(extra-)?index-url|--find-links|pythonhosted\.org|pypi\.org/simple' $files); then
    complain "The name of a package index is in the tree" "$hits"
fi
# shellcheck disable=SC2086
if hits=$(grep -InE '(^|[^A-Za-z0-9_./<-])/(home|root|Users|work)/[A-Za-z0-9_.-]+' $files); then
    complain "A path of one machine is in the tree" "$hits"
fi
# shellcheck disable=SC2086
if hits=$(grep -InE '^(<<<<<<<|>>>>>>>) ' $files); then
    complain "A conflict mark is in the tree" "$hits"
fi
# shellcheck disable=SC2086
if hits=$(find $files -size +1024k 2>/dev/null | grep .); then
    complain "Files over 1 MiB are in the tree" "$hits"
fi
exit $failed
