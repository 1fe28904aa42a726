"""`self.logger`: Python's logging interface over the log of the run."""

import logging
from typing import Any

from foureyes.jobs.context import Reporter

SUCCESS = 25  # between INFO and WARNING


class JobLogger(logging.Logger):
    """A logger of one job instance, outside the tree of loggers. `extra` may name `grouping` and `object`.

    Levels up to DEBUG become `default`, then `info`, `success`, `warning`; ERROR and above become `failure`, which does
    not make the run fail: only `log_failure` does.
    """

    def success(self, message: object, *args: object, **options: Any) -> None:
        """Log with level `success`."""
        self.log(SUCCESS, message, *args, **options)


class ReporterHandler(logging.Handler):
    """Hands log records to the reporter."""

    def __init__(self, reporter: Reporter, step: "Step") -> None:
        super().__init__()
        self._reporter = reporter
        self._step = step
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Report the record; a message that cannot be formatted is an error of the job, as it should see it."""
        self._reporter.log(
            level=_level(record.levelno),
            grouping=str(getattr(record, "grouping", self._step.name)),
            message=self.format(record),
            obj=getattr(record, "object", None),
        )


class Step:
    """The name of the step that a job is at: `initialization`, `run`, `test_x`, `post_run`."""

    def __init__(self, name: str = "run") -> None:
        self.name = name


def _level(number: int) -> str:
    for lowest, level in ((logging.ERROR, "failure"), (logging.WARNING, "warning"), (SUCCESS, "success")):
        if number >= lowest:
            return level
    return "info" if number >= logging.INFO else "default"


def job_logger(name: str, reporter: Reporter, step: Step) -> JobLogger:
    """The logger for one job instance."""
    logger = JobLogger(name, logging.DEBUG)
    logger.addHandler(ReporterHandler(reporter, step))
    return logger
