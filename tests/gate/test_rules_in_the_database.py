"""What the database itself refuses, by raw statements: the last word below all code."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from foureyes.approvals.decide import approve
from foureyes.models import ApprovalRequest, Grant, Job, JobResult, RequestParty, ScheduledJob
from foureyes.schedules.fire import fire_due
from foureyes.users.models import User


def run_sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_stored(value) for value in values])


def _stored(value: Any) -> Any:
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def refused(sentence: str | None, statement: str, *values: Any) -> None:
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        run_sql(statement, *values)


def copy_of(run: JobResult, **columns: Any) -> tuple[str, list[Any]]:
    """A statement that inserts the run again with other columns."""
    names, places, values = [], [], []
    for field in JobResult._meta.concrete_fields:
        names.append(f'"{field.column}"')
        value = columns.get(field.attname)
        places.append("%s" if field.attname in columns else f'"{field.column}"')
        if field.attname in columns:
            values.append(value)
    table = "extras_jobresult"
    statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(places)} FROM {table} WHERE id = %s"
    return statement, [*values, run.pk]


@pytest.fixture
def granted(daily: ApprovalRequest, bob: User, now: datetime) -> Grant:
    return approve(request=daily, by=bob, now=now).grant


@pytest.fixture
def fired(granted: Grant, now: datetime) -> JobResult:
    assert fire_due(now=now + timedelta(hours=1)).fired == 1
    return JobResult.objects.get()


def again(run: JobResult, **columns: Any) -> None:
    statement, values = copy_of(run, id=uuid4(), occurrence_id=None, **columns)
    run_sql(statement, *values)


def not_again(run: JobResult, **columns: Any) -> None:
    statement, values = copy_of(run, id=uuid4(), occurrence_id=None, **columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        run_sql(statement, *values)


def test_run_with_a_valid_grant_is_stored(fired: JobResult) -> None:
    again(fired)


def test_gated_run_needs_a_grant(fired: JobResult) -> None:
    not_again(fired, grant_id=None)


def test_grant_of_another_schedule_is_none(fired: JobResult) -> None:
    not_again(fired, schedule_id=None)


def test_grant_of_another_source_is_none(fired: JobResult, change_source: Any) -> None:
    change_source()
    not_again(fired, bundle_id=Job.objects.get().bundle_id)


def test_grant_of_another_job_is_none(fired: JobResult, make_job: Any) -> None:
    not_again(fired, job_model_id=make_job("Other").pk)


def test_void_grant_is_none(fired: JobResult, now: datetime) -> None:
    Grant.objects.update(voided_at=now)
    not_again(fired)


def test_expired_grant_is_none(fired: JobResult) -> None:
    Grant.objects.update(expires_at=fired.created)
    not_again(fired)


def test_grant_of_one_run_allows_one(ask: Any, bob: User, now: datetime) -> None:
    run = approve(request=ask(), by=bob, now=now).job_result
    assert run is not None
    not_again(run)


def test_stored_run_gets_no_other_grant_and_no_commit(fired: JobResult) -> None:
    refused("fixed when it is stored", 'UPDATE extras_jobresult SET "commit" = %s WHERE id = %s', False, fired.pk)


def test_dry_run_does_not_become_a_run(fired: JobResult) -> None:
    again(fired, purpose="dry_run", commit=False)
    sentences = "never changes|fixed when it is stored"  # of two rules; the database says which it asks first
    refused(sentences, "UPDATE extras_jobresult SET purpose = 'run'")


def test_nobody_has_two_parts_in_a_request(daily: ApprovalRequest, alice: User, now: datetime) -> None:
    """Four eyes: who contributed cannot have a verdict, administrators included."""
    with pytest.raises(IntegrityError), transaction.atomic():
        run_sql(
            "INSERT INTO extras_requestparty (id, request_id, person_id, person_name, part, roles, verdict, reason,"
            " digest, token_hint, address, client, at) VALUES (%s, %s, %s, 'alice', 'decider', '[]', 'approve', '',"
            " '', '', '', '', %s)",
            uuid4(),
            daily.pk,
            alice.pk,
            now,
        )


def test_contributor_has_no_verdict_and_decider_has_one(daily: ApprovalRequest) -> None:
    refused(None, "UPDATE extras_requestparty SET verdict = 'approve'")
    refused(None, "UPDATE extras_requestparty SET part = 'decider'")


def test_part_does_not_change_its_person(daily: ApprovalRequest, carol: User) -> None:
    refused("appended only", "UPDATE extras_requestparty SET person_id = %s", carol.pk)


def test_grant_needs_a_decision(daily: ApprovalRequest, now: datetime) -> None:
    refused(
        "needs an approved request",
        "INSERT INTO extras_grant (id, request_id, scope, digest, granted_at, void_reason)"
        " VALUES (%s, %s, 'series', %s, %s, '')",
        uuid4(),
        daily.pk,
        daily.digest,
        now,
    )


def test_grant_needs_a_decider_who_approved(daily: ApprovalRequest, bob: User, now: datetime) -> None:
    run_sql("UPDATE extras_approvalrequest SET state = 'granted'")
    test_grant_needs_a_decision(daily, now)


def test_grant_has_the_digest_of_its_request(granted: Grant) -> None:
    refused("never becomes more", "UPDATE extras_grant SET digest = %s", "0" * 64)


def test_void_grant_stays_void(granted: Grant, now: datetime) -> None:
    run_sql("UPDATE extras_grant SET voided_at = %s", now)
    refused("never becomes more", "UPDATE extras_grant SET voided_at = NULL")


def test_used_grant_stays_used(ask: Any, bob: User, now: datetime) -> None:
    approve(request=ask(), by=bob, now=now)
    refused("never becomes more", "UPDATE extras_grant SET uses_left = 1")
    refused("never becomes more", "UPDATE extras_grant SET uses_left = NULL")
    refused(None, "UPDATE extras_grant SET uses_left = uses_left - 1")


def test_end_of_a_grant_does_not_move_away(granted: Grant, now: datetime) -> None:
    run_sql("UPDATE extras_grant SET expires_at = %s", now)
    refused("never becomes more", "UPDATE extras_grant SET expires_at = NULL")
    refused("never becomes more", "UPDATE extras_grant SET expires_at = %s", now + timedelta(days=1))


@pytest.mark.parametrize("column", ["digest", "snapshot", "kind", "number", "rule"])
def test_request_never_changes(daily: ApprovalRequest, column: str) -> None:
    value = {"snapshot": '{"content": {}}', "rule": "{}", "number": 77}.get(column, "other")
    refused("never changes", f"UPDATE extras_approvalrequest SET {column} = %s", value)


def test_request_keeps_its_schedule(daily: ApprovalRequest, ask: Any) -> None:
    other = ask()
    sentence = "UPDATE extras_approvalrequest SET scheduled_job_id = %s WHERE id = %s"
    refused("never changes", sentence, other.scheduled_job_id, daily.pk)


def test_decided_request_stays_decided(granted: Grant) -> None:
    for state in ("open", "denied"):
        refused("decided once", "UPDATE extras_approvalrequest SET state = %s", state)


def test_schedule_has_one_open_request(daily: ApprovalRequest) -> None:
    copied = ApprovalRequest.objects.get()
    copied.pk, copied.number = uuid4(), 99
    with pytest.raises(IntegrityError), transaction.atomic():
        copied.save(force_insert=True)


def test_job_has_one_open_request_for_its_gate(daily: ApprovalRequest) -> None:
    for number, state in ((98, "open"), (99, "denied")):
        copied = ApprovalRequest.objects.get(pk=daily.pk)
        copied.pk, copied.number, copied.kind, copied.state, copied.scheduled_job = (
            uuid4(),
            number,
            "open_gate",
            state,
            None,
        )
        copied.save(force_insert=True)
    copied.pk, copied.number, copied.state = uuid4(), 100, "open"
    with pytest.raises(IntegrityError), transaction.atomic():
        copied.save(force_insert=True)


def test_gate_opens_only_by_an_approved_request(purge: Job) -> None:
    run_sql("UPDATE extras_job SET approval_required = %s", False)
    refused("opens only by an approved request", "UPDATE extras_job SET gated = %s", False)


def test_job_that_requires_approval_is_gated(purge: Job) -> None:
    refused(None, "UPDATE extras_job SET gated = %s", False)


def test_grant_of_a_run_does_not_open_the_gate(ask: Any, bob: User, now: datetime) -> None:
    approve(request=ask(), by=bob, now=now)
    test_gate_opens_only_by_an_approved_request(Job.objects.get())


def test_rows_that_others_point_at_can_go(granted: Grant, purge: Job) -> None:
    """Losing the job or the requester is no rewriting of what was asked for."""
    Job.objects.all().delete()
    User.objects.all().delete()
    assert (ApprovalRequest.objects.get().job, ScheduledJob.objects.get().user) == (None, None)
    assert set(RequestParty.objects.values_list("person_name", flat=True)) == {"alice", "bob"}
