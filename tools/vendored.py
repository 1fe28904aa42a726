"""Writes foreign files into the static folder, and one line for each into its VENDORED.md."""

import hashlib
import json
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src/foureyes/static/foureyes"
LIST = STATIC / "VENDORED.md"


def version(package: Path) -> str:
    """The version that an unpacked package states."""
    return str(json.loads((package / "package.json").read_text())["version"])


def find(folder: Path, name: str) -> Path:
    """The unpacked package of this name below a folder, whatever its own folder is called."""
    for candidate in sorted(folder.glob("*/package.json")):
        if json.loads(candidate.read_text())["name"] == name:
            return candidate.parent
    raise SystemExit(f"There is no unpacked package {name} in {folder}.")


def write(*, file: str, content: bytes, package: Path, name: str, sources: str, licence: str) -> None:
    """Write the file and its licence text, and bring its line in the list up to date."""
    (STATIC / file).write_bytes(content)
    text = f"licences/{Path(file).stem}.txt"
    lines = (line.rstrip() for line in (package / "LICENSE").read_text().strip().splitlines())
    (STATIC / text).write_text("\n".join(lines) + "\n")
    digest = hashlib.sha256(content).hexdigest()
    row = f"| `{file}` | {name} | {version(package)} | {sources} | {licence}, `{text}` | `{digest}` |"
    others = [line for line in LIST.read_text().splitlines() if not line.startswith(f"| `{file}` |")]
    LIST.write_text("\n".join([*others, row]) + "\n")
