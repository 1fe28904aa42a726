from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foureyes.users.models import User
from foureyes.users.patterns import PatternError, check_pattern, for_database, matches

PIECES = ["a", "B", r"\.", ".", r"\w", r"\W", r"\d", r"\s", "[ab]", "[^a-c]", r"[\d_]", "x{2}", "(a|b)", "(?:ab)", "|"]
PIECES += [
    "^",
    "$",
    "*",
    "+",
    "?",
    "{1,3}",
    r"\bfoo",
    "[]x]",
    "-",
    " ",
    "ß",
    r"\A",
    r"\Z",
    "(?i)",
    "(?=",
    "[[:alpha:]]",
    r"\1",
]
TEXTS = ["", "a", "ab", "AB", "foo bar", "a.b", "xx", "line\nbreak", "a1_", "-]"]


def refused(pattern: object) -> bool:
    try:
        check_pattern(pattern)
    except PatternError:
        return True
    return False


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^ab", "abc", True),
        ("b$", "ab\n", False),
        ("a.b", "a\nb", True),
        (r"^\w+$", "jürgen", True),
        (r"\bbar\b", "foo bar", True),
        (r"[\w-]+@[]x]", "a-b@]", True),
        ("(?i)JÜ", "jürgen", True),
        (r"\_\-", "_-", True),
        ("x{2,3}", "xx", True),
    ],
)
def test_patterns_of_the_dialect_are_found(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a", "[z-a]", "a**", "*a", "^*", "(?=a)", "(?<!a)b", "(?P<n>a)", r"(a)\1", "[[:alpha:]]", "a{1", "a{300}",
     "\\", r"\p", r"[\W]", "(x{200}){200}", "x" * 501, "\x00", 7, None],
)  # fmt: skip
def test_what_one_database_would_not_take_is_refused(pattern: object) -> None:
    with pytest.raises(PatternError, match=r"\.$"):
        check_pattern(pattern)


def test_pattern_that_backtracking_takes_years_for_is_answered(db: None) -> None:
    Group.objects.create(name="a" * 100 + "b")
    assert not Group.objects.filter(name__pattern="^(a+)+$").exists()
    assert not Group.objects.filter(name__ipattern="^(A|a|aa)*$").exists()


@settings(max_examples=150, derandomize=True, database=None, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_every_database_finds_the_same(db: None, pattern: str) -> None:
    if refused(pattern):
        return
    with connection.cursor() as cursor:
        for text in TEXTS:
            assert answer_of(cursor, pattern, text) == matches(pattern, text), (pattern, text)


def answer_of(cursor: object, pattern: str, text: str) -> bool:
    given = for_database(pattern, vendor=connection.vendor)
    if connection.vendor == "postgresql":
        cursor.execute("SELECT %s::text ~ %s", [text, given])  # type: ignore[attr-defined]
    else:
        cursor.execute("SELECT FOUREYES_MATCHES(%s, %s)", [given, text])  # type: ignore[attr-defined]
    return bool(cursor.fetchone()[0])  # type: ignore[attr-defined]


def test_values_within_json_can_be_looked_for(alice: User) -> None:
    alice.config_data = {"page": {"name": "Jobs"}}
    alice.save()
    assert User.objects.filter(config_data__page__name__pattern="^Jo").get() == alice
    assert User.objects.filter(config_data__page__name__ipattern="JOBS$").get() == alice
    assert not User.objects.filter(config_data__page__name__pattern="^o").exists()


def test_column_that_is_no_text_can_be_looked_for(alice: User, bob: User, alike: Callable[..., str]) -> None:
    assert User.objects.filter(pk__pattern=alike(alice.pk)).get() == alice


@pytest.fixture
def alike() -> Callable[..., str]:
    """A pattern of an id: PostgreSQL writes dashes, SQLite stores none."""
    return lambda key: "-?".join(str(key).split("-"))
