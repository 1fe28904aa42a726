"""Which planned instants still fire when the scheduler comes late, and what is recorded about the others.

A schedule has decided everything up to an instant; `decide` says what happens with what was planned from there to now.
Every planned instant gets a verdict of its own or is counted in one of the spans (P15, P42, P43); the cost is bounded
whatever time has passed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, cast, get_args

from foureyes.errors import Invalid
from foureyes.triggers.trigger import Trigger

Policy = Literal["latest", "skip", "all"]
Fate = Literal["fired", "skipped", "missed"]
Reason = Literal["", "later_one_runs", "scheduler_was_late", "over_catch_up_limit", "over_latest_start"]

ON_TIME = timedelta(seconds=60)  # policy `skip`: a restart of the scheduler is no reason to skip a run
MOST = 1000  # verdicts of one decision
SECOND = timedelta(seconds=1)
REASONS: dict[Policy, Reason] = {
    "latest": "later_one_runs",
    "skip": "scheduler_was_late",
    "all": "over_catch_up_limit",
}


class Verdict(NamedTuple):
    """One planned instant and its fate; fired instants need no reason."""

    planned_at: datetime
    fate: Fate
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Instants too many to list, all of one fate: the first and the last of them and how many there are."""

    first: datetime
    last: datetime
    count: int
    fate: Fate
    reason: Reason


class Decision(NamedTuple):
    """What to do now. Verdicts are in order of time; the spans lie before all of them."""

    verdicts: tuple[Verdict, ...]
    spans: tuple[Span, ...]
    decided_until: datetime
    upcoming: datetime | None  # the first instant after it


class _Rules(NamedTuple):
    policy: Policy
    most_fired: int
    too_late_until: datetime | None  # what was planned up to here is missed
    on_time_from: datetime

    def verdict(self, planned: datetime, *, later: int) -> Verdict:
        """The fate of an instant after which `later` others were planned."""
        if self.too_late_until is not None and planned <= self.too_late_until:
            return Verdict(planned, "missed", "over_latest_start")
        if later < self.most_fired and (self.policy != "skip" or planned >= self.on_time_from):
            return Verdict(planned, "fired")
        return Verdict(planned, "skipped", REASONS[self.policy])


def decide(
    trigger: Trigger,
    *,
    decided_until: datetime,
    policy: str = "latest",
    limit: int | None = None,
    latest_start_seconds: int | None = None,
    most: int = MOST,
    now: datetime,
) -> Decision:
    """Decide every instant with decided_until < instant <= now.

    `latest` runs the last one; `skip` too, but only within a minute; `all` runs the last `limit` ones, and without a
    limit as many as are listed. What is more than `latest_start_seconds` late never runs: it is missed. At most `most`
    instants, the last ones, get a verdict of their own; the older ones are in the spans.
    """
    until = max(now, decided_until)
    rules = _rules(policy, limit, latest_start_seconds, most, now)
    listed, upcoming = trigger.walk(decided_until, until, most + 1)
    older = len(listed) > most
    if older:
        listed, _ = newest(trigger, after=decided_until, until=until, most=most)
        upcoming = trigger.next_after(until)
    verdicts = [rules.verdict(planned, later=len(listed) - place) for place, planned in enumerate(listed, 1)]
    spans = _spans(trigger, rules, after=decided_until, until=listed[0] - timedelta.resolution) if older else ()
    return Decision(tuple(verdicts), tuple(spans), until, upcoming)


def is_too_late(planned: datetime, *, latest_start_seconds: int | None, now: datetime) -> bool:
    """Is an instant missed by now, because it would start later than its schedule allows?"""
    edge = _too_late_until(latest_start_seconds, now)
    return edge is not None and planned <= edge


def newest(trigger: Trigger, *, after: datetime, until: datetime, most: int) -> tuple[list[datetime], bool]:
    """The last `most` instants with after < instant <= until, in order, and whether there are older ones."""
    found = trigger.between(after, until, most + 1)
    if len(found) <= most:
        return found, False
    width = timedelta(minutes=most)
    while trigger.count(until - width, until) <= most:
        width *= 2
    low, high = until - width, until
    while high - low > timedelta.resolution:
        middle = low + (high - low) / 2
        if trigger.count(middle, until) > most:
            low = middle
        else:
            high = middle
    return trigger.between(high, until, most), True


@lru_cache(maxsize=64)  # what is due at one moment is decided at one moment, mostly by the same policy
def _rules(policy: str, limit: int | None, latest_start_seconds: int | None, most: int, now: datetime) -> _Rules:
    if policy not in get_args(Policy):
        raise Invalid(fields={"misfire": [f"“{str(policy)[:50]}” is none of {', '.join(get_args(Policy))}."]})
    if limit is not None and limit < 1:
        raise Invalid(fields={"misfire_limit": ["Give a number from 1 on, or none."]})
    if latest_start_seconds is not None and latest_start_seconds < 0:
        raise Invalid(fields={"latest_start_seconds": ["Give a number of seconds from 0 on, or none."]})
    return _Rules(
        policy=cast(Policy, policy),
        most_fired=min(limit or most, most) if policy == "all" else 1,
        too_late_until=_too_late_until(latest_start_seconds, now),
        on_time_from=now - ON_TIME,
    )


def _too_late_until(latest_start_seconds: int | None, now: datetime) -> datetime | None:
    """The newest instant that is too late to start, with a second of grace: no scheduler fires at the very instant."""
    return None if latest_start_seconds is None else now - SECOND * (latest_start_seconds + 1)


def _spans(trigger: Trigger, rules: _Rules, *, after: datetime, until: datetime) -> Iterator[Span]:
    """What lies before the listed instants, cut where it stops being too late to start."""
    edge = min(max(rules.too_late_until or after, after), until)
    for low, high in ((after, edge), (edge, until)):
        if count := trigger.count(low, high):
            (last,), _ = newest(trigger, after=low, until=high, most=1)
            fate = rules.verdict(last, later=rules.most_fired)
            first = trigger.between(low, high, 1)[0]
            yield Span(first, last, count, fate.fate, fate.reason)
