"""The bars of a job's recent runs: height is the length relative to the longest of them, all geometry as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from foureyes.models import JobResult
from foureyes.web.states import STATES, state_of_run

PICTURE = '<svg class="spark" viewBox="0 0 108 24" role="img" aria-label="{}">{}</svg>'
PLACES, STEP, FLOOR = 12, 9, 22
LEAST, MOST = 4, 20
CLASSES = {
    "succeeded": "o",
    "failed": "f",
    "lost": "f",
    "cancelled": "c",
    "queued": "r",
    "running": "r",
    "stopping": "r",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One run, or a place where there is none yet."""

    css: str
    x: int
    y: int
    height: int
    cross: str = ""  # the path of the cross of a failed run


@dataclass(frozen=True, slots=True)
class Bars:
    """All bars and the sentence that says the same."""

    bars: list[Bar]
    sentence: str

    @property
    def picture(self) -> SafeString:
        """A list has hundreds of elements, which a template would take long to write."""
        shapes = mark_safe("".join(map(_shape, self.bars)))  # noqa: S308 - numbers and names of classes of ours
        return format_html(PICTURE, self.sentence, shapes)


def bars_of(runs: Sequence[JobResult]) -> Bars:
    """Of runs in order of time, the oldest first."""
    shown = list(runs)[-PLACES:]
    longest = max((_seconds(run) for run in shown), default=0.0)
    empty = PLACES - len(shown)
    bars = [Bar("e", place * STEP, 19, 3) for place in range(empty)]
    for place, run in enumerate(shown, start=empty):
        css = CLASSES[state_of_run(run)]
        height = LEAST + round((MOST - LEAST) * _seconds(run) / longest) if longest else MOST // 2
        x, y = place * STEP, FLOOR - height
        cross = f"M{x + 1.2:.1f} {y + 1}l4 4m0-4l-4 4" if css == "f" else ""
        bars.append(Bar(css, x, y, height, cross))
    return Bars(bars, _sentence(shown))


def _shape(bar: Bar) -> str:
    cross = f'<path class="x" d="{bar.cross}"/>' if bar.cross else ""
    return f'<rect class="{bar.css}" x="{bar.x}" y="{bar.y}" width="6.5" height="{bar.height}" rx="1.5"/>{cross}'


def _seconds(run: JobResult) -> float:
    return (run.completed - run.started_at).total_seconds() if run.completed and run.started_at else 0.0


def _sentence(runs: Sequence[JobResult]) -> str:
    if not runs:
        return "No runs yet"
    counts: dict[str, int] = {}
    for run in runs:
        word = STATES[state_of_run(run)].word.lower()
        counts[word] = counts.get(word, 0) + 1
    return f"Last {len(runs)} run{'' if len(runs) == 1 else 's'}: " + ", ".join(
        f"{count} {word}" for word, count in counts.items()
    )
