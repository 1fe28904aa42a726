"""Everybody who shaped what a request asks for (gate G10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from foureyes.approvals.lifecycle import State
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Event, Job, RequestParty, ScheduledJob
from foureyes.users.models import User

SHAPING = (Kind.SCHEDULE_CREATED, Kind.SCHEDULE_EDITED, Kind.SCHEDULE_TAKEN_OVER)
SETTINGS = {"read_only", "soft_time_limit", "task_queues", "time_limit"}  # of a job, part of what is approved


@dataclass(slots=True)
class Contributor:
    """A person and the parts this person had, in order."""

    name: str
    roles: list[str] = field(default_factory=list)

    def add(self, *roles: str) -> None:
        """One more part."""
        self.roles += [role for role in roles if role not in self.roles]


Contributors = dict[UUID, Contributor]


def contributors_to(schedule: ScheduledJob, *, editors: Iterable[User] = ()) -> Contributors:
    """Requester and run-as, and everybody who edited since the last grant, whatever way the edit came.

    Settings of the job are part of what is asked for: who changed those since then is an editor too.
    """
    found: Contributors = {}
    if schedule.user is not None:
        _add(found, schedule.user.pk, schedule.user.get_username(), "requester", "run_as")
    last = _last_granted(schedule)
    for party in _earlier_parties(schedule, last):
        _add(found, party.person_id, party.person_name, "editor")
    for actor, name in [*_actors(schedule, last), *_of_settings(schedule, last)]:
        _add(found, actor, name, "editor")
    for editor in editors:
        _add(found, editor.pk, editor.get_username(), "editor")
    return found


def write_contributors(*, request: ApprovalRequest, people: Mapping[UUID, Contributor], now: datetime) -> None:
    """A row for everybody who is not there yet. A decision of the same person would meet the constraint."""
    there = set(request.parties.values_list("person_id", flat=True))
    RequestParty.objects.bulk_create(
        RequestParty(
            request=request,
            person_id=key,
            person_name=person.name,
            part=RequestParty.Part.CONTRIBUTOR,
            roles=person.roles,
            at=now,
        )
        for key, person in people.items()
        if key not in there
    )


def _last_granted(schedule: ScheduledJob) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.filter(scheduled_job=schedule.pk, state=State.GRANTED)
    return rows.order_by("-number").first()


def _earlier_parties(schedule: ScheduledJob, last: ApprovalRequest | None) -> Iterable[RequestParty]:
    """Of requests since the last grant that another one replaced."""
    rows = RequestParty.objects.filter(request__scheduled_job=schedule.pk, part=RequestParty.Part.CONTRIBUTOR)
    return rows.filter(request__number__gt=last.number if last else 0).order_by("id")


def _actors(schedule: ScheduledJob, last: ApprovalRequest | None) -> Iterable[tuple[UUID, str]]:
    """Of the facts about the schedule. An edit at the very instant of the grant counts as later."""
    rows = Event.objects.filter(
        subject_type=ScheduledJob._meta.label_lower,
        subject_id=str(schedule.pk),
        kind__in=SHAPING,
        actor_id__isnull=False,
    )
    if last is not None and last.decided_at is not None:
        rows = rows.filter(at__gte=last.decided_at)
    return [(actor, name) for actor, name in rows.order_by("id").values_list("actor_id", "actor_name") if actor]


def _of_settings(schedule: ScheduledJob, last: ApprovalRequest | None) -> Iterable[tuple[UUID, str]]:
    """Who changed settings of the job since the last grant, or since it was asked for first."""
    since = last.decided_at if last is not None and last.decided_at is not None else schedule.created
    rows = Event.objects.filter(
        subject_type=Job._meta.label_lower,
        subject_id=str(schedule.job_model_id),
        kind=Kind.JOB_EDITED,
        actor_id__isnull=False,
        at__gte=since,
    )
    for actor, name, data in rows.order_by("id").values_list("actor_id", "actor_name", "data"):
        if actor and SETTINGS & data["changes"].keys():
            yield actor, name


def _add(found: Contributors, key: UUID, name: str, *roles: str) -> None:
    found.setdefault(key, Contributor(name)).add(*roles)
