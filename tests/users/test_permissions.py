"""Who may do what: superusers, permissions of users and groups, constraints, and the explanation of the answer."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group

from foureyes.models import Job, JobLogEntry, JobResult
from foureyes.users.answers import answers
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import (
    asking_permissions,
    explain,
    forget,
    held_permissions,
    knowing,
    may,
    questions,
    restrict,
    who_may,
    with_permissions,
)

Permit = Callable[..., ObjectPermission]
MakeJob = Callable[..., Job]
MakeRun = Callable[..., JobResult]


def names(user: Any, action: str = "view") -> list[str]:
    return list(restrict(Job.objects.order_by("name"), user=user, action=action).values_list("name", flat=True))


def test_a_permission_opens_its_action_on_its_model_only(alice: User, permit: Permit, make_job: MakeJob) -> None:
    make_job("Hello")
    permit(alice, "view run", Job)
    assert names(alice) == names(alice, "run") == ["Hello"]
    assert names(alice, "approve") == []
    assert may(alice, "view", Job)
    assert not may(alice, "view", JobResult)


def test_a_permission_may_name_several_models(alice: User, permit: Permit) -> None:
    permit(alice, "view", Job, JobResult)
    assert may(alice, "view", Job)
    assert may(alice, "view", JobResult)


def test_a_group_gives_its_permissions_to_its_members(alice: User, dave: User, permit: Permit) -> None:
    operators = Group.objects.create(name="operators")
    alice.groups.add(operators)
    permit(operators, "view", Job)
    assert may(alice, "view", Job)
    assert not may(dave, "view", Job)


def test_a_disabled_permission_gives_nothing(alice: User, permit: Permit) -> None:
    ObjectPermission.objects.filter(pk=permit(alice, "view", Job).pk).update(enabled=False)
    assert not may(alice, "view", Job)


def test_a_superuser_may_everything_without_a_query(
    admin: User, make_job: MakeJob, django_assert_num_queries: Any
) -> None:
    job = make_job("Hello")
    with django_assert_num_queries(0):
        assert may(admin, "approve", Job, job)
    assert names(admin) == ["Hello"]


def test_an_inactive_superuser_may_nothing(admin: User, make_job: MakeJob) -> None:
    job = make_job("Hello")
    admin.is_active = False
    assert names(admin) == []
    assert not may(admin, "view", Job, job)


def test_an_inactive_user_may_nothing(alice: User, permit: Permit, make_job: MakeJob) -> None:
    make_job("Hello")
    permit(alice, "view", Job)
    alice.is_active = False
    assert names(alice) == []
    assert not may(alice, "view", Job)


def test_nobody_is_anonymous_for_free(db: None, make_job: MakeJob, django_assert_num_queries: Any) -> None:
    job = make_job("Hello")
    with django_assert_num_queries(0):
        assert not may(AnonymousUser(), "view", Job)
        assert not may(AnonymousUser(), "view", Job, job)
    assert names(AnonymousUser()) == []


def test_several_permissions_add_up(alice: User, permit: Permit, make_job: MakeJob) -> None:
    for name in ("Hello", "Purge", "Other"):
        make_job(name)
    permit(alice, "view", Job, constraints={"name": "Hello"})
    permit(alice, "view", Job, constraints=[{"name": "Purge"}, {"name": "Nothing"}])
    assert names(alice) == ["Hello", "Purge"]


def test_one_permission_without_constraints_opens_everything(alice: User, permit: Permit, make_job: MakeJob) -> None:
    make_job("Hello")
    make_job("Purge")
    permit(alice, "view", Job, constraints={"name": "Hello"})
    permit(alice, "view", Job)
    assert names(alice) == ["Hello", "Purge"]


def test_may_asks_about_the_row(alice: User, permit: Permit, make_job: MakeJob) -> None:
    hello, purge = make_job("Hello"), make_job("Purge")
    permit(alice, "run", Job, constraints={"name": "Hello"})
    assert may(alice, "run", Job, hello)
    assert not may(alice, "run", Job, purge)
    assert may(alice, "run", Job)


def test_user_stands_for_whoever_asks(
    alice: User, bob: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    job = make_job("Hello")
    own, other = make_run(job, alice), make_run(job, bob)
    operators = Group.objects.create(name="operators")
    operators.user_set.add(alice, bob)
    permit(operators, "view", JobResult, constraints={"user": "$user"})
    permit(operators, "delete", JobResult, constraints=[{"user__in": ["$user"]}])
    assert list(restrict(JobResult.objects.all(), user=alice, action="view")) == [own]
    assert list(restrict(JobResult.objects.all(), user=bob, action="delete")) == [other]
    assert not may(alice, "view", JobResult, other)


def test_a_relation_to_many_does_not_repeat_rows(
    alice: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    hello, purge = make_job("Hello"), make_job("Purge")
    for _ in range(3):
        make_run(hello, alice)
    make_run(purge, None)
    permit(alice, "view", Job, constraints={"results__user": "$user"})
    permit(alice, "view", Job, constraints=[{"results__user__username": "alice"}, {"name": "Hello"}])
    assert names(alice) == ["Hello"]
    assert restrict(Job.objects.all(), user=alice, action="view").count() == 1


def test_a_path_of_single_relations_stays_a_join(
    alice: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    run = make_run(make_job("Hello"), alice)
    make_run(make_job("Purge"), alice)
    JobLogEntry.objects.create(job_result=run, sequence=0, created=run.created, message="said")
    permit(alice, "view", JobLogEntry, constraints={"job_result__job_model__name": "Hello"})
    lines = restrict(JobLogEntry.objects.all(), user=alice, action="view")
    assert [line.message for line in lines] == ["said"]
    assert " IN (SELECT" not in str(lines.query)


def test_permissions_are_read_once_per_user_object(
    alice: User, permit: Permit, make_job: MakeJob, django_assert_num_queries: Any
) -> None:
    make_job("Hello")
    for _ in range(3):
        permit(alice, "view", Job, JobResult)
    with django_assert_num_queries(1):
        assert all(may(alice, "view", model) for model in (Job, JobResult))
        assert not may(alice, "run", Job)


def test_forget_reads_them_again(alice: User, permit: Permit) -> None:
    assert not may(alice, "view", Job)
    permit(alice, "view", Job)
    assert not may(alice, "view", Job)
    forget(alice)
    assert may(alice, "view", Job)


def test_broken_stored_actions_give_nothing(alice: User, permit: Permit) -> None:
    ObjectPermission.objects.filter(pk=permit(alice, "view", Job).pk).update(actions="view")
    assert not may(alice, "view", Job)
    assert [user.username for user in who_may("view", alice)] == []


def test_explain_names_permission_and_way(alice: User, permit: Permit, make_job: MakeJob) -> None:
    job = make_job("Hello")
    operators = Group.objects.create(name="operators")
    alice.groups.add(operators)
    row = permit(alice, "run", Job, constraints={"name": "Hello"})
    row.groups.add(operators)
    answer = explain(alice, "run", job)
    assert answer.allowed
    assert answer.reason == "alice may run the job “Hello” by “alice run”."
    assert [(source.permission_id, source.via) for source in answer.sources] == [
        (row.pk, "user"),
        (row.pk, "operators"),
    ]


def test_explain_says_which_constraints_do_not_fit(alice: User, permit: Permit, make_job: MakeJob) -> None:
    job = make_job("Purge")
    permit(alice, "run", Job, constraints={"name": "Hello"})
    answer = explain(alice, "run", job)
    assert not answer.allowed
    assert answer.reason == ("alice may not run the job “Purge”: the constraints of “alice run” do not fit it.")


def test_explain_without_any_permission(dave: User, admin: User) -> None:
    assert explain(dave, "run", Job).reason == "dave may not run jobs: no enabled permission gives that."
    assert explain(admin, "run", Job).sources[0].via == "superuser"
    admin.is_active = False
    assert explain(admin, "run", Job).reason.endswith("the account is inactive.")


def test_who_may_finds_holders_members_and_superusers(
    alice: User, bob: User, carol: User, dave: User, admin: User, permit: Permit, make_job: MakeJob, make_run: MakeRun
) -> None:
    run = make_run(make_job("Hello"), dave)
    operators = Group.objects.create(name="operators")
    operators.user_set.add(bob)
    permit(alice, "view", JobResult, constraints={"job_model__name": "Hello"})
    permit(alice, "view", JobResult)
    permit(operators, "view", JobResult)
    permit(carol, "view", JobResult, constraints={"job_model__name": "Purge"})
    permit(dave, "view", JobResult, constraints={"user": "$user"})
    permit(carol, "view", JobResult, constraints={"user": "$user"})
    assert [user.username for user in who_may("view", run)] == ["admin", "alice", "bob", "dave"]
    User.objects.filter(username="alice").update(is_active=False)
    assert [user.username for user in who_may("view", run)] == ["admin", "bob", "dave"]


def test_who_may_reads_permissions_and_people_however_many_constraints_there_are(
    alice: User, bob: User, permit: Permit, make_job: MakeJob, django_assert_num_queries: Any
) -> None:
    job = make_job("Hello")
    for name in ("Hello", "Purge", "Wipe"):
        permit(alice, "run", Job, constraints={"name": name})
    permit(bob, "run", Job, constraints=[{"name": "Purge"}, {"name": {"no": "text"}}])
    list(who_may("run", job))
    with django_assert_num_queries(2):
        assert [user.username for user in who_may("run", job)] == ["alice"]


def test_who_may_asks_once_for_all_that_hold_a_permission_on_their_own_rows(
    alice: User, bob: User, carol: User, permit: Permit, make_job: MakeJob, make_run: MakeRun,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    run = make_run(make_job("Hello"), alice)
    operators = Group.objects.create(name="operators")
    operators.user_set.add(alice, bob, carol)
    permit(operators, "view", JobResult, constraints={"user": "$user"})
    permit(
        operators, "change", JobResult, constraints=[{"user__pk": "$user", "queue": "x"}, {"user_id__exact": "$user"}]
    )
    permit(operators, "run", JobResult, constraints={"user__in": ["$user"]})
    permit(operators, "delete", JobResult, constraints={"job_model__results__user": "$user"})
    permit(operators, "add", JobResult, constraints={"job_kwargs__by": "$user"})
    JobResult.objects.filter(pk=run.pk).update(job_kwargs={"by": str(bob.pk)})
    for action, who, queries in (
        ("view", "alice", 2), ("change", "alice", 2), ("run", "alice", 6), ("delete", "alice", 6), ("add", "bob", 6)
    ):  # fmt: skip
        list(who_may(action, run))
        with django_assert_num_queries(queries):
            assert [user.username for user in who_may(action, run)] == [who], action
        assert [one.username for one in (alice, bob, carol) if may(one, action, JobResult, run)] == [who], action


def test_many_questions_about_rows_take_one_query(
    alice: User, permit: Permit, make_job: MakeJob, make_run: MakeRun, django_assert_num_queries: Any
) -> None:
    hello, purge = make_job("Hello"), make_job("Purge")
    run = make_run(hello, alice)
    permit(alice, "view", Job)
    permit(alice, "run", Job, constraints={"name": "Hello"})
    permit(alice, "view", JobResult, constraints={"user": "$user"})
    rights = [("view", hello), ("run", hello), ("run", purge), ("view", run), ("approve", hello)]
    alone = [may(alice, action, type(row), row) for action, row in rights]
    asked = questions(alice, rights)
    assert list(asked) == ["may_1", "may_2", "may_3"]
    with django_assert_num_queries(1):
        told = answers(to=alice, **asked)
    with django_assert_num_queries(0), knowing(alice, rights, told):
        assert [may(alice, action, type(row), row) for action, row in rights] == alone
        assert alone == [True, True, False, True, False]
    Job.objects.filter(pk=hello.pk).update(name="Renamed")
    assert not may(alice, "run", Job, hello)


def test_nobody_gains_by_being_asked_about(alice: User, admin: User, permit: Permit, make_job: MakeJob) -> None:
    job = make_job("Hello")
    permit(alice, "run", Job, constraints={"name": "Hello"})
    assert questions(admin, [("run", job)]) == {}
    alice.is_active = False
    assert questions(alice, [("run", job)]) == {}
    with knowing(alice, [("run", job)], {}):
        assert not may(alice, "run", Job, job)


def test_a_person_is_read_with_all_permissions(
    alice: User, dave: User, permit: Permit, make_job: MakeJob, django_assert_num_queries: Any
) -> None:
    hello, purge = make_job("Hello"), make_job("Purge")
    operators = Group.objects.create(name="operators")
    alice.groups.add(operators)
    permit(operators, "view", Job, JobResult)
    permit(alice, "run", Job, constraints=[{"name": "Hello"}, {"name__in": ["Wipe", "Burn"]}])
    off = permit(alice, "approve", Job)
    ObjectPermission.objects.filter(pk=off.pk).update(enabled=False)
    with django_assert_num_queries(1):
        found = with_permissions(asking_permissions(User.objects.all(), pk=alice.pk))
        assert found == alice
        assert may(found, "view", JobResult)
        assert may(found, "view", Job, purge)
        assert not may(found, "approve", Job, hello)
        assert off.pk in held_permissions(found)
    assert may(found, "run", Job, hello)
    assert not may(found, "run", Job, purge)
    assert held_permissions(found) == held_permissions(alice)
    bare = with_permissions(asking_permissions(User.objects.all(), pk=dave.pk))
    assert bare == dave
    assert not may(bare, "view", Job)
    assert with_permissions(asking_permissions(User.objects.filter(is_active=False), pk=alice.pk)) is None
