"""Source for people to read: whole files, and differences with line numbers, signs and marks inside of lines."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from foureyes.approvals.differences import Differences, FileChange
from foureyes.catalog.source import SourceFile, read_source
from foureyes.models import ApprovalRequest
from foureyes.web.source_text import spelled
from foureyes.web.wording import marked

FOLDED_AFTER = 200  # lines of a file; the rest is one click away
HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
ALIKE = 0.5  # two lines with less in common are two lines
LONGEST_COMPARED = 400  # characters of a line that is compared word by word
MOST_COMPARED = 200  # lines of one block; a larger block is new, and marks inside of its lines would say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """One row of the table: numbers in the old and the new file, sign, and the text."""

    html: SafeString
    old: int | None = None
    new: int | None = None
    css: str = ""  # "a" added, "d" removed, "h" heading

    @property
    def sign(self) -> str:
        """What says so without colour."""
        return {"a": "+", "d": "−"}.get(self.css, "")

    @property
    def cells(self) -> str:
        """As the cells of a row of a difference."""
        return (
            f'<td class="ln">{self.old or ""}</td><td class="ln">{self.new or ""}</td><td class="sg">{self.sign}</td>'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """One file."""

    path: str
    kind: str  # changed, added, removed, or whole
    lines: list[CodeLine] = field(default_factory=list)
    rest: list[CodeLine] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    sha256: str = ""
    size: int = 0
    note: str = ""

    @property
    def table(self) -> SafeString:
        """The lines that are shown at once."""
        return self._table(self.lines)

    @property
    def rest_table(self) -> SafeString:
        """The lines that are folded away."""
        return self._table(self.rest)

    def _table(self, lines: Iterable[CodeLine]) -> SafeString:
        """Joined here and not by a template, line by line: a source has thousands of them."""
        if self.kind == "whole":
            rows = [f'<tr><td class="ln">{line.new}</td><td>{line.html}</td></tr>' for line in lines]
        else:
            rows = [f'<tr class="{line.css}">{line.cells}<td>{line.html}</td></tr>' for line in lines]
        return mark_safe("<table>" + "\n".join(rows) + "</table>")  # noqa: S308 - numbers, and what `spelled` has escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The source part of a review."""

    readable: bool
    digest: str
    against: ApprovalRequest | None = None
    files: list[CodeFile] = field(default_factory=list)
    whole: list[CodeFile] = field(default_factory=list)  # beside a comparison: all that would run, for the record

    @property
    def whole_lines(self) -> int:
        """Of all files together."""
        return sum(len(file.lines) for file in self.whole)

    @property
    def is_whole(self) -> bool:
        """There is nothing to compare with, so all of it is shown."""
        return self.against is None

    @property
    def added(self) -> int:
        """Lines."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """Lines."""
        return sum(file.removed for file in self.files)


def code_of(request: ApprovalRequest, found: Differences, *, readable: bool) -> Code:
    """What differs from the source that was approved last; all of it if there is none."""
    if not readable:
        return Code(readable=False, digest=request.bundle_id, against=found.against)
    if found.against is None or request.kind == ApprovalRequest.Kind.OPEN_GATE:
        return Code(readable=True, digest=request.bundle_id, files=whole_files(request))
    hashes = {file["path"]: file["sha256"] for file in request.bundle.files}
    files = [_changed(change, hashes.get(change.path, "")) for change in found.source]
    whole = whole_files(request, folded_after=None)
    return Code(readable=True, digest=request.bundle_id, against=found.against, files=files, whole=whole)


def whole_files(request: ApprovalRequest, *, folded_after: int | None = FOLDED_AFTER) -> list[CodeFile]:
    """All files that would run."""
    return [_whole(file, folded_after) for file in read_source(bundle=request.bundle)]


def _whole(file: SourceFile, folded_after: int | None) -> CodeFile:
    rows: list[CodeLine] = []
    if file.text is not None:
        texts = file.text.replace("\r\n", "\n").split("\n")
        texts = texts[:-1] if texts and not texts[-1] else texts
        rows = [CodeLine(new=number, html=spelled(text)) for number, text in enumerate(texts, 1)]
    return CodeFile(
        path=file.path,
        kind="whole",
        lines=rows[:folded_after],
        rest=rows[folded_after:] if folded_after else [],
        sha256=file.sha256,
        size=file.size,
        note="This file is no text, or too large to be shown." if file.text is None else "",
    )


def _changed(change: FileChange, sha256: str) -> CodeFile:
    rows = list(_rows(change.diff.split("\n")))
    return CodeFile(
        path=change.path,
        kind=change.kind,
        lines=rows[:FOLDED_AFTER],
        rest=rows[FOLDED_AFTER:],
        added=sum(row.css == "a" for row in rows),
        removed=sum(row.css == "d" for row in rows),
        sha256=sha256,
        note="" if rows else change.diff or "Only line ends differ.",
    )


def _rows(lines: Sequence[str]) -> Iterator[CodeLine]:
    """Rows of what `diff -u` writes; a block of removed lines is compared with the added ones that follow it."""
    old = new = 0
    removed: list[str] = []
    added: list[str] = []
    inside = False
    for line in [*lines, "@@ -0 +0 @@"]:
        if inside and line[:1] == "-":
            removed.append(line[1:])
            continue
        if inside and line[:1] == "+":
            added.append(line[1:])
            continue
        yield from _block(removed, added, old, new)
        old, new = old + len(removed), new + len(added)
        removed, added = [], []
        if found := HUNK.match(line):
            old, new = int(found[1]), int(found[2])
            inside = True
            if old or new:
                yield CodeLine(css="h", html=spelled(f"Line {new or old}"))
        elif inside:
            yield CodeLine(old=old, new=new, html=spelled(line[1:]))
            old, new = old + 1, new + 1


def _block(removed: Sequence[str], added: Sequence[str], old: int, new: int) -> Iterator[CodeLine]:
    pairs = {}
    if len(removed) <= MOST_COMPARED:
        for index, (one, other) in enumerate(zip(removed, added, strict=False)):
            if _are_alike(one, other):
                pairs[index] = marked(one, other)
    yield from _side(removed, "d", old, {index: pair[0] for index, pair in pairs.items()})
    yield from _side(added, "a", new, {index: pair[1] for index, pair in pairs.items()})


def _side(texts: Iterable[str], css: str, first: int, marks: dict[int, SafeString]) -> Iterator[CodeLine]:
    for index, text in enumerate(texts):
        html = marks.get(index) or spelled(text)
        number = first + index
        yield CodeLine(css=css, html=html, old=number if css == "d" else None, new=number if css == "a" else None)


def _are_alike(one: str, other: str) -> bool:
    if max(len(one), len(other)) > LONGEST_COMPARED:
        return False
    matcher = difflib.SequenceMatcher(a=one, b=other, autojunk=False)
    # The quick answers are upper bounds, and most pairs are through with them.
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
