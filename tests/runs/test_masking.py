"""Nothing that a run leaves behind shows a secret."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foureyes.runs.masking import MASK, Masker, masker_for

SECRET = 'h/un"t er2\\ä'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_spelling_of_a_secret_is_masked(written: str) -> None:
    masked = Masker([SECRET]).text(f"before {written} after")
    assert MASK in masked
    assert "t er2" not in masked
    assert written.strip("\"'") not in masked


@given(st.text(max_size=10), st.text(min_size=6, max_size=30), st.text(max_size=10))
def test_secret_inside_base64_cannot_be_read_back(lead: str, secret: str, tail: str) -> None:
    encoded = base64.b64encode(f"{lead}{secret}{tail}".encode()).decode()
    masked = Masker([secret]).text(encoded)
    assert MASK in masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("clone https://bob:pw@host/x", f"clone https://{MASK}@host/x"),
        ("postgresql://u:p%40ss@db:5432/x", f"postgresql://{MASK}@db:5432/x"),
        ("password=abc&next=1", f"password={MASK}&next=1"),
        ("db_password: 'abc'", f"db_password: '{MASK}'"),
        ('{"api_key": "abc", "n": 1}', f'{{"api_key": "{MASK}", "n": 1}}'),
        ("PWD=abc", f"PWD={MASK}"),
        ("got a secret of length 7", "got a secret of length 7"),
        ("write to ops@example.org: it works", "write to ops@example.org: it works"),
        ("password=", "password="),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert Masker().text(text) == masked


def test_json_values_are_masked_by_content_and_by_name() -> None:
    masked = Masker(["hunter2", "4711"]).json({"a": ["x hunter2", 4711, 1.5, True, None], "password": "zzz", "n": 47})
    assert masked == {"a": [f"x {MASK}", MASK, 1.5, True, None], "password": MASK, "n": 47}


def test_declared_variables_are_secrets_from_three_characters_on() -> None:
    variables = [{"name": "pin", "sensitive": True}, {"name": "site"}]
    masker = masker_for(variables=variables, values={"pin": 123, "site": "paris"}, all_sensitive=False)
    assert masker.text("123 paris") == f"{MASK} paris"


def test_every_input_of_a_sensitive_job_is_a_secret_from_four_characters_on() -> None:
    values = {"a": "abc", "b": ["long-enough", {"c": "deep-down"}], "n": 12345, "flag": True}
    masker = masker_for(variables=[{"name": name} for name in values], values=values, all_sensitive=True)
    assert masker.text("abc long-enough deep-down 12345 True") == f"abc {MASK} {MASK} 12345 True"


def test_lines_of_a_secret_of_several_lines_are_masked_each() -> None:
    assert Masker(["first line\nsecond line"]).text("> second line") == f"> {MASK}"


def test_longer_secret_wins_over_one_that_it_contains() -> None:
    assert Masker(["abcd", "abcdefgh"]).text("abcdefgh") == MASK
