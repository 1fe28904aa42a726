"""What will happen after the button is pressed, step by step, with who may decide; and what the button says."""

from dataclasses import dataclass, field

from foureyes.approvals.policy import who_could_approve
from foureyes.approvals.terms import longest_seconds
from foureyes.catalog.effective import allowed_queues
from foureyes.conf import get_conf
from foureyes.models import Job
from foureyes.users.models import User
from foureyes.web.jobs.asked import UNTIL_START, Asked
from foureyes.web.jobs.when import Plan
from foureyes.web.names import listed

HOUR, DAY = 3600, 86_400
WAITS = {
    HOUR: "It expires after 1 hour",
    4 * HOUR: "It expires after 4 hours",
    8 * HOUR: "It expires after 8 hours",
    DAY: "It expires after 1 day",
    3 * DAY: "It expires after 3 days",
    7 * DAY: "It expires after 7 days",
    30 * DAY: "It expires after 30 days",
}
NOBODY = "Nobody else may approve this job and change schedules. An administrator can give that permission."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line."""

    title: str
    icon: str
    when: str = ""
    text: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The steps, and what stands below them."""

    steps: list[Step] = field(default_factory=list)
    foot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the primary button says; the style sheet shows those that fit what is chosen, with or without scripts."""

    chosen: str  # `now`, `later` or `dry`
    icon: str
    text: str


def button_words(job: Job) -> list[Words]:
    """What the button says at once, later, and with commit off at once."""
    now = Words(chosen="now", icon="play", text="Run job now")
    later = Words(chosen="later", icon="calendar-clock", text="Schedule job")
    if job.gated:
        now = Words(chosen="now", icon="eye", text="Request approval to run")
        later = Words(chosen="later", icon="eye", text="Request approval for schedule")
    return [now, later, Words(chosen="dry", icon="flask-conical", text="Dry run now")]


def is_dry(asked: Asked) -> bool:
    """At once and with commit off: that is a dry run."""
    return not asked.later and not asked.commit


def outlook(job: Job, asked: Asked, plan: Plan | None, *, user: User) -> Outlook:
    """For the form as it stands."""
    if is_dry(asked):
        return _dry(job, asked)
    if job.gated:
        return _gated(job, asked, plan, user)
    if asked.later:
        first = Step(title="You schedule it", icon="calendar-plus", when="now", text="Inputs are stored.", first=True)
        return Outlook(steps=[first, *_runs(asked, plan)])
    first = Step(title="You run it", icon="play", when="now", first=True)
    foot = "You can watch the log and cancel the run."
    return Outlook(steps=[first, _worker(job, asked)], foot=foot)


def _dry(job: Job, asked: Asked) -> Outlook:
    text = "Commit is off, so nothing is changed."
    first = Step(title="You try it", icon="flask-conical", when="now", text=text, first=True)
    return Outlook(steps=[first, _worker(job, asked)], foot="A dry run needs no approval.")


def _gated(job: Job, asked: Asked, plan: Plan | None, user: User) -> Outlook:
    source = f"source {job.bundle_id[:12]}" if job.bundle_id else "source"
    text = f"Inputs and {source} are frozen for the request."
    steps = [Step(title="You request approval", icon="eye", when="now", text=text, first=True), _decision(job, user)]
    if asked.later:
        foot = "One approval covers every run of this schedule until the source or the inputs change."
        if asked.interval == "future":
            foot = "If nobody decides before it is due, the approver is asked what should happen then."
            if asked.terms.decide_before_start:
                foot = "If nobody decides before it is due, it expires and nothing runs."
        steps += _runs(asked, plan)
        return Outlook(steps=steps, foot=foot)
    steps.append(Step(title="It runs", icon="play", when="at once", text="As soon as it is approved."))
    foot = "The approval is for exactly this source and these inputs."
    return Outlook(steps=steps, foot=foot)


def _decision(job: Job, user: User) -> Step:
    people = [person.called for person in who_could_approve(job, requester=user)]
    if not people:
        return Step(title="Nobody can approve this now", icon="triangle-alert", text=NOBODY)
    noun = "person" if len(people) == 1 else "people"
    return Step(
        title="A second person approves",
        icon="users",
        when=f"1 of {len(people)} {noun}",
        text=f"{listed(people)}. You cannot approve your own request.",
    )


def ends_undecided() -> list[tuple[str, str]]:
    """What may become of a request that nobody decides: the values of the choice, and what they say."""
    days, most = get_conf().request_lifetime_days, longest_seconds()
    usual = f"It expires after {days} day{'' if days == 1 else 's'}" if days else "It waits until somebody does"
    shorter = [(str(seconds), words) for seconds, words in WAITS.items() if seconds < most]
    return [("", usual), (UNTIL_START, "It expires when its first run is due"), *shorter]


def _worker(job: Job, asked: Asked) -> Step:
    queue = asked.queue or allowed_queues(job)[0]
    return Step(title="A worker runs it", icon="server", text=f"The next free one of the queue {queue}.")


def _runs(asked: Asked, plan: Plan | None) -> list[Step]:
    title = "It runs" if asked.interval == "future" else "First run"
    if plan is None or plan.first is None:
        return [Step(title=title, icon="calendar-clock", text="Its time is known when the fields are filled in.")]
    then = f"Then {plan.sentence[:1].lower()}{plan.sentence[1:]}, {plan.lasts}." if plan.lasts else ""
    return [Step(title=title, icon="calendar-clock", when=plan.first.local, text=then)]
