"""Regular expressions that people send: one dialect on every database, and never more time than the text is long.

Python's engine, which SQLite would get, can take centuries for a short pattern; PostgreSQL's knows other signs. So a
pattern consists of what both of RE2 and PostgreSQL have, and is written anew for each. The lookups `pattern` and
`ipattern` take the place of Django's `regex` and `iregex`.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any

import re2
from django.db.backends.signals import connection_created
from django.db.models import Field
from django.db.models.fields.json import KeyTransform, KeyTransformIRegex, KeyTransformRegex
from django.db.models.lookups import IRegex, Regex

LOOKUPS = {"regex": "pattern", "iregex": "ipattern"}
MAX_LENGTH = 500
MAX_REPEATS = 255  # PostgreSQL's
FUNCTION = "FOUREYES_MATCHES"
ANY_CASE = "(?i)"
REPEATS = re.compile(r"\{(\d{1,4})(,(\d{0,4}))?\}")
TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|\[(?![:.=])|[^\]\\\[])*\]|\(\?:|\{[^}]*\}|.", re.DOTALL)

# Signs that the two spell differently. RE2 on its own would take them for those of ASCII.
WORD, DIGIT, SPACE = r"\pL\pN\pM_", r"\p{Nd}", r"\s\v\x{85}\pZ"
OF_RE2 = {"w": f"[{WORD}]", "W": f"[^{WORD}]", "d": f"[{DIGIT}]", "D": f"[^{DIGIT}]", "s": f"[{SPACE}]"}
OF_RE2 |= {"S": f"[^{SPACE}]", "Z": r"\z"}
OF_POSTGRESQL = {"b": r"\y", "B": r"\Y", "z": r"\Z"}
IN_BRACKETS = {"w": WORD, "d": DIGIT, "s": SPACE}
KNOWN = frozenset("wWdDsSbBAZztnrfv")
KNOWN_IN_BRACKETS = frozenset("wdstnrfv")
NOTHING_TO_REPEAT = frozenset(["", "^", "$", "(", "(?:", "|", r"\b", r"\B", r"\A", r"\Z", r"\z"])


class PatternError(ValueError):
    """Why a pattern cannot be used, as a sentence."""


def check_pattern(pattern: object) -> None:
    """Refuse, as a PatternError, what is no pattern of the dialect."""
    _compiled(_text(pattern))


def for_database(pattern: object, *, vendor: str) -> str:
    """The pattern as the database is to be given it."""
    text = _text(pattern)
    _compiled(text)
    if vendor != "postgresql":
        return text
    plain = _plain(text)
    return text.removesuffix(plain)[: len(ANY_CASE)] + "".join(_of_postgresql(piece) for piece in _pieces(plain))


def matches(pattern: str | None, text: Any) -> bool | None:
    """Whether the pattern is found in the text: the function that SQLite calls. `(?i)` before it: in any case."""
    if pattern is None or text is None:
        return None
    return bool(_compiled(pattern).search(str(text)))


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    plain = _plain(pattern)
    options = re2.Options()
    options.dot_nl = True  # as PostgreSQL: a dot is any character, `^` and `$` are the ends of the text
    options.log_errors = False
    options.case_sensitive = plain == pattern
    try:
        return re2.compile("".join(_of_re2(piece) for piece in _pieces(plain)), options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise PatternError(f"Invalid regular expression: {reason}.") from None


def _plain(pattern: str) -> str:
    while pattern.startswith(ANY_CASE):
        pattern = pattern.removeprefix(ANY_CASE)
    return pattern


def _text(pattern: object) -> str:
    if not isinstance(pattern, str):
        raise PatternError("A regular expression is a text.")
    if len(pattern) > MAX_LENGTH:
        raise PatternError(f"Regular expressions have at most {MAX_LENGTH} characters.")
    if "\x00" in pattern:
        raise PatternError("Regular expressions have no null characters.")
    return pattern


def _pieces(pattern: str) -> Iterator[str]:
    """Escapes, bracketed sets, openings of groups, numbers of repeats, and single characters."""
    before = ""
    for piece in TOKEN.findall(pattern):
        if fault := _fault(piece) or _fault_of_place(piece, before):
            raise PatternError(f"Invalid regular expression: {fault}.")
        yield piece
        before = piece


def _fault(piece: str) -> str | None:
    if piece == "\\":
        return "a backslash at the end"
    if piece == "[":
        return "a `[` without its end, or with a class such as `[:alpha:]`"
    if piece[0] == "\\" and piece[1].isalnum() and piece[1] not in KNOWN:
        return f"`{piece}` is not known here"
    if piece[0] == "[":
        return next((f"`{one}` is not known in brackets" for one in _unknown_in_brackets(piece)), None)
    return _fault_of_repeats(piece) if piece[0] == "{" else None


def _fault_of_place(piece: str, before: str) -> str | None:
    if before == "(" and piece == "?":
        return "after `(?` only `:` is possible, no look-around and no names"
    if piece[0] in "*+?{" and before in NOTHING_TO_REPEAT:
        return f"nothing to repeat before `{piece}`"
    return None


def _unknown_in_brackets(piece: str) -> list[str]:
    return [one for one in re.findall(r"\\.", piece, re.DOTALL) if one[1].isalnum() and one[1] not in KNOWN_IN_BRACKETS]


def _fault_of_repeats(piece: str) -> str | None:
    found = REPEATS.fullmatch(piece)
    if not found:
        return "`{` begins a number of repeats such as `{2,3}`; write `\\{` for the character"
    if max(int(number or 0) for number in (found[1], found[3])) > MAX_REPEATS:
        return f"more than {MAX_REPEATS} repeats"
    return None


def _of_re2(piece: str) -> str:
    if piece[0] == "\\":
        return OF_RE2.get(piece[1], piece if piece[1].isalnum() else re2.escape(piece[1]))
    if piece[0] == "[" and len(piece) > 1:
        return re.sub(r"\\(.)|\[", _of_re2_in_brackets, piece[1:-1], flags=re.DOTALL).join("[]")
    return piece


def _of_re2_in_brackets(found: re.Match[str]) -> str:
    if found[0] == "[":
        return r"\["
    if found[1] in IN_BRACKETS:
        return IN_BRACKETS[found[1]]
    return found[0] if found[1].isalnum() else re2.escape(found[1])


def _of_postgresql(piece: str) -> str:
    return OF_POSTGRESQL.get(piece[1], piece) if piece[0] == "\\" else piece


class _Matches(Regex):
    """Django's own lookup with our pattern in it."""

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        sql, params = super().process_rhs(compiler, connection)
        return sql, tuple(for_database(one, vendor=connection.vendor) for one in params)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        text, of_text = self.process_lhs(compiler, connection)
        pattern, of_pattern = self.process_rhs(compiler, connection)
        any_case = f"'{ANY_CASE}' || " if self.lookup_name == "iregex" else ""
        return f"{FUNCTION}({any_case}{pattern}, {text})", [*of_pattern, *of_text]


class Pattern(_Matches):
    """`field__pattern`."""


class IPattern(_Matches, IRegex):
    """`field__ipattern`, in any case."""


class KeyPattern(_Matches, KeyTransformRegex):
    """`json__key__pattern`."""


class KeyIPattern(_Matches, KeyTransformIRegex):  # type: ignore[misc]  # the hints of its mixin differ
    """`json__key__ipattern`."""


def register() -> None:
    """Make the lookups known to fields, and the function to SQLite."""
    Field.register_lookup(Pattern, "pattern")
    Field.register_lookup(IPattern, "ipattern")
    KeyTransform.register_lookup(KeyPattern, "pattern")
    KeyTransform.register_lookup(KeyIPattern, "ipattern")
    connection_created.connect(_give_function, dispatch_uid="foureyes.patterns")


def _give_function(sender: Any, connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 2, matches, deterministic=True)
