#!/bin/sh
# Runs the tests on SQLite, then on PostgreSQL. `make test` calls it; arguments go to pytest.
#
# PostgreSQL is taken from FOUREYES_TEST_DATABASE_URL, else from POSTGRES (make's variable, the usual local server).
# Without one the second half is left out and says so; with FOUREYES_REQUIRE_SERVICES=1 that is a failure.
set -eu

bin=${BIN:-.venv/bin}
url=${FOUREYES_TEST_DATABASE_URL:-${POSTGRES:-}}
# A file goes to one process, so that its server is started once; in the order of the folders, which ends with short files.
parallel="-n 2 --dist loadfile --no-loadscope-reorder"
unset FOUREYES_DATA_DIR FOUREYES_DATABASE_URL DJANGO_SETTINGS_MODULE

echo "== Tests on SQLite"
"$bin/pytest" -q $parallel "$@"

reason=$("$bin/python" tools/reach_database.py "$url" 2>&1) || {
    echo "== Tests on PostgreSQL are skipped: $reason"
    echo "   Set FOUREYES_TEST_DATABASE_URL to a server on which databases can be made."
    if [ "${FOUREYES_REQUIRE_SERVICES:-0}" = 1 ]; then
        echo "   FOUREYES_REQUIRE_SERVICES=1 asks for it: failed."
        exit 1
    fi
    exit 0
}

echo "== Tests on PostgreSQL"
FOUREYES_DATABASE_URL=$url "$bin/pytest" -q $parallel "$@"
