"""A run that has ended beside the one before it: what was other about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from foureyes.models import JobResult
from foureyes.runs.queries import visible_runs
from foureyes.users.models import User
from foureyes.web.inputs import shown_inputs
from foureyes.web.results.presenters import Level, length_of, levels_of
from foureyes.web.states import state_of_run
from foureyes.web.times import duration
from foureyes.web.wording import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One input that the two runs had differently."""

    label: str
    before: SafeString
    after: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The run before, and the differences in words; `inputs` is None if one of the two has stored none."""

    run: JobResult
    state: str
    length: str
    source: str
    log: str
    inputs: list[Changed] | None


def previous_of(run: JobResult, *, user: User, now: datetime) -> Previous | None:
    """Of the same job and kind, as far as the person may view it. None while this one goes on, and for the first."""
    if run.completed is None or run.job_model_id is None:
        return None
    rows = visible_runs(user).filter(job_model=run.job_model_id, purpose=run.purpose, completed__isnull=False)
    before = rows.filter(pk__lt=run.pk).defer("sealed_inputs", "data", "returned").order_by("-created", "-pk").first()
    if before is None:
        return None
    return Previous(
        run=before,
        state=state_of_run(before),
        length=_length(length_of(before, now=now), length_of(run, now=now)),
        source="The same" if before.bundle_id == run.bundle_id else "Changed since",
        log=_log(levels_of(before), levels_of(run)),
        inputs=_inputs(before, run),
    )


def _length(before: timedelta | None, after: timedelta | None) -> str:
    if before is None or after is None:
        return "Did not begin" if before is None else duration(before)
    if abs(after - before) < timedelta(seconds=1):
        return f"{duration(before)}, about as long"
    return f"{duration(before)}, this one took {duration(abs(after - before))} {'more' if after > before else 'less'}"


def _log(before: dict[str, int], after: dict[str, int]) -> str:
    """Warnings and errors, and how many there are now if that is another number."""
    words = []
    for level, noun in ((Level.WARNING, "warning"), (Level.FAILURE, "error")):
        was, is_now = before.get(level, 0), after.get(level, 0)
        text = f"{was or 'no'} {noun}{'' if was == 1 else 's'}"
        words.append(text if was == is_now else f"{text}, now {is_now}")
    return "; ".join(words).capitalize()


def _inputs(before: JobResult, after: JobResult) -> list[Changed] | None:
    if before.job_kwargs is None or after.job_kwargs is None or after.job_model is None:
        return None
    old, new = (
        shown_inputs(variables=after.job_model.variables, values=(run.job_kwargs or {}).get("data") or {})
        for run in (before, after)
    )
    was = {one.name: one.text for one in old}
    pairs = [(one.label, was.get(one.name, "not set"), one.text) for one in new]
    return [
        Changed(label=label, before=left, after=right)
        for label, one, other in pairs
        if one != other
        for left, right in [marked(one, other)]
    ]
