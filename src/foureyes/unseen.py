"""Characters that a reader cannot see, or that change the order in which others are shown (gate G22).

Where they stand in source or inputs, what is read is not what runs. Line ends and tabs are none of them, and neither
are the two marks that choose the look of an emoji, where they stand behind one. A return without a new line is one: it
hides its line. So is what has no look of its own: the other marks of looks, and characters for private use.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

JOINERS = frozenset("\u200c\u200d")  # of Persian and Indian letters, and of emoji: invisible, and needed to write
# Letters and symbols that are drawn as nothing.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00016fe4\U0001d159")
# No characters yet, which Unicode wants to be drawn as nothing all the same.
RESERVED = frozenset(map(chr, [0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)]))
LOOKS = frozenset(map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0)]))
KINDS = frozenset({"Cc", "Cf", "Co", "Zl", "Zp"})
PLAIN = frozenset("\t\n")
# Behind a letter, a digit or a blank the marks of emoji change nothing. (U+2139 is a letter and an emoji; U+20E3 is the
# key around a digit.)
STRAY = re.compile("(?:^|(?<=[\\w\\s]))(?<!\u2139)[\ufe0e\ufe0f](?!\u20e3)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """One such character and where it stands, counted from one."""

    line: int
    column: int
    code: str  # `U+202E`
    name: str  # `RIGHT-TO-LEFT OVERRIDE`


def is_unseen(character: str) -> bool:
    """Is it one of them?"""
    if character.isascii() and character.isprintable():
        return False
    if character in PLAIN:
        return False
    if character in BLANK or character in LOOKS or character in RESERVED:
        return True
    return unicodedata.category(character) in KINDS


def find_unseen(text: str) -> Iterator[Unseen]:
    """All of them, in order."""
    if text.isascii() and text.isprintable():
        return
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        strays = stray_marks(line)
        for column, character in enumerate(line, 1):
            if is_unseen(character) or column - 1 in strays:
                yield Unseen(line=number, column=column, code=code_of(character), name=name_of(character))


def stray_marks(text: str) -> frozenset[int]:
    """Where the marks of emoji stand behind none."""
    if text.isascii():
        return frozenset()
    return frozenset(found.start() for found in STRAY.finditer(text))


def code_of(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"


def name_of(character: str) -> str:
    """What Unicode calls it."""
    return unicodedata.name(character, "reserved" if character in RESERVED else "control character")


def spelled(text: str, *, but: frozenset[str] = frozenset()) -> str:
    """The text with each of them written out, as in Python: `\\x1b`, `\\u202e`. Those in `but` stay."""
    if not text.isascii():
        text = STRAY.sub(lambda found: _written_out(ord(found[0])), text)
    return text.translate(_Spelling(but))


def on_one_line(text: str) -> str:
    """A name or the like, with line ends and tabs written out too."""
    if text.isascii() and text.isprintable():
        return text
    return spelled(text, but=JOINERS).replace("\n", "\\n").replace("\t", "\\t")


class _Spelling(dict[int, str]):
    """For `str.translate`: looks at each character once."""

    def __init__(self, but: frozenset[str]) -> None:
        self._but = but

    def __missing__(self, key: int) -> str:
        character = chr(key)
        plain = character in self._but or not is_unseen(character)
        self[key] = character if plain else _written_out(key)
        return self[key]


def _written_out(key: int) -> str:
    if key < 0x100:
        return f"\\x{key:02x}"
    return f"\\u{key:04x}" if key < 0x10000 else f"\\U{key:08x}"
