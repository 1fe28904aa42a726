"""What the server has to know about a job class, as JSON."""

from typing import Any, TypedDict, TypeGuard

from foureyes.jobs.job import BASE_CLASSES, Job, JobHookReceiver
from foureyes.jobs.meta import MetaError, Options, options_of
from foureyes.jobs.steps import declared_tests
from foureyes.jobs.variables import Variable


class JobDescription(TypedDict):
    """A job class as the catalog stores it. The first part are values that administrators may override."""

    grouping: str
    name: str
    description: str
    has_sensitive_variables: bool
    approval_required: bool
    commit_default: bool
    hidden: bool
    read_only: bool
    soft_time_limit: float
    time_limit: float
    task_queues: list[str]

    module: str  # where the class is defined
    variables: list[dict[str, Any]]  # specs in form order; each says its `position` in the order of definition
    test_methods: list[str]
    uses_database: bool
    concurrency_limit: int | None
    priority: int
    max_retries: int
    retry_delay_seconds: float
    is_job_hook_receiver: bool
    data_files: list[str]


def is_job_class(value: object) -> TypeGuard[type[Job]]:
    """Is it a class that authors wrote to be run?"""
    return isinstance(value, type) and issubclass(value, Job) and value not in BASE_CLASSES


def variables_of(job_class: type[Job]) -> dict[str, Variable]:
    """The variables in form order: those of `field_order`, the others as defined, and last those of `field_groups`."""
    defined, grouped = _defined(job_class), _groups(job_class)
    names = [name for name in options_of(job_class).field_order or () if name in defined]
    alone = [name for name in dict.fromkeys([*names, *defined]) if name not in grouped]
    return {name: defined[name] for name in (*alone, *(name for name in grouped if name in defined))}


def _groups(job_class: type[Job]) -> dict[str, str]:
    """The headings of the variables that have one, by name, in form order; a variable stands under its first one."""
    found: dict[str, str] = {}
    for heading, names in options_of(job_class).field_groups.items():
        for name in names:
            found.setdefault(name, heading)
    return found


def _defined(job_class: type[Job]) -> dict[str, Variable]:
    """The variables of base classes, then the class's own, as they stand in the source."""
    declared = [item for kind in reversed(job_class.__mro__) for item in vars(kind).items()]
    names = dict.fromkeys(name for name, one in declared if isinstance(one, Variable))
    found = {name: getattr(job_class, name, None) for name in names}
    return {name: one for name, one in found.items() if isinstance(one, Variable)}


def _specs(job_class: type[Job]) -> list[dict[str, Any]]:
    positions = {name: position for position, name in enumerate(_defined(job_class))}
    groups = _groups(job_class)
    return [
        {**variable.spec(name), "position": positions[name], **({"group": groups[name]} if name in groups else {})}
        for name, variable in variables_of(job_class).items()
    ]


def describe(job_class: type[Job], *, grouping: str) -> JobDescription:
    """Everything the server has to know. Raises MetaError, or what the author's defaults raise."""
    options = options_of(job_class)
    _check_names(variables_of(job_class))
    return {
        **_overridable(options, grouping),  # type: ignore[typeddict-item] # the checker cannot see its keys
        "module": job_class.__module__,
        "variables": _specs(job_class),
        "test_methods": declared_tests(job_class),
        "uses_database": options.database,
        "concurrency_limit": options.concurrency_limit,
        "priority": int(options.priority),
        "max_retries": int(options.max_retries),
        "retry_delay_seconds": float(options.retry_delay),
        "is_job_hook_receiver": issubclass(job_class, JobHookReceiver),
        "data_files": list(options.data_files),
    }


def _overridable(options: Options, grouping: str) -> dict[str, Any]:
    return {
        "grouping": grouping,
        "name": str(options.name),
        "description": options.description,
        "has_sensitive_variables": options.has_sensitive_variables,
        "approval_required": options.approval_required,
        "commit_default": options.commit_default,
        "hidden": options.hidden,
        "read_only": options.read_only,
        "soft_time_limit": float(options.soft_time_limit),
        "time_limit": float(options.time_limit),
        "task_queues": list(options.task_queues),
    }


def _check_names(variables: dict[str, Variable]) -> None:
    for name in variables:
        if name.startswith("_"):
            raise MetaError(f"The variable {name!r} cannot begin with an underscore")
        if callable(getattr(Job, name, None)):
            raise MetaError(f"The variable {name!r} hides the method {name}() of jobs; give it another name")
