"""Records what a job with a database has changed: its own process cannot write events."""

from collections.abc import Sequence
from datetime import datetime

from django.apps import apps

from foureyes.events.others import record
from foureyes.models import JobResult
from foureyes.runs.masking import Masker
from foureyes.runs.reports import ChangedObject
from foureyes.sandbox.changes import Changed, is_open_to_jobs


def write_objects(*, run: JobResult, changed: Sequence[ChangedObject], masker: Masker, now: datetime) -> None:
    """Append a fact for each, as of whoever asked for the run; the fact names the run.

    A job could tell anything; what it cannot have changed is not believed.
    """
    for one in changed:
        if _may_have_changed(one.model):
            told = Changed(
                action=one.action,
                model=one.model,
                key=one.key,
                text=masker.text(one.text),
                fields=masker.json(one.fields),
            )
            record(changed=told, by=run.user, at=now, data={"run": str(run.pk)})


def _may_have_changed(name: str) -> bool:
    try:
        return is_open_to_jobs(apps.get_model(name))
    except (LookupError, ValueError):
        return False
