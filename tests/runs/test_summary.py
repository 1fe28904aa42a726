"""What a log holds, counted while it is written."""

from datetime import UTC, datetime

from foureyes.runs.masking import Masker
from foureyes.runs.reports import PRINTED, Level, LogLine
from foureyes.runs.summary import MOST_STEPS, summed

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NO_SECRETS = Masker([])


def line(level: Level = Level.INFO, grouping: str = "run") -> LogLine:
    return LogLine(at=NOON, message="text", level=level, grouping=grouping)


def test_levels_are_counted_over_all_reports() -> None:
    summary = summed(None, [line(), line(Level.WARNING)], first=0, masker=NO_SECRETS)
    summary = summed(summary, [line()], first=2, masker=NO_SECRETS)
    assert summary["levels"] == {"info": 2, "warning": 1}


def test_the_first_failure_keeps_its_number() -> None:
    summary = summed(None, [line(), line(Level.FAILURE), line(Level.FAILURE)], first=10, masker=NO_SECRETS)
    assert summary["first_failure"] == 11
    assert summed(summary, [line(Level.FAILURE)], first=13, masker=NO_SECRETS)["first_failure"] == 11


def test_a_step_begins_where_the_grouping_changes() -> None:
    lines = [line(grouping="run"), line(grouping="run"), line(grouping="test_reach")]
    steps = summed(None, lines, first=0, masker=NO_SECRETS)["steps"]
    assert [(name, number) for name, number, _ in steps] == [("run", 0), ("test_reach", 2)]


def test_what_is_printed_in_between_is_no_step() -> None:
    lines = [line(grouping="run"), line(grouping=PRINTED), line(grouping="run"), line(grouping="post_run")]
    steps = summed(None, lines, first=0, masker=NO_SECRETS)["steps"]
    assert [(name, number) for name, number, _ in steps] == [("run", 0), ("post_run", 3)]


def test_a_grouping_for_every_line_does_not_store_the_log_twice() -> None:
    lines = [line(grouping=str(number)) for number in range(MOST_STEPS * 2)]
    assert len(summed(None, lines, first=0, masker=NO_SECRETS)["steps"]) == MOST_STEPS


def test_secrets_are_masked_in_names_of_steps() -> None:
    steps = summed(None, [line(grouping="with hunter2-4711")], first=0, masker=Masker(["hunter2-4711"]))["steps"]
    assert "hunter2" not in steps[0][0]
