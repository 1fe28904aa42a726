"""Medians, percentiles and one line per figure beside its target."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value; `at_most` or `at_least` says which side of the target is good."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def line(self) -> str:
        """One row of the table; the ratio is value to target."""
        target = self.at_most if self.at_most is not None else self.at_least
        if target is None:
            return f"| {self.name} | {self.value:,.1f} {self.unit} | | | |"
        sign = "at most" if self.at_most is not None else "at least"
        good = self.value <= target if self.at_most is not None else self.value >= target
        verdict = "met" if good else "NOT met"
        measured = f"{self.value:,.1f} {self.unit}"
        return f"| {self.name} | {measured} | {sign} {target:g} | {self.value / target:.2f} | {verdict} |"


def machine() -> str:
    """Processor, cores and memory of this machine."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    cores = sum(line.startswith("processor") for line in _lines("/proc/cpuinfo"))
    memory = next((int(line.split()[1]) // 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return f"{processor}, {cores} cores, {memory} GiB, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def table(title: str, figures: Sequence[Figure]) -> str:
    """A Markdown table of all figures."""
    head = ["", f"## {title}", "", "| Figure | Measured | Target | Ratio | |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *(figure.line() for figure in figures)])
