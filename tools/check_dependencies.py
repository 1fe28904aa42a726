"""The part of a dependency audit that needs no network: every requirement is pinned with hashes, what is installed fits
together, and every package that the product is installed with has a licence that we may ship beside.
"""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==[^ ;\\]+")
ALLOWED = re.compile(r"\b(MIT|0?BSD|APACHE|ISC|PSF|MPL|MOZILLA PUBLIC|ZLIB|UNLICENSE|CC0)\b")
# Named one by one, with the reason.
EXCEPTIONS = {"psycopg": "LGPL: used unchanged as a library", "psycopg-binary": "LGPL: used unchanged as a library"}


def requirements(name: str) -> dict[str, int]:
    """The pinned packages of a file, each with its number of hashes; stops at what is not pinned."""
    found: dict[str, int] = {}
    current = ""
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if match := PINNED.match(line):
            current = match[1].lower()
            found[current] = 0
        elif line.lstrip().startswith("--hash=sha256:"):
            found[current] += 1
        elif line.strip() and not line.lstrip().startswith("#"):
            sys.exit(f"requirements/{name}: not pinned by version and hash: {line}")
    return found


def licence(distribution: metadata.Distribution) -> str:
    """What a package says of its licence, wherever it says it."""
    said = distribution.metadata
    classifiers = [text for text in said.get_all("Classifier") or [] if text.startswith("License ::")]
    return " ".join([said.get("License-Expression") or "", (said.get("License") or "")[:200], *classifiers]).upper()


def faults() -> list[str]:
    """What is wrong, as sentences."""
    base = requirements("base.txt")
    found = [f"{package} has no hash" for package, hashes in (base | requirements("dev.txt")).items() if not hashes]
    for package in base:
        try:
            said = licence(metadata.distribution(package))
        except metadata.PackageNotFoundError:
            continue  # for another platform or version of Python
        if package not in EXCEPTIONS and not ALLOWED.search(said):
            found.append(f"{package}: its licence is not among those allowed: {said.strip() or 'none named'}")
    return found


def main() -> None:
    """Print what is wrong and fail, or say nothing."""
    check = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = faults() + (check.stdout.splitlines() if check.returncode else [])
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
