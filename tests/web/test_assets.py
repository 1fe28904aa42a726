"""What every page loads: whole, listed, small, with no colour outside the tokens and nothing from elsewhere."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src/foureyes/static/foureyes"
TOOLS = Path(__file__).parents[2] / "tools"
SCRIPTS = ["app.js", "log.js"]
OWN = {"README.md", "VENDORED.md", "app.css", "favicon.svg", *SCRIPTS}
KIB = 1024


def rows() -> dict[str, tuple[str, str]]:
    """Licence text and checksum of each foreign file, as the list states them."""
    lines = re.findall(r"^\| `(.+?)` \|.*?`(licences/.+?)` \| `([0-9a-f]{64})` \|$", listed(), re.MULTILINE)
    return {file: (licence, digest) for file, licence, digest in lines}


def listed() -> str:
    return (STATIC / "VENDORED.md").read_text()


def text(name: str) -> str:
    return (STATIC / name).read_text()


def packed(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def test_every_foreign_file_is_the_listed_one() -> None:
    found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in rows()}
    assert found == {name: digest for name, (_, digest) in rows().items()}
    assert set(found) == {"htmx.js", "icons.svg", "inter.woff2", "jetbrains-mono.woff2"}


def test_every_foreign_file_has_its_licence_text() -> None:
    assert {licence for licence, _ in rows().values()} == {
        f"licences/{p.name}" for p in (STATIC / "licences").iterdir()
    }


def test_nothing_unlisted_lies_beside_them() -> None:
    files = {path.name for path in STATIC.iterdir() if path.is_file()}
    assert files <= OWN | set(rows())


def test_sprite_has_exactly_the_icons_of_the_list() -> None:
    wanted = (TOOLS / "icons.txt").read_text().split()
    assert wanted == sorted(set(wanted))
    assert set(re.findall(r'<symbol id="(.+?)"', text("icons.svg"))) == {*wanted, "brand"}


def test_sprite_has_every_icon_that_a_page_names_and_no_other() -> None:
    source, wanted = STATIC.parents[1], set((TOOLS / "icons.txt").read_text().split())
    pages = [file.read_text() for file in source.joinpath("templates/web").rglob("*.html")]
    modules = [file.read_text() for file in source.joinpath("web").rglob("*.py")]
    named = re.compile(r"""{% icon "([^"]+)"|\bicon="([^"]+)"|\bicon\("([^"]+)"\)""")
    found = {name for each in [*pages, *modules, *map(text, SCRIPTS)] for name in named.findall(each)}
    names = {name for groups in found for name in groups if name}
    assert names - wanted == set()
    quoted = {word for module in modules for word in re.findall(r'"([a-z0-9-]+)"', module)}  # in tables and tuples
    assert wanted - names - quoted == set()


@pytest.mark.parametrize(
    ("names", "budget"),
    [
        (["app.css"], 14 * KIB),
        (["htmx.js", *SCRIPTS], 24 * KIB),
        (["icons.svg"], 6 * KIB),
    ],
    ids=["styles", "scripts", "icons"],
)
def test_size_stays_in_its_budget(names: list[str], budget: int) -> None:
    assert packed(*names) <= budget


def test_both_fonts_stay_in_their_budget() -> None:
    fonts = list(STATIC.glob("*.woff2"))
    assert len(fonts) == 2
    assert sum(font.stat().st_size for font in fonts) <= 65 * KIB


def test_styles_name_colours_in_the_token_layer_only() -> None:
    before, tokens, after = re.split(r"(^@layer tokens \{$.*?^\}$)", text("app.css"), maxsplit=1, flags=re.M | re.S)
    assert "--accent:" in tokens
    colour = (
        r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|light-dark)\(|:[^;{}]*\b(?:white|black)\b"
    )
    assert re.findall(colour, before + after) == []


def test_styles_of_every_page_do_not_look_through_all_of_it() -> None:
    """Else each line that a log takes in has every other line looked at."""
    assert re.findall(r"(?:body|main|\.shell|\.card \S*):has\((?!>)", text("app.css")) == []


@pytest.mark.parametrize("name", ["app.css", *SCRIPTS])
def test_own_files_load_nothing_from_elsewhere(name: str) -> None:
    addresses = re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"')]*", text(name))
    assert addresses == []


def test_styles_point_to_files_that_are_there() -> None:
    names = re.findall(r"url\(\"?([^\")]+)\"?\)", text("app.css"))
    assert set(names) == {"inter.woff2", "jetbrains-mono.woff2"}


def test_scripts_work_under_the_policy() -> None:
    """Nothing that needs `unsafe-eval` or `unsafe-inline`, and no question boxes of the browser."""
    for name in SCRIPTS:
        assert (
            re.findall(r"\beval\(|new Function|innerHTML\s*=|\.style\b|cssText|\bconfirm\(|\balert\(", text(name)) == []
        )
