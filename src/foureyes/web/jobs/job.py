"""A job's page: what it is, how it does, who may do what with it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.approvals.lifecycle import State
from foureyes.approvals.queries import visible_requests
from foureyes.catalog.effective import allowed_queues, soft_limit_seconds, time_limit_seconds
from foureyes.catalog.inputs import label_of
from foureyes.catalog.refusals import refusal_to_run
from foureyes.catalog.source import read_source
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Event, Job, JobResult, SourceBundle
from foureyes.people.preferences import starred_jobs
from foureyes.runs.of_jobs import WENT_WRONG, runs_since
from foureyes.schedules.preview import sentence_of
from foureyes.schedules.queries import live_schedules_of
from foureyes.sentences import said_by
from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import may, restrict, who_may_each
from foureyes.web.jobs.fields import InputField, default_raw, fields_of
from foureyes.web.jobs.lookup import address, crumbs_of_jobs, job_of
from foureyes.web.jobs.rows import trouble_of
from foureyes.web.markdown import markdown
from foureyes.web.names import Names
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page
from foureyes.web.source_text import Line, lines_of
from foureyes.web.states import state_of_run, state_of_schedule
from foureyes.web.times import short_date

DAYS = 30
MOST_RUNS = 1000  # that health is told from
RECENT, SCHEDULES, FACTS = 10, 10, 10
MOST_LINES = 2000
STEP, TALL = 9, 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the strip: geometry and words."""

    x: int
    good_y: int
    good: int
    bad_y: int
    bad: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Thirty days in numbers, and in words for who sees no picture."""

    days: list[Day]
    total: int
    wrong: int
    median: timedelta | None
    most: timedelta | None  # 95 of 100 runs took no longer
    capped: bool

    @property
    def rate(self) -> str:
        """How many of a hundred went wrong."""
        return f"{100 * self.wrong / self.total:.1f} %" if self.total else "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of the source."""

    path: str
    size: int
    sha256: str
    lines: list[Line]
    left: int  # lines that are not shown
    is_text: bool
    suspicious: int


@signed_in
@require_safe
def job(request: SignedInRequest, slug: str) -> HttpResponse:
    """Everything about one job, on one page."""
    user, now = request.user, timezone.now()
    row = job_of(slug, user=user)
    refusal = refusal_to_run(row)
    runs = runs_since(row, user=user, since=now - timedelta(days=DAYS), most=MOST_RUNS)
    may_run, may_change = may(user, "run", Job, row), may(user, "change", Job, row)
    trouble, detail = trouble_of(row)
    return page(
        request,
        "web/jobs/job.html",
        title=row.name,
        nav="jobs",
        crumbs=crumbs_of_jobs(),
        now=now,
        job=row,
        description=markdown(row.description),
        trouble=trouble,
        trouble_detail=detail,
        refusal=said_by(refusal) if refusal else "",
        may_run=may_run,
        may_change=may_change,
        starred=str(row.pk) in starred_jobs(user),
        health=health_of(runs, now=now),
        schedules=[
            (one, state_of_schedule(one), sentence_of(one), _schedule_address(one.pk))
            for one in live_schedules_of(row, user=user, most=SCHEDULES)
        ],
        runs=[(one, state_of_run(one), address("result", one.pk)) for one in runs[:RECENT]],
        fields=_fields(row),
        files=_files(row.bundle),
        limits=(soft_limit_seconds(row), time_limit_seconds(row), allowed_queues(row)),
        rights=[
            (word, list(people))
            for (_, word), people in zip(RIGHTS, who_may_each([(right, row) for right, _ in RIGHTS]), strict=True)
        ],
        facts=_facts(row, user),
        open_requests=compiled(_open_requests, of=user, job=row.pk),
    )


def _open_requests(user: User, *, job: UUID) -> QuerySet[ApprovalRequest]:
    return visible_requests(user).filter(job=job, state=State.OPEN).order_by("created")[:SCHEDULES]


