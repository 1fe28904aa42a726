"""Queries that are compiled once: they find what the query itself finds, for whoever asks and with whatever value."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Count, Model, Prefetch, QuerySet
from django.db.models.functions import Upper

from foureyes.models import Job, JobResult
from foureyes.users.answers import CountOf, question
from foureyes.users.compiled import Keys, Texts, compiled
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget, restrict

Permit = Callable[..., ObjectPermission]
MakeJob = Callable[..., Job]
MakeRun = Callable[..., JobResult]


def jobs_of(user: User | None, name: str = "", *, pk: UUID | None = None, called: str | None = None) -> QuerySet[Job]:
    rows = Job.objects.order_by("name")
    rows = restrict(rows, user=user, action="view") if user is not None else rows
    rows = rows.filter(name=name) if name else rows
    rows = rows.filter(pk=pk) if pk is not None else rows
    return rows.filter(name=called) if called is not None else rows


def test_it_is_made_once_and_asked_with_every_value(make_job: MakeJob) -> None:
    made = []
    jobs = [make_job(f"Job {number}") for number in range(3)]

    def build(_: None, *, pk: UUID, name: str) -> QuerySet[Job]:
        made.append(pk)
        return Job.objects.filter(pk=pk, name=name)

    found = [compiled(build, of=None, pk=job.pk, name=job.name) for job in jobs]
    assert found == [[job] for job in jobs]
    assert compiled(build, of=None, pk=jobs[0].pk, name=jobs[1].name) == []
    assert len(made) == 2
    assert not {job.pk for job in jobs} & {*made}


def test_instants_may_be_a_fixed_time_before_or_after(make_job: MakeJob, make_run: MakeRun, alice: User) -> None:
    job = make_job("Hello")
    runs = [make_run(job, alice) for _ in range(3)]
    first = datetime.fromisoformat("2026-03-29T00:30:00.123456+00:00")
    for number, run in enumerate(runs):
        JobResult.objects.filter(pk=run.pk).update(created=first + timedelta(hours=number))

    def build(_: None, *, since: datetime, until: datetime) -> QuerySet[JobResult]:
        rows = JobResult.objects.filter(created__gte=since - timedelta(minutes=1), created__lt=until)
        return rows.order_by("created")

    for last in range(4):
        found = compiled(build, of=None, since=first + timedelta(minutes=1), until=first + timedelta(hours=last))
        assert found == runs[:last]
    assert compiled(build, of=None, since=first + timedelta(minutes=2), until=first + timedelta(hours=3)) == runs[1:]


def test_everybody_gets_what_their_rights_let_through_at_that_moment(
    alice: User, dave: User, permit: Permit, make_job: MakeJob
) -> None:
    hello, other = make_job("Hello"), make_job("Other")
    assert compiled(jobs_of, of=alice) == []
    permission = permit(alice, "view", Job, constraints={"name": "Hello"})
    forget(alice)
    assert compiled(jobs_of, of=alice) == [hello]
    assert compiled(jobs_of, of=dave) == []
    permission.constraints = {"name": "Other"}
    permission.save()
    forget(alice)
    assert compiled(jobs_of, of=alice) == [other]
    permission.enabled = False
    permission.save()
    forget(alice)
    assert compiled(jobs_of, of=alice) == []
    permit(dave, "view", Job)
    forget(dave)
    assert compiled(jobs_of, of=dave) == [hello, other]
    dave.is_active = False
    assert compiled(jobs_of, of=dave) == []
    dave.is_active = dave.is_superuser = True
    assert compiled(jobs_of, of=dave) == [hello, other]


def test_who_asks_is_told_apart_where_the_constraint_names_them(
    alice: User, dave: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    def runs_of(user: User) -> QuerySet[JobResult]:
        return restrict(JobResult.objects.all(), user=user, action="view")

    job = make_job("Hello")
    runs = {person: make_run(job, person) for person in (alice, dave)}
    for person in (alice, dave):
        permit(person, "view", JobResult, constraints={"user": "$user"})
        forget(person)
    for person, run in runs.items():
        assert compiled(runs_of, of=person) == [run]


def test_the_shape_and_missing_values_make_another_query(make_job: MakeJob) -> None:
    hello, other = make_job("Hello"), make_job("Other")
    assert compiled(jobs_of, of=None) == [hello, other]
    assert compiled(jobs_of, "Hello", of=None) == [hello]
    assert compiled(jobs_of, "Other", of=None) == [other]
    assert compiled(jobs_of, of=None, pk=other.pk, called=None) == [other]
    assert compiled(jobs_of, of=None, pk=None, called="Hello") == [hello]
    assert compiled(jobs_of, of=None, pk=other.pk, called="Hello") == []


def test_what_is_read_with_the_rows_comes_with_them(
    alice: User, make_job: MakeJob, make_run: MakeRun, django_assert_num_queries: Any
) -> None:
    job = make_job("Hello")
    runs = [make_run(job, alice) for _ in range(2)]

    def build(_: None, *, pk: UUID) -> QuerySet[Job]:
        newest = Prefetch("results", JobResult.objects.select_related("user").order_by("pk"))
        return Job.objects.filter(pk=pk).annotate(count=Count("results")).prefetch_related(newest).defer("description")

    for _ in range(2):
        with django_assert_num_queries(2):
            (found,) = compiled(build, of=None, pk=job.pk)
            assert (found.count, list(found.results.all())) == (2, runs)
            assert {run.user for run in found.results.all()} == {alice}
    assert "description" in found.get_deferred_fields()


def test_answers_come_by_name(alice: User, make_job: MakeJob) -> None:
    def build(user: User, *, name: str) -> QuerySet[User, dict[str, Any]]:
        return question(to=user, jobs=CountOf(Job.objects.filter(name=name)), every=CountOf(Job.objects.all()))

    for count in range(1, 4):
        make_job("Hello" if count == 2 else f"Job {count}")
        assert compiled(build, of=alice, name="Hello") == [{"jobs": int(count >= 2), "every": count}]


@pytest.mark.parametrize("lookup", [lambda name: {"name__icontains": name}, lambda name: {"name": name.upper()}])
def test_a_query_that_makes_something_of_a_value_is_refused(lookup: Callable[[str], dict[str, Any]]) -> None:
    def build(_: None, *, name: str) -> QuerySet[Job]:
        return Job.objects.filter(**lookup(name))

    with pytest.raises(TypeError, match="makes something else of its values"):
        compiled(build, of=None, name="Hello")


def test_a_limit_is_no_value() -> None:
    def build(_: None, *, most: int) -> QuerySet[Job]:
        return Job.objects.all()[:most]

    with pytest.raises(TypeError, match="another query for other values"):
        compiled(build, of=None, most=3)


def test_a_type_that_no_other_value_stands_for_is_refused() -> None:
    def build(_: None, *, keys: Any) -> QuerySet[Job]:
        return Job.objects.filter(pk__in=keys)

    with pytest.raises(TypeError, match="belongs to the shape"):
        compiled(build, of=None, keys=[])  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_threads_ask_by_their_own_connections(make_job: MakeJob) -> None:
    jobs = [make_job(f"Job {number}") for number in range(4)]
    found: dict[str, list[list[Job]]] = {}

    def ask(job: Job) -> None:
        found[job.name] = [compiled(jobs_of, of=None, pk=job.pk) for _ in range(50)]
        connection.close()

    threads = [threading.Thread(target=ask, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {job.name: [[job]] * 50 for job in jobs}


def test_ids_and_texts_may_be_any_number(make_job: MakeJob, make_run: MakeRun, alice: User) -> None:
    jobs = [make_job(f'Job "{number}" é') for number in range(3)]
    runs = [make_run(job, alice) for job in jobs]

    def build(_: None, *, ids: Any, names: Any) -> QuerySet[JobResult]:
        return JobResult.objects.filter(job_model__in=ids, job_model__name__in=names).order_by("pk")

    names = [job.name for job in jobs]
    for first in range(4):
        keys = [job.pk for job in jobs[first:]]
        assert compiled(build, of=None, ids=Keys(keys), names=Texts(names)) == runs[first:]
        assert compiled(build, of=None, ids=Keys([job.pk for job in jobs]), names=Texts(names[first:])) == runs[first:]


def test_it_is_made_once_for_all_with_the_same_rights(
    alice: User, dave: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    made = []

    def build(user: User) -> QuerySet[JobResult]:
        made.append(user.pk)
        return restrict(JobResult.objects.order_by("pk"), user=user, action="view")

    operators = Group.objects.create(name="operators")
    permit(operators, "view", JobResult, constraints=[{"user": "$user"}, {"name": "$user"}, {"queue": "urgent"}])
    job = make_job("Hello")
    runs = {person: [make_run(job, person), make_run(job, None)] for person in (alice, dave)}
    for person, (_, named) in runs.items():
        person.groups.add(operators)
        JobResult.objects.filter(pk=named.pk).update(name=str(person.pk))
    shared = make_run(job, None)
    JobResult.objects.filter(pk=shared.pk).update(queue="urgent")
    for person, own in runs.items():
        forget(person)
        assert compiled(build, of=person) == [*own, shared]
    assert len(made) == 2
    assert not {alice.pk, dave.pk} & {*made}


def test_rows_that_are_read_along_are_those_of_who_asks(
    alice: User, dave: User, make_job: MakeJob, make_run: MakeRun
) -> None:
    def build(user: User) -> QuerySet[Job]:
        return Job.objects.prefetch_related(Prefetch("results", JobResult.objects.filter(user=user), to_attr="own"))

    job = make_job("Hello")
    for person in (alice, dave):
        person.is_superuser = True
        run = make_run(job, person)
        assert [found.own for found in compiled(build, of=person)] == [[run]]


def test_a_pattern_that_names_who_asks_is_theirs(alice: User, dave: User, permit: Permit, make_job: MakeJob) -> None:
    """Within a pattern the id is no value of its own: the query is made for each person."""
    for person in (alice, dave):
        job = make_job(f"of {person.pk}")
        permit(person, "view", Job, constraints={"name__endswith": "$user"})
        forget(person)
        assert compiled(jobs_of, of=person) == [job]


def test_nothing_else_of_who_asks_can_get_into_the_query(alice: User) -> None:
    def build(user: User) -> QuerySet[User]:
        return User.objects.filter(username=user.username)

    with pytest.raises(User.DoesNotExist):
        compiled(build, of=alice)


def told(row: Any) -> Any:
    """Everything that a row holds, with what is read with it."""
    if not isinstance(row, Model):
        return row
    held = {name: value for name, value in vars(row).items() if name != "_state"}
    beside = {name: told(other) for name, other in row._state.fields_cache.items()}
    return type(row), held, beside, row._state.adding, row._state.db


def test_rows_are_as_django_makes_them(alice: User, make_job: MakeJob, make_run: MakeRun, now: datetime) -> None:
    job = make_job("Hello", variables=[{"name": "place"}], task_queues=["fast", "slow"])
    for person in (alice, None, alice):
        make_run(job, person)
    JobResult.objects.filter(user=None).update(job_model=None, completed=now, job_kwargs={"data": {"a": [1]}})

    def build(_: None, *, since: datetime) -> QuerySet[JobResult]:
        rows = JobResult.objects.select_related("job_model__bundle", "user", "schedule__user", "grant").order_by("pk")
        return rows.annotate(own=Count("logs"), upper=Upper("name")).defer("returned").filter(created__gte=since)

    found = compiled(build, of=None, since=now - timedelta(days=1))
    assert [told(row) for row in found] == [told(row) for row in build(None, since=now - timedelta(days=1))]
    assert [row.job_model for row in found] == [job, None, job]
    found[0].job_model.variables.append("changed")
    assert found[2].job_model.variables == [{"name": "place"}]
