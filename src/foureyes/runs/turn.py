"""What a busy worker does between two waits, in one commit: ends the runs that are over and takes others."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from foureyes.events import append_many
from foureyes.models import JobResult, Worker
from foureyes.runs.claim import started_facts, take
from foureyes.runs.finish import End, write_ends


def turn(*, ends: Sequence[End], worker: Worker, queues: Sequence[str], limit: int, now: datetime) -> list[JobResult]:
    """`finish` for each of `ends`, then `claim`: all of it or nothing.

    Refuses, as `finish` does, if one of the runs was taken from its worker; the rows of `ends` are as they were then.
    """
    before = [dict(vars(end.run)) for end in ends]
    try:
        with transaction.atomic():
            facts = write_ends(ends=ends, now=now)
            taken = take(worker=worker, queues=queues, limit=limit, now=now)
            append_many([*facts, *started_facts(taken, now=now)])
            return taken
    except Exception:
        for end, columns in zip(ends, before, strict=True):
            vars(end.run).update(columns)
        raise
