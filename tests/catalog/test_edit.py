"""What people change about jobs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.catalog.edit import delete_jobs, edit_job, edit_jobs, enable_job
from foureyes.errors import Conflict, Invalid
from foureyes.models import Event, Job
from foureyes.users.models import User

Kinds = Callable[[], list[str]]


def test_enabling_and_disabling_are_told(make_job: Any, bob: User, now: datetime, kinds: Kinds) -> None:
    job = make_job(enabled=False)
    assert enable_job(job=job, by=bob, now=now).enabled
    assert not edit_job(job=job, changes={"enabled": False}, by=bob, now=now).enabled
    assert kinds() == ["job.enabled", "job.disabled"]
    told = Event.objects.order_by("id").first()
    assert told is not None
    assert (told.actor_name, told.subject_id, told.at) == ("bob", str(job.pk), now)


def test_nothing_is_told_when_nothing_changes(make_job: Any, bob: User, now: datetime, kinds: Kinds) -> None:
    enable_job(job=make_job(), by=bob, now=now)
    assert kinds() == []


def test_an_override_holds_until_its_flag_is_cleared(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job()
    changes = {"name": "Mine", "name_override": True, "description": "d", "description_override": True}
    edited = edit_job(job=job, changes=changes, by=bob, now=now + timedelta(hours=1))
    assert (edited.name, edited.description, edited.last_updated) == ("Mine", "d", now + timedelta(hours=1))
    back = edit_job(job=job, changes={"name_override": False, "description_override": False}, by=bob, now=now)
    assert (back.name, back.description) == ("Report", "")


def test_an_overridden_value_is_changed_without_sending_the_flag_again(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job()
    edit_job(job=job, changes={"time_limit": 9.0, "time_limit_override": True}, by=bob, now=now)
    assert edit_job(job=job, changes={"time_limit": 8.0}, by=bob, now=now).time_limit == 8.0


def test_a_value_without_its_flag_is_ignored(make_job: Any, bob: User, now: datetime, kinds: Kinds) -> None:
    edited = edit_job(job=make_job(), changes={"name": "Mine", "time_limit": 5.0}, by=bob, now=now)
    assert (edited.name, edited.time_limit) == ("Report", 0.0)
    assert kinds() == []


def test_the_old_and_new_values_are_told(make_job: Any, bob: User, now: datetime) -> None:
    edit_job(job=make_job(), changes={"task_queues": ["bulk"], "task_queues_override": True}, by=bob, now=now)
    told = Event.objects.get(kind="job.edited")
    assert told.data == {"changes": {"task_queues": [[], ["bulk"]], "task_queues_override": [False, True]}}


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"soft_time_limit": -1.0}, "soft_time_limit", "Ensure this value is greater than or equal to 0."),
        ({"time_limit": float("nan")}, "time_limit", "Ensure this value is greater than or equal to 0."),
        ({"name": " "}, "name", "This field may not be blank."),
        ({"name": "x" * 101}, "name", "Ensure this field has no more than 100 characters."),
        ({"grouping": "x" * 256}, "grouping", "Ensure this field has no more than 255 characters."),
        ({"task_queues": "default"}, "task_queues", "Give a list of queue names of at most 100 characters each."),
        ({"task_queues": [""]}, "task_queues", "Give a list of queue names of at most 100 characters each."),
        ({"source": "git"}, "source", "This field cannot be changed."),
        ({"gated": False}, "gated", "This field cannot be changed."),
        ({"slug": "no slug"}, "slug", "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
        ({"slug": "approvals"}, "slug", "“approvals” is the name of a page; choose another one."),
        ({"slug": "local-net-other"}, "slug", "job with this slug already exists."),
    ],
)
def test_wrong_values_are_refused_by_field(
    make_job: Any, bob: User, now: datetime, changes: dict[str, Any], field: str, text: str
) -> None:
    make_job("Other")
    with pytest.raises(Invalid) as refused:
        edit_job(job=make_job(), changes=changes, by=bob, now=now)
    assert refused.value.fields == {field: [text]}


def test_a_taken_name_is_refused(make_job: Any, bob: User, now: datetime) -> None:
    make_job("Other")
    with pytest.raises(Invalid) as refused:
        edit_job(job=make_job(), changes={"name": "Other", "name_override": True}, by=bob, now=now)
    assert refused.value.fields == {"non_field_errors": ["The fields grouping, name must make a unique set."]}


def test_a_class_name_taken_meanwhile_comes_back_with_a_suffix(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job()
    edit_job(job=job, changes={"name": "Mine", "name_override": True}, by=bob, now=now)
    edit_job(job=make_job("Other"), changes={"name": "Report", "name_override": True}, by=bob, now=now)
    assert edit_job(job=job, changes={"name_override": False}, by=bob, now=now).name == "Report (net.Report)"


BOTH = "A job with sensitive variables cannot also be marked as requiring approval"


@pytest.mark.parametrize(
    ("class_says", "sent"),
    [("has_sensitive_variables", "approval_required"), ("approval_required", "has_sensitive_variables")],
)
def test_a_job_cannot_be_made_sensitive_and_requiring_approval(
    make_job: Any, bob: User, now: datetime, class_says: str, sent: str
) -> None:
    job = make_job(**{class_says: True})
    with pytest.raises(Invalid) as refused:
        edit_job(job=job, changes={sent: True, f"{sent}_override": True}, by=bob, now=now)
    assert refused.value.fields == {sent: [BOTH]}
    assert refused.value.code == "job_sensitive_and_gated"


def test_a_job_whose_class_says_both_can_still_be_switched(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job(has_sensitive_variables=True, approval_required=True, enabled=False)
    assert enable_job(job=job, by=bob, now=now).enabled


def test_raising_approval_gates_at_once(make_job: Any, bob: User, now: datetime, kinds: Kinds) -> None:
    changes = {"approval_required": True, "approval_required_override": True}
    edited = edit_job(job=make_job(), changes=changes, by=bob, now=now)
    assert (edited.approval_required, edited.gated) == (True, True)
    assert kinds() == ["job.gated", "job.edited"]


def test_lowering_approval_leaves_the_gate_closed(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job(approval_required=True)
    changes = {"approval_required": False, "approval_required_override": True}
    edited = edit_job(job=job, changes=changes, by=bob, now=now)
    assert (edited.approval_required, edited.gated) == (False, True)


def test_several_edits_are_done_together_or_not_at_all(make_job: Any, bob: User, now: datetime, kinds: Kinds) -> None:
    first, second = make_job("First"), make_job("Second")
    with pytest.raises(Invalid):
        edit_jobs(edits=[(first, {"enabled": False}), (second, {"time_limit": -1.0})], by=bob, now=now)
    assert Job.objects.filter(enabled=True).count() == 2
    assert kinds() == []
    edited = edit_jobs(edits=[(first, {"enabled": False}), (second, {"hidden": True})], by=bob, now=now)
    assert [row.pk for row in edited] == [first.pk, second.pk]


def test_a_deleted_job_cannot_be_edited(make_job: Any, bob: User, now: datetime) -> None:
    job = make_job()
    Job.objects.all().delete()
    with pytest.raises(Conflict) as refused:
        enable_job(job=job, by=bob, now=now)
    assert refused.value.code == "job_deleted"


def test_deleting_tells_each_job(make_job: Any, bob: User, now: datetime) -> None:
    jobs = [make_job("First"), make_job("Second")]
    assert delete_jobs(jobs=jobs, by=bob, now=now) == 2
    assert not Job.objects.exists()
    told = Event.objects.filter(kind="job.deleted").order_by("id")
    assert sorted(event.data["class_path"] for event in told) == ["local/net/First", "local/net/Second"]


@pytest.mark.parametrize("field", ["name", "grouping"])
def test_names_have_nothing_that_nobody_sees(make_job: Any, bob: User, now: datetime, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        edit_job(job=make_job(), changes={field: "Pur\u200bge", f"{field}_override": True}, by=bob, now=now)
    assert list(refusal.value.fields) == [field]
