"""Reads facts in their order and starts what waits for them: runs of receivers, and messages to addresses.

The place up to which it has read moves in the transaction of what it starts, and one dispatcher at a time holds it: so
each change starts each hook once, however many dispatchers there are and wherever they are killed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max

from foureyes import events
from foureyes.errors import Refusal
from foureyes.events.seal import seal
from foureyes.hooks.message import message_of
from foureyes.models import Event, JobHook, JobResult, SystemValue, Webhook
from foureyes.notifications.queue import put
from foureyes.runs.enqueue import HookCause
from foureyes.submission.submit import submit_for_hook
from foureyes.users.models import User

log = structlog.get_logger()
PLACE = "hooks.dispatched"
BATCH = 10  # of what somebody waits for: each may start several runs, and other writers wait so long
WATCHED = {Event.Action.CREATE: "type_create", Event.Action.UPDATE: "type_update", Event.Action.DELETE: "type_delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What one step did: how many facts it read, and what came of them."""

    read: int = 0
    runs: int = 0
    messages: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Watchers:
    """The hooks that are enabled, by the type of what they watch."""

    job_hooks: Mapping[str, Sequence[JobHook]]
    webhooks: Mapping[str, Sequence[Webhook]]

    @property
    def types(self) -> set[str]:
        """Everything that anybody watches."""
        return {*self.job_hooks, *self.webhooks}


def dispatch(*, limit: int = BATCH, now: datetime) -> Dispatched:
    """Seal what is new, and start what the next facts are waited for with. Nothing read: there is nothing to do."""
    seal()
    newest = Event.objects.aggregate(newest=Max("sequence"))["newest"] or 0
    place, _ = SystemValue.objects.get_or_create(name=PLACE, defaults={"value": 0})
    if place.value >= newest:
        return Dispatched()
    with transaction.atomic():
        place = SystemValue.objects.select_for_update().get(name=PLACE)
        watchers = _watchers()
        facts = list(_next(place.value, newest, watchers)[:limit])
        reached = facts[-1].sequence if len(facts) == limit else newest
        done = _start(facts, watchers, now)
        read = max(0, reached - place.value)
        place.value = max(place.value, reached)
        place.save(update_fields=["value"])
    return Dispatched(read=read, runs=done["runs"], messages=done["messages"], refused=done["refused"])


def _next(place: int, newest: int, watchers: Watchers) -> Any:
    """Changes that somebody waits for, in their order; the others are passed over without being read."""
    between = Event.objects.filter(sequence__gt=place, sequence__lte=newest)
    return between.filter(action__gt="", subject_type__in=watchers.types).order_by("sequence")


def _watchers() -> Watchers:
    return Watchers(_by_type(JobHook), _by_type(Webhook))


def _by_type(model: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    rows = model.objects.filter(enabled=True).prefetch_related("content_types").order_by("name", "pk")
    for row in rows.select_related("job") if model is JobHook else rows:
        for one in row.content_types.all():
            found[f"{one.app_label}.{one.model}"].append(row)
    return found


def _start(facts: Sequence[Event], watchers: Watchers, now: datetime) -> dict[str, int]:
    done = {"runs": 0, "messages": 0, "refused": 0}
    people = User.objects.in_bulk({fact.actor_id for fact in facts if fact.actor_id})
    behind = {fact.pk: run for fact in facts if (run := _run_behind(fact))}
    of_hooks = _runs_of_hooks(behind.values())
    for fact in facts:
        for webhook in _waiting(watchers.webhooks, fact):
            done["messages"] += _tell(webhook, fact, now)
        run_id = behind.get(fact.pk)
        if run_id in of_hooks:
            continue
        for hook in _waiting(watchers.job_hooks, fact):
            by = people.get(fact.actor_id) if fact.actor_id else None
            cause = HookCause(hook_id=hook.pk, event_id=fact.pk, run_id=run_id)
            done["runs" if _run(hook, cause, by, now) else "refused"] += 1
    return done


def _waiting(by_type: Mapping[str, Sequence[Any]], fact: Event) -> list[Any]:
    field = WATCHED[Event.Action(fact.action)]
    hooks = by_type.get(fact.subject_type, ())
    return [hook for hook in hooks if getattr(hook, field) and hook.watches_since < fact.at]


def _run_behind(fact: Event) -> UUID | None:
    """The run that a fact tells of, or that changed the object of which it tells."""
    if fact.subject_type == JobResult._meta.label_lower:
        return UUID(fact.subject_id)
    return UUID(fact.data["run"]) if fact.kind.startswith("object.") and "run" in fact.data else None


def _runs_of_hooks(runs: Iterable[UUID]) -> set[UUID | None]:
    """Those that hooks started: what they do, and what is told of them, starts no hook, or there would be no end."""
    rows = JobResult.objects.filter(pk__in=set(runs), purpose=JobResult.Purpose.HOOK)
    return set(rows.values_list("pk", flat=True))


def _tell(webhook: Webhook, fact: Event, now: datetime) -> bool:
    """Store the message; one that cannot be made is logged, and keeps nobody else waiting."""
    try:
        with transaction.atomic():
            put(webhook=webhook, event_id=fact.pk, message=message_of(fact), now=now)
    except DatabaseError:
        raise  # of the whole step, which is tried again
    except Exception:
        log.exception("webhook.no_message", webhook=str(webhook.pk), change=str(fact.pk))
        return False
    return True


def _run(hook: JobHook, cause: HookCause, by: User | None, now: datetime) -> bool:
    """Start the receiver; what keeps it from running is told, and keeps nobody else from being started."""
    try:
        with transaction.atomic():
            submit_for_hook(job=hook.job, by=by, cause=cause, now=now)
    except Refusal as refusal:
        reason = refusal.message
    except IntegrityError as error:  # the hook was disabled or its receiver taken away in this moment
        reason = str(error).strip().splitlines()[0]
    except DatabaseError:
        raise  # of the whole step, which is tried again
    except Exception as error:
        log.exception("hook.crashed", hook=str(hook.pk), change=str(cause.event_id))
        reason = f"An error of the server: {error}"
    else:
        return True
    log.warning("hook.refused", hook=str(hook.pk), change=str(cause.event_id), reason=reason)
    events.append(
        kind=events.Kind.JOB_HOOK_REFUSED, at=now, subject=hook, data={"event": str(cause.event_id), "reason": reason}
    )
    return False
