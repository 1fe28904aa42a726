"""Storing what a run says."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import JobLogEntry, JobResult, OutputFile, RunChange
from foureyes.runs.masking import MASK, Masker
from foureyes.runs.record import record
from foureyes.runs.reports import Change, Level, LogLine, MadeFile, Progress, Report


def note(run: JobResult, now: datetime, *secrets: str, **report: Any) -> None:
    record(run=run, report=Report(**report), masker=Masker(secrets), now=now)


def lines(now: datetime, *messages: str) -> list[LogLine]:
    return [LogLine(at=now, message=message) for message in messages]


def test_lines_keep_their_order_over_several_reports(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    note(run, now, lines=lines(now, "a", "b"))
    note(run, now, lines=lines(now, "c"))
    stored = JobLogEntry.objects.order_by("sequence").values_list("sequence", "message")
    assert list(stored) == [(0, "a"), (1, "b"), (2, "c")]
    assert JobResult.objects.get().log_count == run.log_count == 3


def test_line_keeps_all_it_says(make_job: Any, start: Any, now: datetime) -> None:
    line = LogLine(at=now, message="m", level=Level.WARNING, grouping="run", object="Group1", url="/g/1/")
    note(start(make_job()), now, lines=[line])
    stored = JobLogEntry.objects.get()
    assert (stored.created, stored.message, stored.log_level, stored.grouping) == (now, "m", "warning", "run")
    assert (stored.log_object, stored.absolute_url) == ("Group1", "/g/1/")


def test_too_long_texts_are_cut_to_their_columns(make_job: Any, start: Any, now: datetime) -> None:
    line = LogLine(at=now, message="m" * 70_000, grouping="g" * 300, object="o" * 300, url="u" * 300)
    note(start(make_job()), now, lines=[line], progress=Progress(done=1, text="t" * 300))
    stored = JobLogEntry.objects.get()
    lengths = [len(text or "") for text in (stored.message, stored.grouping, stored.log_object, stored.absolute_url)]
    assert lengths == [70_000, 100, 200, 255]
    assert len(JobResult.objects.get().progress_text) == 200


def test_progress_is_the_last_one(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    note(run, now, progress=Progress(done=1, total=4, text="first"))
    note(run, now, progress=Progress(done=2, total=None, text="second"))
    run.refresh_from_db()
    assert (run.progress_done, run.progress_total, run.progress_text) == (2, None, "second")


def test_a_run_has_errors_once_a_line_is_a_failure(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    found = []
    for level in (Level.WARNING, Level.FAILURE, Level.INFO):
        note(run, now, lines=[LogLine(at=now, message="text", level=level)])
        found.append(JobResult.objects.with_errors().exists())
    assert found == [False, True, True]


def test_a_count_begins_with_the_first_report_and_where_the_job_counts_anew(
    make_job: Any, start: Any, now: datetime
) -> None:
    run = start(make_job())
    began = []
    for minute, done in enumerate((50, 60, 3, 9)):
        note(run, now + timedelta(minutes=minute), progress=Progress(done=done, total=100))
        run.refresh_from_db()
        began.append(((run.progress_began_at - now) // timedelta(minutes=1), run.progress_began_with))
    assert began == [(0, 50), (0, 50), (2, 3), (2, 3)]


def test_changes_are_numbered_and_masked(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    for target in ("one", "hunter2"):
        note(run, now, "hunter2", changes=[Change(at=now, target=target, before=None, after={"x": "is hunter2"})])
    stored = RunChange.objects.order_by("sequence").values_list("sequence", "target", "after")
    assert list(stored) == [(0, "one", {"x": f"is {MASK}"}), (1, MASK, {"x": f"is {MASK}"})]


def test_later_file_of_the_same_name_replaces_the_earlier(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    for content in ("a", "b"):
        made = MadeFile(name="../out.txt", sha256=content * 64, size=1, media_type="text/plain")
        note(run, now, files=[made])
    stored = OutputFile.objects.get()
    assert (stored.name, stored.sha256, stored.media_type) == ("out.txt", "b" * 64, "text/plain")


def test_report_of_a_run_that_was_taken_is_refused(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    JobResult.objects.update(status="pending", worker=None)
    with pytest.raises(Conflict):
        note(run, now, lines=lines(now, "late"))
    assert not JobLogEntry.objects.exists()
    assert run.log_count == 0