RIGHTS = (("run", "Run it"), ("approve", "Approve its requests"), ("change", "Change it"))


def health_of(runs: list[JobResult], *, now: datetime) -> Health:
    """Of runs of the last thirty days, the newest first."""
    ended = [run for run in runs if run.completed]
    lengths = sorted(run.completed - run.started_at for run in ended if run.completed and run.started_at)
    today = timezone.localtime(now).date()
    per_day: dict[date, list[int]] = {today - timedelta(days=back): [0, 0] for back in range(DAYS - 1, -1, -1)}
    for run in ended:
        counts = per_day.get(timezone.localtime(run.created).date())
        if counts is not None:
            counts[run.status in WENT_WRONG] += 1
    return Health(
        days=_strip(per_day),
        total=len(ended),
        wrong=sum(run.status in WENT_WRONG for run in ended),
        median=lengths[len(lengths) // 2] if lengths else None,
        most=lengths[min(len(lengths) - 1, len(lengths) * 95 // 100)] if lengths else None,
        capped=len(runs) >= MOST_RUNS,
    )


def _strip(per_day: dict[date, list[int]]) -> list[Day]:
    most = max((sum(counts) for counts in per_day.values()), default=0) or 1
    days = []
    for place, (day, (good, bad)) in enumerate(per_day.items()):
        tall, wrong = _height(good, most), _height(bad, most)
        words = f"{short_date(day)}: {good + bad} runs, {bad} failed"
        days.append(
            Day(x=place * STEP, good_y=TALL - tall, good=tall, bad_y=TALL - tall - wrong, bad=wrong, words=words)
        )
    return days


def _height(count: int, most: int) -> int:
    return max(2, round(30 * count / most)) if count else 0


def _fields(row: Job) -> list[tuple[InputField, str]]:
    """The variables with their types and defaults; choices of functions are not asked for here."""
    plain = [spec for spec in row.variables if spec["type"] not in ("ObjectVar", "MultiObjectVar")]
    raws = {spec["name"]: default_raw(spec) for spec in row.variables}
    shown = {one.name: one for one in fields_of(plain, raws=raws, errors={}, user=User())}
    found = []
    for spec in row.variables:
        one = shown.get(spec["name"]) or _bare(spec)
        found.append((one, spec["type"].removesuffix("Var")))
    return found


def _bare(spec: dict[str, object]) -> InputField:
    """A variable of objects, without the objects."""
    return InputField(
        name=str(spec["name"]),
        label=label_of(spec),
        help=str(spec.get("help_text", "")),
        required=bool(spec["required"]),
        kind="select",
        raw=default_raw(spec),
        limits=f"Of type {spec['model']}.",
    )


def _files(bundle: SourceBundle | None) -> list[File]:
    if bundle is None:
        return []
    found, room = [], MOST_LINES
    for file in read_source(bundle=bundle):
        lines = lines_of(file.text) if file.text is not None else []
        found.append(
            File(
                path=file.path,
                size=file.size,
                sha256=file.sha256,
                lines=lines[:room],
                left=max(0, len(lines) - room),
                is_text=file.text is not None,
                suspicious=sum(line.suspicious for line in lines),
            )
        )
        room -= min(room, len(lines))
    return found


def _facts(row: Job, user: User) -> list[tuple[Event, str, str]]:
    """The newest facts about the job and who did it, for who may see facts."""
    rows = Event.objects.filter(subject_type=Job._meta.label_lower, subject_id=str(row.pk))
    newest = list(restrict(rows, user=user, action="view").order_by("-id")[:FACTS])
    names = Names(ids=[fact.actor_id for fact in newest])
    return [
        (
            fact,
            str(Kind(fact.kind).label) if fact.kind in Kind.values else fact.kind,
            names.of(fact.actor_id, fact.actor_name) if fact.actor_name else "Foureyes",
        )
        for fact in newest
    ]


def _schedule_address(key: object) -> str:
    return address("schedule", key)
