"""The digest: equal submissions have the same, and whatever could change the effect of a run changes it (G12, G13)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group

from foureyes.catalog.bundles import of_contents, store
from foureyes.errors import Conflict
from foureyes.grants.content import PLAN, changed_parts, content_of, content_of_schedule, digest_of, sentence_of_change
from foureyes.jobs import FileVar, MultiObjectVar, ObjectVar, StringVar
from foureyes.models import ApprovalRequest, InputFile, Job, ScheduledJob
from foureyes.models.scheduled_job import ScheduledJob as Row
from foureyes.schedules.files import copied
from foureyes.schedules.plan import PLAN_FIELDS
from foureyes.users.models import User

LATER = datetime(2027, 5, 5, 5, 5, tzinfo=UTC)

OF_THE_JOB: dict[str, Any] = {
    "soft_time_limit": 7.0,
    "time_limit": 9.0,
    "priority": 5,
    "max_retries": 3,
    "retry_delay_seconds": 2.5,
    "concurrency_limit": 1,
    "read_only": True,
    "uses_database": True,
    "task_queues": ["slow"],
    "module_name": "other",
}
OF_THE_SCHEDULE: dict[str, Any] = {
    "inputs": {"site": "rome"},
    "commit": False,
    "queue": "slow",
    "priority": 3,
    "interval": "weekly",
    "crontab": "1 2 3 4 *",
    "time_zone": "Europe/Paris",
    "day_rule": "and",
    "gap": "skip",
    "fold": "second",
    "start_time": LATER,
    "end_time": LATER,
    "one_off": True,
    "max_runs": 2,
    "jitter_seconds": 10,
    "misfire": "all",
    "misfire_limit": 4,
    "latest_start_seconds": 60,
    "overlap": "skip",
}
OF_NO_EFFECT: dict[str, Any] = {
    "name": "other",
    "description": "other",
    "state": "paused",
    "state_reason": "lunch",
    "next_run_at": LATER,
    "last_run_at": LATER,
    "decided_until": LATER,
    "total_run_count": 7,
    "revision": 8,
    "date_changed": LATER,
    "created": LATER,
    "user_name": "other",
    "approval_required": False,
    "approved_at": LATER,
    "job_class": "other",
}


def digest(schedule: ScheduledJob) -> str:
    schedule = ScheduledJob.objects.get(pk=schedule.pk)
    assert schedule.job_model is not None
    return digest_of(content_of_schedule(schedule=schedule, job=schedule.job_model))


@pytest.fixture
def schedule(daily: ApprovalRequest) -> ScheduledJob:
    return ScheduledJob.objects.get()


def test_request_has_the_digest_of_its_content(daily: ApprovalRequest, schedule: ScheduledJob) -> None:
    assert daily.digest == digest(schedule) == digest_of(daily.snapshot["content"])


@pytest.mark.parametrize("name", OF_THE_JOB)
def test_setting_of_the_job_changes_it(schedule: ScheduledJob, name: str) -> None:
    before = digest(schedule)
    Job.objects.update(**{name: OF_THE_JOB[name]})
    assert digest(schedule) != before


@pytest.mark.parametrize("name", OF_THE_SCHEDULE)
def test_column_of_the_schedule_changes_it(schedule: ScheduledJob, name: str) -> None:
    before = digest(schedule)
    ScheduledJob.objects.update(**{name: OF_THE_SCHEDULE[name]})
    assert digest(schedule) != before


@pytest.mark.parametrize("name", OF_NO_EFFECT)
def test_what_has_no_effect_changes_nothing(schedule: ScheduledJob, name: str) -> None:
    before = digest(schedule)
    ScheduledJob.objects.update(**{name: OF_NO_EFFECT[name]})
    assert digest(schedule) == before


def test_every_column_of_a_schedule_is_one_or_the_other(schedule: ScheduledJob, bob: User) -> None:
    """A new column must be sorted into one of the two lists."""
    others = {"id", "job_model", "user", "approved_by_user", "sensitive", "listed"}
    assert {field.name for field in Row._meta.concrete_fields} == {*OF_THE_SCHEDULE, *OF_NO_EFFECT, *others}
    assert {*PLAN_FIELDS, "one_off"} == set(PLAN)
    before = digest(schedule)
    ScheduledJob.objects.update(approved_by_user=bob, approved_at=LATER)
    assert digest(schedule) == before


def test_source_changes_it(schedule: ScheduledJob, change_source: Any) -> None:
    before = digest(schedule)
    change_source()
    assert digest(schedule) != before


def test_requester_changes_it(schedule: ScheduledJob, bob: User) -> None:
    before = digest(schedule)
    ScheduledJob.objects.update(user=bob)
    assert digest(schedule) != before


def test_same_submission_of_another_schedule_or_job_is_another(ask: Any, make_job: Any, now: datetime) -> None:
    plan = {"interval": "daily", "start_time": now + timedelta(hours=1)}
    first, second = ask(**plan), ask(**plan)
    assert first.digest != second.digest
    ScheduledJob.objects.filter(pk=first.scheduled_job_id).update(job_model=make_job("Other"))
    assert digest(first.scheduled_job) != first.digest


def test_default_that_is_named_is_the_same(schedule: ScheduledJob) -> None:
    before = digest(schedule)
    ScheduledJob.objects.update(queue="default")
    assert digest(schedule) == before


def test_zone_of_an_instant_makes_no_difference(schedule: ScheduledJob) -> None:
    job = schedule.job_model
    assert job is not None
    before = digest_of(content_of_schedule(schedule=schedule, job=job))
    schedule.start_time = schedule.start_time.astimezone(timezone(timedelta(hours=5)))
    assert digest_of(content_of_schedule(schedule=schedule, job=job)) == before


def test_installed_packages_change_it_only_by_setting(schedule: ScheduledJob, monkeypatch: pytest.MonkeyPatch) -> None:
    from foureyes.conf import get_conf

    before = digest(schedule)
    monkeypatch.setenv("FOUREYES_ENVIRONMENT_VOIDS_GRANTS", "true")
    get_conf.cache_clear()
    try:
        assert digest(schedule) != before
    finally:
        monkeypatch.undo()
        get_conf.cache_clear()
    assert digest(schedule) == before


def test_values_are_told_apart_from_each_other(schedule: ScheduledJob) -> None:
    found = set()
    for value in (1, "1", True, "true", None, "", [], {}, 1.5):
        ScheduledJob.objects.update(inputs={"site": value})
        found.add(digest(schedule))
    assert len(found) == 9


def test_file_counts_by_content_and_name_whatever_row_it_has(schedule: ScheduledJob, now: datetime) -> None:
    Job.objects.update(variables=[FileVar().spec("upload")])
    file = InputFile.objects.create(name="a.csv", sha256="a" * 64, size=3, created=now)
    ScheduledJob.objects.update(inputs={"upload": str(file.pk)})
    before = digest(schedule)
    schedule = ScheduledJob.objects.get()
    job = schedule.job_model
    assert job is not None
    values, drafts = copied(job=job, values=schedule.inputs, now=now)
    assert values != schedule.inputs
    content = content_of(
        job=job, schedule=schedule, values=values, commit=True, queue=None, run_as=schedule.user_id, drafts=drafts
    )
    assert digest_of(content) == before
    InputFile.objects.update(sha256="b" * 64)
    assert digest(schedule) != before
    InputFile.objects.all().delete()
    with pytest.raises(Conflict, match="gone"):
        digest(schedule)


@pytest.mark.parametrize("several", [False, True])
def test_object_counts_by_what_the_job_receives(schedule: ScheduledJob, several: bool) -> None:
    """G13: the reference stays the same, and what stands behind it moves."""
    variable: Any = MultiObjectVar(model="auth.group") if several else ObjectVar(model="auth.group")
    group = Group.objects.create(name="routers")
    Job.objects.update(variables=[variable.spec("target")])
    ScheduledJob.objects.update(inputs={"target": [group.pk] if several else group.pk})
    before = digest(schedule)
    group.name = "core routers"
    group.save()
    assert digest(schedule) != before
    group.delete()
    with pytest.raises(Conflict, match="No longer there"):
        digest(schedule)


def test_change_is_told_in_words(daily: ApprovalRequest, schedule: ScheduledJob, now: datetime) -> None:
    before = daily.snapshot["content"]
    bundle = store(source=of_contents(module="ops", contents={"ops.py": b"x\n"}), now=now)
    after = {**before, "inputs": {"site": "rome"}, "source": bundle.digest}
    assert changed_parts(before, after) == ["source", "inputs"]
    assert sentence_of_change(before, after) == "Changed since the approval: the job's source, the inputs."


def test_order_of_inputs_makes_no_difference() -> None:
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"a": [1, 2]}) != digest_of({"a": [2, 1]})


def test_dynamic_choices_are_not_asked_for(schedule: ScheduledJob) -> None:
    spec = {**StringVar().spec("site"), "type": "ChoiceVar", "choices": None, "dynamic_choices": True}
    Job.objects.update(variables=[spec])
    assert digest(schedule)


def test_deleted_requester_is_nobody(schedule: ScheduledJob) -> None:
    before = digest(schedule)
    ScheduledJob.objects.update(user=None)
    assert digest(schedule) != before
    assert str(uuid4()) not in str(content_of_schedule(schedule=schedule, job=Job.objects.get()))
