"""The base classes of jobs, and what their methods may call.

Nothing here depends on a name that an author may give to a variable: what the product needs is kept under
`_foureyes`, and the public attributes are set on the instance.
"""

import inspect
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import yaml

from foureyes.jobs.context import MemoryReporter, Reporter, RequestStandIn
from foureyes.jobs.joblogger import JobLogger, Step, job_logger
from foureyes.jobs.meta import options_of
from foureyes.jobs.variables import ObjectVar


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """One run, as the job instance sees it."""

    run_id: str = ""
    commit: bool = False
    reporter: Reporter = field(default_factory=MemoryReporter)
    request: RequestStandIn = field(default_factory=RequestStandIn)
    step: Step = field(default_factory=Step)


class Job:
    """A piece of work. Declare variables as class attributes, settings in `class Meta`, the work in `run()`."""

    _foureyes: Surroundings

    # Set on the instance by `attach`.
    id: str
    commit: bool
    cancelled: bool
    failed: bool
    results: dict[str, Any]
    request: RequestStandIn
    job_result: SimpleNamespace
    logger: JobLogger

    def __init__(self) -> None:
        attach(self, Surroundings())

    @property
    def name(self) -> Any:
        """The name that `class Meta` gives. A variable of that name hides it."""
        return options_of(type(self)).name

    # What authors write.

    def run(self, data: dict[str, Any], commit: bool) -> Any:
        """The work: `run(self, data, commit)`, or with the variables as keyword arguments `run(self, *, name, ...)`."""

    def post_run(self) -> Any:
        """What is done in the end in any case, outside the transaction."""

    # What authors call.

    def log(self, message: object = None) -> None:
        """A log line of level `default`."""
        self._log("default", None, message)

    def log_debug(self, message: object = None) -> None:
        """A log line of level `default`."""
        self._log("default", None, message)

    def log_success(self, obj: object = None, message: object = None) -> None:
        """A log line about an object, or with one text about none."""
        self._log("success", obj, message)

    def log_info(self, obj: object = None, message: object = None) -> None:
        """A log line about an object, or with one text about none."""
        self._log("info", obj, message)

    def log_warning(self, obj: object = None, message: object = None) -> None:
        """A log line about an object, or with one text about none."""
        self._log("warning", obj, message)

    def log_failure(self, obj: object = None, message: object = None) -> None:
        """As the others; and the run ends as `failed`. It goes on for now."""
        self.failed = True
        self._log("failure", obj, message)

    def _log(self, level: str, obj: object, message: object) -> None:
        if isinstance(obj, str) and message is None:
            obj, message = None, obj
        around = self._foureyes
        around.reporter.log(level=level, grouping=around.step.name, message=message, obj=obj)

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Say how far the work is."""
        self._foureyes.reporter.progress(done=done, total=total, text=text)

    def change(self, target: object, before: object = None, after: object = None, summary: str = "") -> bool:
        """Report one effect. Returns whether to do it: False in a dry run, whose list of changes approvers read."""
        self._foureyes.reporter.change(target=target, before=before, after=after, summary=summary)
        return self._foureyes.commit

    def open_file(self, name: str, mode: str = "w") -> IO[Any]:
        """An output file of the run, open for writing. It is kept as it is when the job ends."""
        return self._foureyes.reporter.open_file(name=name, mode=mode)

    def create_file(self, name: str, content: str | bytes) -> None:
        """Keep `content` as an output file of the run."""
        with self.open_file(name, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def load_yaml(self, name: str) -> Any:
        """The content of a YAML file beside the job's own file."""
        return yaml.safe_load(self._beside(name).read_text(encoding="utf-8"))

    def load_json(self, name: str) -> Any:
        """The content of a JSON file beside the job's own file."""
        return json.loads(self._beside(name).read_text(encoding="utf-8"))

    def _beside(self, name: str) -> Path:
        return Path(inspect.getfile(type(self))).parent / name


class JobHookReceiver(Job):
    """A job that a hook starts when an object changes."""

    object_change = ObjectVar(model="extras.objectchange")

    def run(self, data: dict[str, Any], commit: bool) -> Any:
        """Hand the change to the author's method."""
        change = data["object_change"]
        return self.receive_job_hook(
            change=change, action=change.action, changed_object=getattr(change, "changed_object", None)
        )

    def receive_job_hook(self, change: Any, action: str, changed_object: Any) -> Any:
        """What authors write. `action` is create, update or delete; after a deletion `changed_object` is None."""
        raise NotImplementedError(f"{type(self).__name__} does not implement receive_job_hook()")


BASE_CLASSES = (Job, JobHookReceiver)


def attach(job: Job, surroundings: Surroundings) -> None:
    """Bind an instance to a run. Done after `__init__`, which authors may have replaced."""
    results: dict[str, Any] = {}
    job._foureyes = surroundings
    job.id = surroundings.run_id
    job.commit = surroundings.commit
    job.cancelled = False
    job.failed = False
    job.results = results
    job.request = surroundings.request
    job.job_result = SimpleNamespace(id=surroundings.run_id, data=results, user=surroundings.request.user)
    job.logger = job_logger(type(job).__qualname__, surroundings.reporter, surroundings.step)
