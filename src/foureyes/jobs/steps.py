"""The steps of a job in their order, and how `run()` wants its arguments."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from foureyes.jobs.job import Job
from foureyes.jobs.variables import Variable

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def declared_tests(job_class: type[Job]) -> list[str]:
    """The names of the `test_*` methods as declared, those of base classes first."""
    names = [name for kind in reversed(job_class.__mro__) for name in vars(kind) if name.startswith("test_")]
    return [name for name in dict.fromkeys(names) if callable(getattr(job_class, name))]


def main_steps(job: Job, values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """`run`, then each test: what belongs to one transaction. The caller names each step before it makes the call."""
    yield "run", partial(call_run, job, values)
    for name in declared_tests(type(job)):
        yield name, getattr(job, name)


def call_run(job: Job, values: dict[str, Any]) -> Any:
    """Call `run(data, commit)` as in 1.x, or with the variables as keyword arguments; the signature decides."""
    parameters = inspect.signature(job.run).parameters
    names = [name for name, one in parameters.items() if one.kind in _BY_POSITION]
    run: Callable[..., Any] = job.run
    if names[:2] == ["data", "commit"] or (len(names) == 2 and not _names_variable(job, names)):
        return run(values, job.commit)
    if names == ["data"] and not _names_variable(job, names):
        return run(values)
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        wanted = dict(values)
    else:
        wanted = {name: value for name, value in values.items() if name in parameters}
    if "commit" in parameters:
        wanted.setdefault("commit", job.commit)
    return run(**wanted)


def _names_variable(job: Job, names: list[str]) -> bool:
    return any(isinstance(getattr(type(job), name, None), Variable) or name == "commit" for name in names)
