"""What people should know about a job before they rely on it: flags that do not do what one would think."""

from collections.abc import Iterator
from dataclasses import dataclass

from foureyes.models import Job
from foureyes.models.job import JobQuerySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A stable code and a sentence."""

    code: str
    text: str


APPROVAL_IGNORED = Note(
    code="approval_ignored",
    text="It requires approval, but its hooks start it, and runs that hooks start need none (as in 1.x).",
)
GATE_STAYS = Note(
    code="gate_stays",
    text="It does not say any more that it requires approval, but needs one until a second person opens its gate.",
)
USES_DATABASE = Note(code="uses_database", text="It works on the database of this installation.")


def notes_of(job: Job) -> list[Note]:
    """Those that apply."""
    return list(_notes(job))


def receivers_that_ignore_approval() -> JobQuerySet:
    """Jobs that hooks start without the approval which they require (gate G14)."""
    return Job.objects.filter(gated=True, is_job_hook_receiver=True, installed=True).in_order()


def _notes(job: Job) -> Iterator[Note]:
    if job.is_job_hook_receiver and job.gated:
        yield APPROVAL_IGNORED
    elif job.gated and not job.approval_required:
        yield GATE_STAYS
    if job.uses_database:
        yield USES_DATABASE
