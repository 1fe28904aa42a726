"""Makes static/foureyes/icons.svg: one symbol for each Lucide icon named in tools/icons.txt, and our own mark.

Usage: make_icons.py FOLDER, with the unpacked npm package lucide-static in it. A new icon: add its name to the list,
run this.
"""

import re
import sys
from pathlib import Path

from vendored import STATIC, find, version, write

NAMES = Path(__file__).with_name("icons.txt")
# Thinner than Lucide's own 2: at 16 to 18 px it has the weight of the text beside it.
STROKE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
# Two lenses with a shared part: two people looking at the same thing.
MARK = (
    '<rect width="24" height="24" rx="6.5" fill="#4a3fd6"/>'
    '<g fill="none" stroke="#fff" stroke-width="1.7">'
    '<circle cx="9" cy="12" r="4.6"/><circle cx="15" cy="12" r="4.6"/></g>'
    '<path d="M12 8.5a4.6 4.6 0 0 1 0 7 4.6 4.6 0 0 1 0-7z" fill="#fff"/>'
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"'


def shapes(source: str) -> str:
    """The drawing inside an icon's svg element, on one line."""
    found = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if not found:
        raise SystemExit("An icon's file holds no svg element.")
    return re.sub(r"\s*/>", "/>", re.sub(r">\s+<", "><", found[1].strip()))


def main(folder: Path) -> None:
    package = find(folder, "lucide-static")
    symbols = [
        f'<symbol id="{name}" viewBox="0 0 24 24" {STROKE}>'
        f"{shapes((package / 'icons' / f'{name}.svg').read_text())}</symbol>"
        for name in NAMES.read_text().split()
    ]
    head = f"<!-- Lucide {version(package)}, ISC and MIT, see licences/icons.txt; the mark is our own -->"
    mark = f'<symbol id="brand" viewBox="0 0 24 24">{MARK}</symbol>'
    write(
        file="icons.svg",
        content="\n".join([f"{SVG}>", head, *symbols, mark, "</svg>", ""]).encode(),
        package=package,
        name="lucide-static",
        sources="`icons/*.svg` named in `tools/icons.txt`",
        licence="ISC and MIT",
    )
    (STATIC / "favicon.svg").write_text(f'{SVG} viewBox="0 0 24 24">{MARK}</svg>\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
