"""Who may decide about a request. Buttons, the command line and the API ask here, and so does the decision itself.

Nobody who contributed to a request decides it: requester, editors since the last grant, and whoever it runs as,
administrators included. The database holds that too (`decision_four_eyes`). Who only suggested a change has not
contributed: the requester's acceptance makes it the requester's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from foureyes.approvals.lifecycle import State, already_over
from foureyes.approvals.origin import HERE, Origin
from foureyes.errors import Conflict, NotAllowed, Refusal
from foureyes.models import ApprovalRequest, Job, RequestParty, ScheduledJob
from foureyes.schedules.refusals import demand, job_of
from foureyes.users.models import User
from foureyes.users.permissions import may, question_of_holders, who_may, who_may_any, who_may_each

Verdict = RequestParty.Verdict
Kind = ApprovalRequest.Kind
RIGHT_ON_CARRIER = {Verdict.APPROVE: "change", Verdict.DENY: "delete"}
OWN_REQUEST = "You cannot approve your own job request!"


def rule_copy() -> dict[str, Any]:
    """The rule as a request keeps it: later changes of the rule concern later requests only (P67)."""
    return {
        "deciders": 1,
        "approve": ["extras.approve_job", "extras.change_scheduledjob"],
        "deny": ["extras.approve_job", "extras.delete_scheduledjob"],
        "never": ["requester", "editor", "run_as"],
    }


def refusal_to_decide(
    *, request: ApprovalRequest, by: User, verdict: RequestParty.Verdict, origin: Origin = HERE
) -> Refusal | None:
    """The first reason why this person cannot give this verdict now; None if nothing is in the way."""
    return next(_reasons(request, by, verdict, origin), None)


def refusal_of_person(
    *, request: ApprovalRequest, by: User, verdict: RequestParty.Verdict, origin: Origin = HERE
) -> Refusal | None:
    """The same without a look at whether the request is still open."""
    return next(_of_person(request, by, verdict, origin), None)


def refusal_of_token(origin: Origin) -> Refusal | None:
    """A token that may read and write, and not decide (gate G21)."""
    if origin.may_decide:
        return None
    return NotAllowed("This token may not be used for decisions.", code="token_may_not_decide")


def demand_rights(*, schedule: ScheduledJob, by: User, verdict: RequestParty.Verdict) -> None:
    """Refuses who has not the rights of this verdict, where there is no request to ask about."""
    demand(by, RIGHT_ON_CARRIER[verdict], schedule)
    if not _may(by, "approve", job_of(schedule)):
        raise may_not_approve(verdict)


def may_not_approve(verdict: RequestParty.Verdict) -> NotAllowed:
    """The right to approve the job is missing."""
    return NotAllowed(f"You do not have permission to {verdict} this request.", code="may_not_approve")


def who_may_decide(request: ApprovalRequest, verdict: RequestParty.Verdict = Verdict.APPROVE) -> QuerySet[User]:
    """The people who may give this verdict, by name; nobody if the job or the schedule is gone."""
    return deciders_and_runners(request, verdict)[0]


def deciders_and_runners(
    request: ApprovalRequest, verdict: RequestParty.Verdict = Verdict.APPROVE, *, told: Mapping[str, Any] | None = None
) -> tuple[QuerySet[User], QuerySet[User]]:
    """The same, and the people who may run the job. The permissions are read once for both; not at all, if `told` has
    the answer to `question_of_deciders`."""
    rights = _rights(request, verdict)
    if not rights:
        return User.objects.none(), User.objects.none()
    approve, change, run = who_may_each(rights, told=told)
    both = approve.filter(pk__in=change.order_by().values("pk"))
    return both.exclude(pk__in=contributor_ids(request)), run


def question_of_deciders(request: ApprovalRequest) -> dict[str, Any]:
    """What has to be known of permissions to tell who may approve, by name, for `users.answers`."""
    rights = _rights(request, Verdict.APPROVE)
    return question_of_holders(rights) if rights else {}


def who_could_approve(job: Job, *, requester: User) -> QuerySet[User]:
    """The people who could approve what this person would ask for, as far as permissions on schedules tell before."""
    deciders = who_may_any(RIGHT_ON_CARRIER[Verdict.APPROVE], ScheduledJob)
    return who_may("approve", job).filter(pk__in=deciders.order_by().values("pk")).exclude(pk=requester.pk)


def contributor_ids(request: ApprovalRequest) -> QuerySet[Any]:
    """The ids of everybody who shaped what is asked for."""
    return request.parties.filter(part=RequestParty.Part.CONTRIBUTOR).values("person_id")


def role_of(request: ApprovalRequest, person: User) -> RequestParty | None:
    """The part that a person has in a request."""
    return next((party for party in request.parties.all() if party.person_id == person.pk), None)


def is_asker(request: ApprovalRequest, person: User) -> bool:
    """Did this person ask for it, or would it run in this person's name?"""
    part = role_of(request, person)
    return part is not None and bool({"requester", "run_as"} & set(part.roles))


