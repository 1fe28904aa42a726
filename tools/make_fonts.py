"""Makes the two variable fonts in static/foureyes: Latin, weights 400 to 700.

Usage: make_fonts.py FOLDER, with the unpacked npm packages @fontsource-variable/inter and
@fontsource-variable/jetbrains-mono in it. Needs the Python package fonttools with its extra woff.
"""

import io
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from vendored import find, write

# What Latin scripts need, and figures of one width. No ligatures of code: they would mislead a reviewer.
FONTS = {
    "inter": ["calt", "ccmp", "locl", "tnum", "kern", "mark", "mkmk"],
    "jetbrains-mono": ["ccmp", "locl", "mark", "mkmk"],
}


def narrowed(path: Path, features: list[str]) -> bytes:
    between = io.BytesIO()
    instancer.instantiateVariableFont(TTFont(path, recalcTimestamp=False), {"wght": (400, 400, 700)}).save(between)
    font = TTFont(between, recalcTimestamp=False)
    options = subset.Options(layout_features=features, flavor="woff2", notdef_outline=True, name_IDs=["*"])
    options.recalc_timestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def main(folder: Path) -> None:
    for name, features in FONTS.items():
        package = find(folder, f"@fontsource-variable/{name}")
        source = f"files/{name}-latin-wght-normal.woff2"
        write(
            file=f"{name}.woff2",
            content=narrowed(package / source, features),
            package=package,
            name=f"@fontsource-variable/{name}",
            sources=f"`{source}`",
            licence="OFL-1.1",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
