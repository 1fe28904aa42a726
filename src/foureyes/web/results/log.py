"""The log of a run in pieces: what comes after a line, a search through all of it, and the whole as a text."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.models import JobLogEntry, JobResult
from foureyes.runs.queries import log_lines, matching_lines
from foureyes.unseen import JOINERS, spelled
from foureyes.web.results.presenters import LINE_WORD, number_of, shown_lines
from foureyes.web.results.run import standing_content, step_lines, visible_run
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

PIECE = 500
MOST_FOUND = 500
Level = JobLogEntry.Level
LEVELS = {"w": Level.WARNING, "e": Level.FAILURE}


@require_safe
@signed_in
def lines(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lines after `after`, with all else that changed, for pages that cannot stream; or lines that contain `q`."""
    run, now = visible_run(request.user, pk), timezone.now()
    if "after" not in request.GET:
        return _found(request, run)
    text = request.GET["after"]
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = log_lines(run_id=run.pk, after=after - 1, limit=PIECE)
    context = {
        **standing_content(run, by=request.user, now=now),
        "now": now,
        "lines": shown_lines(found, steps=step_lines(run)),
        "last_line": found[-1].sequence + 1 if found else after,
        "goes_on": run.completed is None or len(found) == PIECE,
        "oob": True,
    }
    return render(request, "web/results/_poll.html", context)


def _found(request: SignedInRequest, run: JobResult) -> HttpResponse:
    text, level = request.GET.get("q", "").replace("\x00", ""), request.GET.get("level", "")
    found = matching_lines(run_id=run.pk, text=text, level=LEVELS.get(level, ""), limit=MOST_FOUND + 1)
    return page(
        request,
        "web/results/found.html",
        title="Search the log",
        nav="results",
        crumbs=[
            ("Jobs", "/jobs/"),
            ("Job Results", "/jobs/results/"),
            (f"Run {number_of(run)}", f"/jobs/results/{run.pk}/"),
        ],
        run=run,
        q=text,
        level=level,
        lines=shown_lines(found[:MOST_FOUND]),
        more=len(found) > MOST_FOUND,
        most=MOST_FOUND,
    )


@require_safe
@signed_in
def download(request: SignedInRequest, pk: UUID) -> StreamingHttpResponse:
    """The whole log as a text, however long; instants in UTC."""
    run = visible_run(request.user, pk)
    answer = StreamingHttpResponse(_texts(run), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="run-{number_of(run)}.log"'
    return answer


def _told(message: str) -> str:
    """What a job said, so that no line of it passes for another entry and no terminal obeys it."""
    return spelled(message.replace("\r\n", "\n"), but=JOINERS).replace("\n", "\n    ")


def _texts(run: JobResult) -> Iterator[str]:
    after = -1
    while found := log_lines(run_id=run.pk, after=after, limit=PIECE):
        after = found[-1].sequence
        yield "".join(
            f"{line.created:%Y-%m-%dT%H:%M:%S.%f}Z {LINE_WORD[Level(line.log_level)]} {_told(line.message)}\n"
            for line in found
        )
