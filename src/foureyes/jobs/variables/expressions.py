"""An author's regular expression, searched for in what people send, as Python's `re` would find it.

Python's engine can take centuries for a short pattern and a short text, and the search runs in the web server. So RE2
searches, which takes as long as the text is long. What RE2 does not know (look-around, back-references) is left to
Python, and then only in short texts: the author answers for such a pattern.
"""

import functools
import re
from collections.abc import Callable

import re2

LONGEST_FOR_PYTHON = 1_000
PIECE = re.compile(r"\\x..|\\u.{4}|\\U.{8}|\\.|\{,\d+\}|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
IN_BRACKETS = re.compile(r"\\x..|\\u.{4}|\\U.{8}|\\.|\[", re.DOTALL)

# The classes of Python's text patterns. RE2 on its own would take them for those of ASCII.
WORD, DIGIT, SPACE = r"\pL\pN_", r"\p{Nd}", r"\t-\r\x1c-\x20\x{85}\pZ"
SETS = {"w": WORD, "d": DIGIT, "s": SPACE}
ALIKE = frozenset("AafnrtvbB")  # escapes that mean the same in both, the boundaries of words in ASCII only
BOUNDARIES = re.compile(r"\\[bB]")


class _OnlyPythonError(Exception):
    """RE2 has no words for a piece of the pattern."""


def found_in(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None if the text is too long for a pattern that only Python knows."""
    if (search := _of_re2(pattern)) and (text.isascii() or not BOUNDARIES.search(pattern)):
        return search(text) is not None
    return re.search(pattern, text) is not None if len(text) <= LONGEST_FOR_PYTHON else None


@functools.lru_cache(maxsize=256)
def _of_re2(pattern: str) -> Callable[[str], object] | None:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile("".join(map(_translated, PIECE.findall(pattern))), options).search  # type: ignore[no-any-return]
    except (_OnlyPythonError, re2.error):
        return None


def _translated(piece: str) -> str:
    if piece.startswith("{,"):
        return "{0" + piece[1:]
    if piece[0] == "[" and len(piece) > 1:
        opening = re.match(r"\[\^?\]?", piece)[0]  # type: ignore[index]
        return opening + IN_BRACKETS.sub(_in_brackets, piece[len(opening) : -1]) + "]"
    if piece[0] != "\\":
        return piece
    sign = piece[1:2]
    if sign.lower() in SETS:
        return f"[{'^' if sign.isupper() else ''}{SETS[sign.lower()]}]"
    if sign in ("Z", "z"):
        return r"\z"
    return piece if sign in ALIKE else _character(piece)


def _in_brackets(found: re.Match[str]) -> str:
    piece = found[0]
    if piece == "[":
        return r"\["
    if piece[1] == "b":
        return r"\x08"
    if piece[1] == "D":
        return r"\P{Nd}"
    return SETS[piece[1]] if piece[1] in SETS else piece if piece[1] in "afnrtv" else _character(piece)


def _character(escape: str) -> str:
    """An escape that stands for one character."""
    if escape[1] in "xuU":
        return f"\\x{{{int(escape[2:], 16):x}}}"
    if escape[1].isalnum():
        raise _OnlyPythonError(escape)
    return str(re2.escape(escape[1]))
