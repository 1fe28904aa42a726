"""Makes static/foureyes/htmx.js: htmx and its extension for server-sent events in one file.

Usage: make_htmx.py FOLDER, with the unpacked npm package htmx.org in it. As two files, htmx can start before the
extension has arrived, and a page's stream is then never connected.
"""

import sys
from pathlib import Path

from vendored import find, version, write

SOURCES = ("dist/htmx.min.js", "dist/ext/hx-sse.min.js")


def main(folder: Path) -> None:
    package = find(folder, "htmx.org")
    parts = [(package / source).read_text().strip() for source in SOURCES]
    head = f"/* htmx {version(package)} and sse, 0BSD: licences/htmx.txt */"
    write(
        file="htmx.js",
        content="\n".join([head, *parts, ""]).encode(),
        package=package,
        name="htmx.org",
        sources=", ".join(f"`{source}`" for source in SOURCES),
        licence="0BSD",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
