"""Settings of a job: switches, and values that override those of its class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.errors import Invalid
from foureyes.models import Job
from foureyes.models.job import OVERRIDABLE
from foureyes.schedules.refusals import demand
from foureyes.sentences import faults_of, said_by
from foureyes.submission.job_settings import change_job
from foureyes.web.errors import STATUS_OF_KIND
from foureyes.web.jobs.lookup import address, crumbs_of, job_of
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page

FLAGS = frozenset({"has_sensitive_variables", "approval_required", "commit_default", "hidden", "read_only"})
NUMBERS = frozenset({"soft_time_limit", "time_limit"})
LABELS: dict[str, tuple[str, str]] = {
    "grouping": ("Group", "The heading under which it is listed."),
    "name": ("Name", "At most 100 characters, and once within its group."),
    "description": ("Description", "Markdown. The first line stands in the list."),
    "approval_required": ("Needs approval", "A second person has to agree before it runs."),
    "has_sensitive_variables": ("Sensitive variables", "Its inputs are not stored, so it can only run at once."),
    "commit_default": ("Commits unless told otherwise", "What “Commit changes” is at first in the run form."),
    "hidden": ("Hidden", "Left out of the list of jobs, unless “Hidden” is chosen there."),
    "read_only": ("Changes nothing", "Says that its runs change nothing."),
    "soft_time_limit": (
        "Soft time limit, seconds",
        "After so long a run is asked to end. 0: as the installation has it.",
    ),
    "time_limit": ("Time limit, seconds", "After so long a run is ended. 0: as the installation has it."),
    "task_queues": ("Queues", "Names, one a line; the first is the default. Empty: the installation's."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that may override the class's."""

    name: str
    label: str
    help: str
    kind: str  # flag, number, lines, area, text
    override: bool
    value: Any
    of_class: str
    errors: list[str] = field(default_factory=list)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """The form with all settings."""
    job = job_of(slug, user=request.user)
    demand(request.user, "change", job)
    if request.method != "POST":
        return _form(request, job, sent=typed_in(request) or None, errors={}, status=200)
    try:
        changes = _changes(request.POST, job)
        saved = change_job(
            job=job, changes=changes, by=request.user, reason=request.POST.get("reason", ""), now=timezone.now()
        )
    except Invalid as refusal:
        errors = faults_of(refusal) or {"non_field_errors": [said_by(refusal)]}
        return _form(request, job, sent=request.POST, errors=errors, status=STATUS_OF_KIND[refusal.kind])
    if saved.request:
        number = saved.request.number
        text = f"Saved. {saved.job.name} still needs approval until somebody else agrees to request {number}."
        messages.info(request, text)
    else:
        messages.success(request, f"Saved the settings of {saved.job.name}.")
    answer = HttpResponseRedirect(reverse("web:job", args=[saved.job.slug]))
    answer.status_code = 303
    return answer


def _form(
    request: HttpRequest, job: Job, *, sent: QueryDict | None, errors: Mapping[str, list[str]], status: int
) -> HttpResponse:
    settings = [_setting(job, name, sent, errors) for name in LABELS]
    others = [text for name, texts in errors.items() if name not in (*LABELS, "slug", "reason") for text in texts]
    return page(
        request,
        "web/jobs/edit.html",
        title="Edit",
        nav="jobs",
        crumbs=crumbs_of(job),
        status=status,
        job=job,
        settings=settings,
        enabled=job.enabled if sent is None else "enabled" in sent,
        slug=job.slug if sent is None else sent.get("slug", ""),
        slug_errors=errors.get("slug", []),
        reason="" if sent is None else sent.get("reason", ""),
        reason_errors=errors.get("reason", []),
        others=others,
        problems=[one for one in settings if one.errors],
        edited=sent is not None,
        queue_url=address("approvals"),
    )


def _setting(job: Job, name: str, sent: QueryDict | None, errors: Mapping[str, list[str]]) -> Setting:
    kind = _kind(name)
    stored = getattr(job, name)
    value: Any = "\n".join(stored) if kind == "lines" else stored
    if kind == "number":
        value = f"{stored:g}"
    override = bool(getattr(job, f"{name}_override"))
    if sent is not None:
        override = f"{name}_override" in sent
        value = name in sent if kind == "flag" else sent.get(name, "")
    label, text = LABELS[name]
    return Setting(
        name=name,
        label=label,
        help=text,
        kind=kind,
        override=override,
        value=value,
        of_class=_words(job.class_values.get(name), kind),
        errors=list(errors.get(name, [])) + list(errors.get(f"{name}_override", [])),
    )


def _kind(name: str) -> str:
    if name in FLAGS:
        return "flag"
    if name in NUMBERS:
        return "number"
    return {"task_queues": "lines", "description": "area"}.get(name, "text")


def _words(value: Any, kind: str) -> str:
    if value is None:
        return "not told"
    if kind == "flag":
        return "yes" if value else "no"
    if kind == "lines":
        return ", ".join(value) or "none"
    if kind == "number":
        return f"{value:g}"
    return str(value)[:100] or "empty"


def _changes(sent: QueryDict, job: Job) -> dict[str, Any]:
    """What the form says. Values without their switch follow the class again."""
    changes: dict[str, Any] = {"enabled": "enabled" in sent}
    if sent.get("slug", job.slug) != job.slug:
        changes["slug"] = sent.get("slug", "").strip()
    for name in OVERRIDABLE:
        override = f"{name}_override" in sent
        changes[f"{name}_override"] = override
        if override:
            changes[name] = _value(name, sent)
    return changes


def _value(name: str, sent: QueryDict) -> Any:
    text = sent.get(name, "").replace("\r\n", "\n").strip()
    kind = _kind(name)
    if kind == "flag":
        return name in sent
    if kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if kind == "number":
        try:
            return float(text or "0")
        except ValueError:
            raise Invalid(fields={name: ["Give a number of seconds."]}, code="job_values") from None
    return text
