"""Is there somebody to approve what needs approval, and does what says so really wait for it?"""

from collections.abc import Iterator
from datetime import datetime

from foureyes.approvals.lifecycle import State
from foureyes.approvals.policy import who_may_decide
from foureyes.catalog.notes import APPROVAL_IGNORED, receivers_that_ignore_approval
from foureyes.checkups.finding import Finding, good, warning
from foureyes.conf import get_conf
from foureyes.models import ApprovalRequest, Job
from foureyes.users.permissions import who_may

MOST = 50  # jobs, and requests, that are looked at one by one


def gates(now: datetime) -> Iterator[Finding]:
    """Could anybody approve? Receivers of hooks are started without approval, whatever they say."""
    gated = list(Job.objects.filter(gated=True, enabled=True, installed=True).in_order()[:MOST])
    lonely = [job.name for job in gated if who_may("approve", job).count() < 2]
    if lonely:
        text = f"Fewer than two people may approve {', '.join(lonely)}."
        hint = "Give somebody else extras.approve_job on jobs, and extras.change_scheduledjob on schedules."
        yield warning("few_approvers", text, hint)
    elif gated:
        yield good("approvers", "For every job that needs approval there are at least two people who may approve it.")
    for receiver in receivers_that_ignore_approval():
        hint = "Look at its hooks; what has to be approved must not be a receiver."
        yield warning(APPROVAL_IGNORED.code, f"{receiver.name}: {APPROVAL_IGNORED.text}", hint)
    if get_conf().demo:
        text = "This is a demo: whoever started it has both accounts, so nothing is really seen by two people."
        yield warning("demo", text, "Start without --demo, with another data folder, for real work.")


def deciders(now: datetime) -> Iterator[Finding]:
    """Open requests that nobody can approve."""
    rows = ApprovalRequest.objects.filter(state=State.OPEN).select_related("job", "scheduled_job").order_by("number")
    stuck = [str(request.number) for request in rows[:MOST] if not who_may_decide(request).exists()]
    if stuck:
        hint = "`foureyes doctor request` says who could; give the right to somebody who did not contribute."
        yield warning("no_decider", f"Nobody can approve these requests: {', '.join(stuck)}.", hint)
