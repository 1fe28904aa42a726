"""The fenced blocks of the guide: which test executes which, and which cannot be executed, and why.

Tests take their blocks from here, so that what is executed is what stands in the guide, and all of it.
"""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).parents[2]
FENCED = re.compile(r"^(?P<fence>```+|~~~+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

# Page and language: the tests that execute all such blocks, each with all that the reader has by then.
EXECUTED = {
    ("README.md", "python"): ("test_readme.py",),
    ("README.md", "sh"): ("test_readme.py", "test_guides.py"),
    ("docs/operations.md", "sh"): ("test_guides.py",),
    ("docs/operations.md", "ini"): ("test_guides.py",),
    ("docs/user-guide/running.md", "sh"): ("test_guides.py",),
    ("docs/user-guide/approving.md", "sh"): ("test_guides.py",),
    ("docs/user-guide/jobs.md", "python"): ("test_author_guide.py", "test_guides.py"),
    ("docs/user-guide/jobs.md", "toml"): ("test_author_guide.py",),
    ("docs/user-guide/jobs.md", "console"): ("test_guides.py",),
    ("docs/user-guide/cli.md", "sh"): ("test_command_line_guide.py",),
    ("docs/user-guide/cli.md", "console"): ("test_command_line_guide.py",),
    ("docs/user-guide/schedules.md", "sh"): ("test_command_line_guide.py",),
    ("docs/user-guide/schedules.md", "console"): ("test_command_line_guide.py", "../cli/test_schedule_guide.py"),
    ("docs/user-guide/rest-api.md", "sh"): ("test_rest_api_guide.py",),
    ("docs/user-guide/rest-api.md", "json"): ("test_rest_api_guide.py",),
    ("docs/user-guide/rest-api.md", "python"): ("../clients/test_clients.py",),
    ("docs/user-guide/hooks.md", "python"): ("test_hooks_guide.py",),
    ("docs/user-guide/hooks.md", "json"): ("test_hooks_guide.py",),
    ("docs/user-guide/hooks.md", "django"): ("test_hooks_guide.py",),
}
# Page and text: why no test executes it, and what is looked at instead.
LEFT_OUT = {
    ("README.md", "make up\n"): "test_readme.py starts the demo on a port and a data folder of its own",
    ("README.md", "make test\n"): "it would start this test; test_readme.py looks for the target",
    ("README.md", "make install\n"): "it installs from a package index; test_readme.py looks for the target",
    ("docs/benchmarks.md", "make bench\n"): "it takes long, and wants the machine alone; its target is looked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block with the place where it stands."""

    page: str
    heading: str
    language: str
    text: str

    @property
    def lines(self) -> Iterator[str]:
        """Its lines, those that a backslash continues as one."""
        return (line for line in self.text.replace("\\\n", " ").splitlines() if line.strip())

    def typed(self) -> Iterator[tuple[str, str | None]]:
        """Its commands, of a console with what each prints."""
        if self.language != "console":
            yield from ((line, None) for line in self.lines)
            return
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


def pages() -> list[str]:
    """The README and everything in docs."""
    return ["README.md", *sorted(str(path.relative_to(TREE)) for path in (TREE / "docs").rglob("*.md"))]


def blocks_of(page: str) -> list[Block]:
    """All blocks of a page, in their order."""
    text = (TREE / page).read_text()
    return [
        Block(
            page=page,
            heading=(HEADING.findall(FENCED.sub("", text[: found.start()])) or [""])[-1],
            language=found["language"],
            text=found["text"],
        )
        for found in FENCED.finditer(text)
    ]


def executable(page: str, *languages: str) -> list[Block]:
    """The blocks of a page in these languages, without those that are left out."""
    blocks = [block for block in blocks_of(page) if block.language in languages]
    return [block for block in blocks if (page, block.text) not in LEFT_OUT]


def is_start(block: Block) -> bool:
    """Does it start an installation, and stay?"""
    return block.text.startswith(".venv/bin/foureyes up ")


def unit_in(page: str) -> ConfigParser:
    """The unit of systemd that stands in a page. No test can start it as one; its command is started."""
    [block] = executable(page, "ini")
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block.text)
    return unit


def is_preview(block: Block) -> bool:
    """Does it depend on nothing but a plan and the clock?"""
    return block.text.startswith("$ foureyes preview ")
