"""The job that the benchmarks run: it does nothing."""

from typing import Any

from foureyes.jobs import Job

name = "Bench"


class Noop(Job):
    class Meta:
        name = "No-op"
        has_sensitive_variables = False

    def run(self, data: dict[str, Any], commit: bool) -> None:
        pass
