"""Which characters a reader does not see, and how they are written out."""

import pytest

from foureyes.unseen import JOINERS, find_unseen, is_unseen, on_one_line, spelled

UNSEEN = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u00ad",
    "\ufeff",
    "\u2028",
    "\u3164",
    "\x1b",
    "\x00",
    "\r",
    "\U000e0041",
    "\u034f",
    "\u17b5",
    "\ufe00",
    "\u180b",
    "\U000e0100",
    "\ue000",
    "\u2065",
    "\ufff0",
    "\U000e0080",
    "\U000e0fff",
    "\U0001d159",
]
SEEN = ["a", " ", "\t", "\n", "é", "你", "ש", "😀", "\u0301", "\u00a0"]


@pytest.mark.parametrize("character", UNSEEN)
def test_unseen_is_found_and_written_out(character: str) -> None:
    assert is_unseen(character)
    assert spelled(f"a{character}b").isascii()


@pytest.mark.parametrize("character", SEEN)
def test_what_is_seen_stays(character: str) -> None:
    assert not is_unseen(character)
    assert spelled(character) == character


def test_place_is_counted_from_one() -> None:
    (found,) = find_unseen("one\r\ntw\u202eo\n")
    assert (found.line, found.column, found.code, found.name) == (2, 3, "U+202E", "RIGHT-TO-LEFT OVERRIDE")


def test_a_return_that_hides_its_line_is_found() -> None:
    assert [one.code for one in find_unseen("rm -rf /\rls      \r\n")] == ["U+000D"]


def test_joiners_can_stay() -> None:
    assert spelled("a\u200db\u202e\x1b", but=JOINERS) == "a\u200db\\u202e\\x1b"


def test_a_name_is_on_one_line() -> None:
    assert on_one_line("night\n\u202e\tly\u200d") == "night\\n\\u202e\\tly\u200d"
    assert on_one_line("nightly") == "nightly"


@pytest.mark.parametrize("text", ["admin\ufe0f", "a \ufe0eb", "\ufe0fa", "x = '7\ufe0f'", "line\n\ufe0f"])
def test_marks_of_emoji_are_unseen_where_they_stand_behind_none(text: str) -> None:
    assert [one.code[:5] for one in find_unseen(text)] == ["U+FE0"]
    assert spelled(text).isascii()


@pytest.mark.parametrize("text", ["\u2764\ufe0f", "\u2139\ufe0f", "1\ufe0f\u20e3", "\u2122\ufe0e", "\u203c\ufe0f"])
def test_emoji_are_seen_as_they_are(text: str) -> None:
    assert not [*find_unseen(text)]
    assert spelled(text) == text
