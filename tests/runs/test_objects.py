"""What a job with a database says that it changed is recorded, if it can be true."""

from datetime import datetime
from typing import Any

from foureyes.models import Event
from foureyes.runs.masking import MASK, Masker
from foureyes.runs.record import record
from foureyes.runs.reports import ChangedObject, Report


def test_change_is_recorded_as_of_the_requester_and_names_the_run(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    fields = {"name": "netops", "note": "key is hunter2"}
    told = [
        ChangedObject(action="create", model=model, key="7", text="netops", fields=fields)
        for model in ("auth.group", "extras.job", "users.user", "auth.permission", "no.such", "nonsense")
    ]
    record(run=run, report=Report(objects=told), masker=Masker(["hunter2"]), now=now)
    event = Event.objects.get(kind="object.created")
    assert (event.subject_type, event.subject_id, event.actor_name) == ("auth.group", "7", "alice")
    assert (event.data, event.object_data) == (
        {"run": str(run.pk)},
        {"name": "netops", "note": f"key is {MASK}"},
    )
