"""What a log holds, counted while it is written and never by query: lines by level, the first failure, the steps."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from foureyes.models import JobLogEntry
from foureyes.runs.masking import Masker
from foureyes.runs.reports import PRINTED, LogLine

MOST_STEPS = 100  # a job that names a grouping per line would otherwise store its log twice


def summed(summary: Any, lines: Sequence[LogLine], *, first: int, masker: Masker) -> dict[str, Any]:
    """The summary with further lines, of which the first has that sequence number.

    `levels` counts lines by level, `first_failure` is the number of the first failure line or null, and `steps` has
    `[grouping, number of its first line, instant]` whenever the grouping changes. What is printed is part of any step.
    """
    known = summary or {"levels": {}, "first_failure": None, "steps": []}
    levels = Counter(known["levels"])
    failure, steps = known["first_failure"], list(known["steps"])
    for number, line in enumerate(lines, first):
        levels[str(line.level)] += 1
        if failure is None and line.level == JobLogEntry.Level.FAILURE:
            failure = number
        name = masker.text(line.grouping)
        if name != PRINTED and len(steps) < MOST_STEPS and (not steps or steps[-1][0] != name):
            steps.append([name, number, line.at.isoformat()])
    return {"levels": dict(levels), "first_failure": failure, "steps": steps}