def may_see(request: ApprovalRequest, person: User) -> bool:
    """Contributors see their request, and everybody who may view what carries it."""
    carrier = carrier_of(request)
    if carrier is not None and may(person, "view", type(carrier), carrier):
        return True
    return role_of(request, person) is not None


def may_read_source(request: ApprovalRequest, person: User) -> bool:
    """Whoever may view the job, and whoever has to answer for it."""
    job = request.job
    return job is not None and (may(person, "view", Job, job) or may(person, "approve", Job, job))


def carrier_of(request: ApprovalRequest) -> ScheduledJob | Job | None:
    """What changes when the request is granted: the schedule, or the job whose gate is to be opened."""
    return request.job if request.kind == Kind.OPEN_GATE else request.scheduled_job


def involving(person: User) -> Q:
    """Requests to which this person contributed."""
    part = RequestParty.Part.CONTRIBUTOR
    # For each request by the unique key: a long history of the person's own is not read for a few open ones.
    return Q(Exists(RequestParty.objects.filter(request=OuterRef("pk"), person_id=person.pk, part=part)))


def _rights(request: ApprovalRequest, verdict: RequestParty.Verdict) -> list[tuple[str, Model]]:
    """What it takes to approve, to change what carries the request, and to run; nothing if one of these is gone."""
    if request.job is None or (carrier := carrier_of(request)) is None:
        return []
    return [("approve", request.job), (_action(request, verdict), carrier), ("run", request.job)]


def _action(request: ApprovalRequest, verdict: RequestParty.Verdict) -> str:
    """Opening a gate or leaving it closed is a change of the job, not the end of it."""
    return "change" if request.kind == Kind.OPEN_GATE else RIGHT_ON_CARRIER[Verdict(verdict)]


def _reasons(request: ApprovalRequest, by: User, verdict: RequestParty.Verdict, origin: Origin) -> Iterator[Refusal]:
    yield from _of_person(request, by, verdict, origin)
    if request.state != State.OPEN:
        yield already_over(request)


def _of_person(request: ApprovalRequest, by: User, verdict: RequestParty.Verdict, origin: Origin) -> Iterator[Refusal]:
    if not by.is_active:
        yield NotAllowed("An inactive account decides nothing.", code="user_inactive")
    if refusal := refusal_of_token(origin):
        yield refusal
    yield from _of_rights(request, by, verdict)
    yield from _of_contribution(request, by, verdict)


def _of_rights(request: ApprovalRequest, by: User, verdict: RequestParty.Verdict) -> Iterator[Refusal]:
    carrier = carrier_of(request)
    if request.job is None or carrier is None:
        yield Conflict("What this request is about has been deleted.", code="request_orphaned")
        return
    if not _may(by, _action(request, verdict), carrier):
        noun = "job" if isinstance(carrier, Job) else "scheduled job"
        action = _action(request, verdict)
        yield NotAllowed(f"You do not have permission to {action} this {noun}.", code=f"may_not_{action}")
    if not _may(by, "approve", request.job):
        yield may_not_approve(verdict)


def _of_contribution(request: ApprovalRequest, by: User, verdict: RequestParty.Verdict) -> Iterator[Refusal]:
    part = role_of(request, by)
    if part is None or part.part != RequestParty.Part.CONTRIBUTOR:
        return
    asked, denies = bool({"requester", "run_as"} & set(part.roles)), verdict == Verdict.DENY
    own = "This is your own request: withdraw it, or let somebody else deny it." if denies else OWN_REQUEST
    edited = f"You edited what is asked for, so somebody else has to {verdict} it."
    yield NotAllowed(own if asked else edited, code="own_request")


def _may(by: User, action: str, target: Model) -> bool:
    return may(by, action, type(target), target)
