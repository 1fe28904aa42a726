"""The list beside a review: which requests, in which order, and what each row says."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.http import QueryDict
from django.urls import reverse

from foureyes.approvals.known import Known, bring_sources, known_of
from foureyes.approvals.queries import asked_by, in_queue_order, telling_who_waits, visible_requests, waiting_for
from foureyes.approvals.review import risk_of_known, risks
from foureyes.approvals.risk import Level
from foureyes.approvals.together import refusal_to_approve_together
from foureyes.models import ApprovalRequest, Job, RequestParty
from foureyes.unseen import on_one_line
from foureyes.users.answers import CountOf, RowsOf, answers
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import restrict
from foureyes.web.approvals.people import requester_of
from foureyes.web.approvals.standing import SOON_SECONDS, is_at_once, standing_of
from foureyes.web.names import Names
from foureyes.web.shell.render import Questions, tell
from foureyes.web.shell.saved import Views, question_of_views
from foureyes.web.times import duration

State = ApprovalRequest.State
Requests = QuerySet[ApprovalRequest]
PAGE = 50
LONGEST_ABOUT = 90
RISKY_AT_MOST = 500  # open requests that are looked at when the list is filtered by risk
LIST = "approvals"  # in `web.shell.saved`
SHOWS = ("all", "me", "mine", "decided")
FILTERS = ("job", "requester", "group", "risk")
NOTHING_WANTED = MappingProxyType(dict.fromkeys(FILTERS, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request in the list."""

    pk: UUID
    number: int
    url: str
    title: str
    who: str
    about: str  # what tells it from others of the same job: its name, or the reason
    created: datetime
    state: str
    is_open: bool
    due: str
    due_icon: str
    due_tint: str
    risk: str
    selectable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One choice of what is shown."""

    key: str
    word: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The list with everything around it."""

    show: str
    chips: list[Chip]
    rows: list[Row]
    filters: Mapping[str, str]
    jobs: list[tuple[str, str]]
    groups: list[str]
    levels: list[str]
    older: int | None  # the number before which the next page begins, of decided ones
    further: int | None  # the next page of current ones
    views: Views

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return any(self.filters.values())

    together: bool  # some of them may be approved together

    @property
    def selectable(self) -> bool:
        """Whether some rows can be denied together."""
        return any(row.selectable for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The rows of a page: of the list, and of the request beside it, for which some are the same."""

    show: str
    filters: Mapping[str, str]
    found: list[ApprovalRequest]
    older: int | None
    further: int | None
    levels: Mapping[UUID, Level]
    known: Mapping[UUID, Known]
    told: Mapping[str, Any]  # what is told around the page, with the numbers of the chips, and of the request

    @property
    def requesters(self) -> list[UUID]:
        """Of the requests of the list."""
        return [party.person_id for one in self.found if (party := requester_of(one))]


def read(
    *,
    user: User,
    query: QueryDict | None,
    beside: ApprovalRequest | None = None,
    questions: Callable[[Known], Mapping[str, Any]] | None = None,
    now: datetime,
) -> Read:
    """What this person sees, as the query asks for; by a number of queries that does not depend on how many there are.

    Current requests are in the order of the queue, decided ones the newest first, a page of 50 at a time. The request
    `beside` the list is read closely, with the answers to `questions` about it. Without a query, it is alone.
    """
    sent = query if query is not None else QueryDict()
    show = sent.get("show", "") if sent.get("show", "") in SHOWS else "all"
    wanted = {name: sent.get(name, "").strip() for name in FILTERS}
    page = _page_of(sent)
    found, older = _found(user, show, wanted, sent, page, now) if query is not None else ([], None)
    start, has_more = (page - 1) * PAGE if wanted["risk"] else 0, len(found) > PAGE
    if not wanted["risk"]:
        found = found[:PAGE]
    judged = found if show != "decided" else []
    looked_at = [*judged, *([beside] if beside else [])]
    prefetch_related_objects([*found, *looked_at[len(judged) :]], "parties")
    known = known_of(looked_at, closely=beside)
    own = known[beside.pk] if beside else None
    bring_sources(known.values(), closely=own)
    levels = {one.pk: risk_of_known(known[one.pk]).level for one in judged}
    if wanted["risk"] and show != "decided":
        found = [one for one in found if levels[one.pk] == wanted["risk"]]
        has_more = len(found) > start + PAGE
    return Read(
        show=show,
        filters=wanted,
        found=found[start : start + PAGE],
        older=older,
        further=page + 1 if has_more else None,
        levels=levels,
        known=known,
        told=_told(user, _questions if query is not None else None, questions(own) if own and questions else {}, now),
    )


def _told(user: User, more: Questions | None, own: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The answers to all; with who holds the rights in a query of their own, which takes the place of one for that."""
    if "holders" not in own:
        return tell(user, now=now, more=more, also=own)
    return tell(user, now=now, more=more) | answers(to=user, **own)


def listing(rows: Read, *, names: Names, views: Views, now: datetime) -> Listing:
    """The list as it is shown."""
    mine = {one.pk for one in rows.found if getattr(one, "waits", False)}
    jobs = rows.told["jobs"]
    return Listing(
        show=rows.show,
        chips=_chips(rows.told),
        rows=_rows(rows.found, rows.levels, mine, names, now),
        filters=rows.filters,
        jobs=[(slug, name) for slug, name, _ in jobs],
        groups=sorted({group for _, _, group in jobs}),
        levels=[str(level) for level in Level],
        older=rows.older,
        further=rows.further,
        views=views,
        together=any(
            level == Level.LOW and key in mine and refusal_to_approve_together(rows.known[key], now=now) is None
            for key, level in rows.levels.items()
        ),
    )


def rows_of(user: User, found: Sequence[ApprovalRequest], *, now: datetime) -> list[Row]:
    """These requests as rows, to be looked at once more."""
    levels = {key: risk.level for key, risk in risks(found).items()}
    names = Names(ids=[party.person_id for one in found if (party := requester_of(one))])
    return _rows(found, levels, set(waiting_for(user).values_list("pk", flat=True)), names, now)


def address_of(request: ApprovalRequest | UUID) -> str:
    """The page of a request."""
    return reverse("web:request", args=[request if isinstance(request, UUID) else request.pk])


def given_name(request: ApprovalRequest) -> str:
    """What a person called the schedule; a wish for now has a name that the system made up."""
    named = request.kind != ApprovalRequest.Kind.OPEN_GATE and not is_at_once(request)
    return on_one_line(str(request.snapshot["about"].get("name", ""))) if named else ""


def title_of(request: ApprovalRequest) -> str:
    """The job, as it was called when somebody asked; of a request to open a gate, that."""
    about: Mapping[str, Any] = request.snapshot["about"]
    return str(about.get("name") if request.kind == ApprovalRequest.Kind.OPEN_GATE else about.get("job", ""))


def next_for(user: User, *, after: ApprovalRequest, now: datetime) -> ApprovalRequest | None:
    """The request that this person decides next."""
    return in_queue_order(waiting_for(user).exclude(pk=after.pk), now=now).first()


def _found(
    user: User, show: str, wanted: Mapping[str, str], query: QueryDict, page: int, now: datetime
) -> tuple[list[ApprovalRequest], int | None]:
    if show == "decided":
        return _decided(user, wanted, query)
    if not any(wanted.values()) and page == 1:
        return compiled(_current, show, of=user, now=now), None
    return list(_current(user, show, wanted, page=page, now=now)), None


def _page_of(query: QueryDict) -> int:
    text = query.get("page", "")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _current(
    user: User, show: str, wanted: Mapping[str, str] = NOTHING_WANTED, *, page: int = 1, now: datetime
) -> Requests:
    """A page of them, with one more that tells of the next; those of one risk are only known when all were judged."""
    rows = {"me": waiting_for, "mine": asked_by}.get(show, visible_requests)(user).filter(state=State.OPEN)
    rows = in_queue_order(telling_who_waits(_narrow(_filtered(rows, wanted)), user), now=now)
    start = (page - 1) * PAGE
    return rows[:RISKY_AT_MOST] if wanted["risk"] else rows[start : start + PAGE + 1]


def _decided(user: User, wanted: Mapping[str, str], query: QueryDict) -> tuple[list[ApprovalRequest], int | None]:
    before = query.get("before", "")
    rows = _filtered(visible_requests(user).exclude(state=State.OPEN), wanted)
    if before.isascii() and before.isdigit() and len(before) < 10:
        rows = rows.filter(number__lt=int(before))
    found = list(_narrow(rows).order_by("-number")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].number if len(found) > PAGE else None


def _narrow(rows: Requests) -> Requests:
    """With what the rows of the list show; a job has much that they do not."""
    return rows.select_related(None).select_related("job", "scheduled_job")


def _filtered(rows: Requests, wanted: Mapping[str, str]) -> Requests:
    if wanted["job"]:
        rows = rows.filter(job__slug=wanted["job"])
    if wanted["group"]:
        rows = rows.filter(job__grouping=wanted["group"])
    if text := wanted["requester"]:
        people = User.objects.filter(Q(first_name__icontains=text) | Q(last_name__icontains=text))
        named = Q(person_name__icontains=text) | Q(person_id__in=people.values("pk"))
        parts = RequestParty.objects.filter(named, request=OuterRef("pk"), part=RequestParty.Part.CONTRIBUTOR)
        rows = rows.filter(Exists(parts))
    return rows


def _questions(user: User, _: datetime) -> dict[str, Any]:
    """The numbers of the chips, what the filters offer, and the views that this person saved."""
    current, own = (rows(user).filter(state=State.OPEN) for rows in (visible_requests, asked_by))
    jobs = RowsOf(_jobs(user), "slug", "name", "grouping")
    return {"current": CountOf(current), "own": CountOf(own), "jobs": jobs, **question_of_views(user, LIST)}


def _chips(told: Mapping[str, Any]) -> list[Chip]:
    return [
        Chip(key="all", word="All", count=told["current"]),
        Chip(key="me", word="For me", count=told["waiting"]),
        Chip(key="mine", word="Mine", count=told["own"]),
        Chip(key="decided", word="Decided", count=None),
    ]


def _jobs(user: User) -> QuerySet[Job]:
    """Jobs that somebody asked for, as far as the person may know of them."""
    asked = ApprovalRequest.objects.filter(job=OuterRef("pk"))
    return restrict(Job.objects.filter(Exists(asked)), user=user, action="view").in_order()


def _rows(
    found: Sequence[ApprovalRequest],
    levels: Mapping[UUID, Level],
    mine: Collection[UUID],
    names: Names,
    now: datetime,
) -> list[Row]:
    return [_row(one, names, levels.get(one.pk), one.pk in mine, now) for one in found]


def _row(request: ApprovalRequest, names: Names, level: Level | None, selectable: bool, now: datetime) -> Row:
    party = requester_of(request)
    due, icon, tint = _due(request, now)
    return Row(
        pk=request.pk,
        number=request.number,
        url=address_of(request),
        title=title_of(request),
        who=names.of(party.person_id, party.person_name) if party else "the system",
        about=_about(request),
        created=request.created,
        state=standing_of(request, now=now).state,
        is_open=request.state == State.OPEN,
        due=due,
        due_icon=icon,
        due_tint=tint,
        risk=str(level or ""),
        selectable=selectable,
    )


def _about(request: ApprovalRequest) -> str:
    return given_name(request) or on_one_line(request.reason.partition("\n")[0].strip()[:LONGEST_ABOUT])


def _due(request: ApprovalRequest, now: datetime) -> tuple[str, str, str]:
    standing = standing_of(request, now=now)
    if standing.late_since is not None:
        return f"Past due by {standing.late_by}", "alarm-clock", "late"
    if standing.deadline is not None:
        left = standing.deadline - now
        tint = "wait" if left.total_seconds() < SOON_SECONDS else ""
        return f"{duration(max(left.total_seconds(), 0), exact=False)} left", "clock", tint
    if request.kind == ApprovalRequest.Kind.OPEN_GATE:
        return "No deadline", "clock", ""
    return ("Runs when approved", "zap", "") if is_at_once(request) else ("No run is left", "clock", "")
