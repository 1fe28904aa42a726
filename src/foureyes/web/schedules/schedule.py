"""The page of one schedule, and its ledger."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.approvals.queries import history_of_schedule
from foureyes.errors import Refusal
from foureyes.models import Occurrence, ScheduledJob
from foureyes.runs.queries import visible_runs
from foureyes.schedules.preview import preview_of_schedule
from foureyes.schedules.queries import ledger as ledger_of
from foureyes.schedules.queries import visible, warning_of
from foureyes.triggers import Preview
from foureyes.users.models import User
from foureyes.web.inputs import shown_inputs
from foureyes.web.jobs.bars import PLACES, bars_of
from foureyes.web.names import Names, parts_of
from foureyes.web.results.presenters import run_rows
from foureyes.web.schedules.presenters import (
    LedgerRow,
    ledger_rows,
    name_in_words,
    plain_name,
    plan_in_words,
    policies_of,
    refused_actions,
)
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.lists import piece_of
from foureyes.web.shell.render import page
from foureyes.web.states import state_of_schedule

CRUMBS = [("Jobs", "/jobs/"), ("Scheduled Jobs", "/jobs/scheduled/")]
NEXT, LAST = 10, 10
LEDGER = ("-planned_at", "-pk")


@require_safe
@signed_in
def schedule(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """When it runs, what it runs, who asked and who approved, and what became of its last instants."""
    found, now = visible_schedule(request.user, pk), timezone.now()
    refused = refused_actions(found, by=request.user, now=now)
    plan, trouble = _plan(found)
    runs = visible_runs(request.user).filter(schedule=found).select_related("job_model", "grant").newest_first()
    last = list(runs[:PLACES])
    lines = ledger_of(user=request.user, schedule=found.pk).select_related("job_result").order_by(*LEDGER)[:LAST]
    variables = found.job_model.variables if found.job_model else []
    requests = list(history_of_schedule(found))
    names = Names(ids=[found.user_id, *(party.person_id for one in requests for party in one.parties.all())])
    return page(
        request,
        "web/schedules/schedule.html",
        title=plain_name(found),
        nav="scheduled",
        crumbs=CRUMBS,
        now=now,
        schedule=found,
        name=name_in_words(found),
        state=state_of_schedule(found),
        plan=plan,
        sentence=plan_in_words(found),
        trouble=trouble,
        warning=warning_of(found) or "",
        runs=list(run_rows(last[:LAST], deciders={}, now=now)),
        bars=bars_of(last[::-1]),
        ledger=_ledger(request.user, lines),
        inputs=shown_inputs(variables=variables, values=found.inputs),
        policies=policies_of(found),
        owner=names.of(found.user_id, found.user_name),
        approvals=[(one, parts_of(one.parties.all(), names, why=one.reason)) for one in requests],
        refusals=refused.sentences,
        hidden=refused.hidden,
        owner_is_gone=found.user is None or not found.user.is_active,
        is_gated=bool(found.job_model and found.job_model.gated),
        note=typed_in(request).get("note", ""),
    )


@require_safe
@signed_in
def ledger(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Every planned instant with its fate and the reason, the newest first."""
    found = visible_schedule(request.user, pk)
    lines = ledger_of(user=request.user, schedule=found.pk).select_related("job_result").order_by(*LEDGER)
    piece = piece_of(lines, request, fields=LEDGER)
    return page(
        request,
        "web/schedules/ledger.html",
        title="Ledger",
        nav="scheduled",
        crumbs=[*CRUMBS, (plain_name(found), f"/jobs/scheduled/{found.pk}/")],
        schedule=found,
        piece=piece,
        ledger=_ledger(request.user, piece.rows),
    )


def _ledger(user: User, lines: Iterable[Occurrence]) -> list[LedgerRow]:
    shown = list(lines)
    runs = visible_runs(user).filter(occurrence__in=[line.pk for line in shown])
    return ledger_rows(shown, runs=set(runs.values_list("pk", flat=True)))


def visible_schedule(user: User, pk: UUID) -> ScheduledJob:
    """The schedule if the person may view it; else there is nothing at this address."""
    found = visible(user).select_related("job_model", "user", "approved_by_user").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _plan(schedule: ScheduledJob) -> tuple[Preview | None, str]:
    """The sentence and the next instants; or, of a row whose settings are damaged, what is wrong with them."""
    try:
        return preview_of_schedule(schedule, after=timezone.now(), count=NEXT), ""
    except Refusal as refusal:
        return None, refusal.message
