"""Which facts are changes of their subject.

A fact that is a change starts hooks, is told by webhooks and is an object change of the 1.x API.
"""

from foureyes.events.kinds import Kind
from foureyes.models import Event

Action = Event.Action
# Subjects whose facts are changes. Requests for approval and workers have facts, but no 1.x form.
SUBJECTS = frozenset(
    {"job", "run", "schedule", "user", "group", "permission", "token", "job_hook", "webhook", "object"}
)
CREATING = frozenset({"created", "discovered", "issued"})
DELETING = frozenset({"deleted", "hidden"})
# What concerns an instant of a schedule, or a hook that could not run, changes nothing of the subject itself.
NO_CHANGE = frozenset({Kind.SCHEDULE_REFUSED, Kind.SCHEDULE_HELD, Kind.JOB_HOOK_REFUSED})


def action_of(kind: Kind) -> str:
    """What happened to the subject of such a fact; empty if nothing did."""
    subject, _, what = kind.value.partition(".")
    if subject not in SUBJECTS or kind in NO_CHANGE:
        return ""
    if what in CREATING:
        return Action.CREATE.value
    return (Action.DELETE if what in DELETING else Action.UPDATE).value
