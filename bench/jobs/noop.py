"""The jobs that the benchmarks run: one does nothing, one logs much at once."""

import time
from typing import Any

from foureyes.jobs import IntegerVar, Job

name = "Bench"


class Noop(Job):
    class Meta:
        name = "No-op"
        has_sensitive_variables = False

    def run(self, data: dict[str, Any], commit: bool) -> None:
        pass


class Talk(Job):
    class Meta:
        name = "Talk at once"
        has_sensitive_variables = False

    lines = IntegerVar()
    wait = IntegerVar(description="Seconds before the first line")

    def run(self, data: dict[str, Any], commit: bool) -> None:
        time.sleep(data["wait"])
        for number in range(data["lines"]):
            self.log_info(message=f"edge-fra-{number:05}: installed serial 4E:91:07, haproxy reloaded")
