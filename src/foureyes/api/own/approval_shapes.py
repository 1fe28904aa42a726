"""The shapes of requests for approval: a short one for lists, and one with all that a decision needs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from foureyes.api.own.run_shapes import RunJobShape, short_run
from foureyes.api.own.shapes import short_job
from foureyes.api.wire.links import Links, links
from foureyes.api.wire.serializers import WireSerializer, instant, maybe_instant
from foureyes.approvals.decide import has_passed_instants, is_past_due
from foureyes.approvals.differences import Differences, differences
from foureyes.approvals.origin import Origin
from foureyes.approvals.policy import Verdict, refusal_to_decide
from foureyes.approvals.queries import dry_runs_of
from foureyes.approvals.review import Point, review_points, risks
from foureyes.approvals.risk import Risk
from foureyes.errors import Refusal
from foureyes.models import ApprovalRequest, JobResult, RequestComment, RequestParty
from foureyes.users.models import User

MOST_RUNS = 20  # of one request's runs and dry runs; `/api/runs/` has all


def short_request(request: ApprovalRequest, to: Links, *, risk: Risk, now: datetime) -> dict[str, Any]:
    """What is asked for, by whom, how risky it is, and how it stands."""
    about, content = request.snapshot["about"], request.snapshot["content"]
    schedule, open_ = request.scheduled_job, request.state == ApprovalRequest.State.OPEN
    return {
        "id": str(request.pk),
        "url": f"{to.root}approvals/{request.pk}/",
        "number": request.number,
        "kind": request.kind,
        "state": request.state,
        "name": about.get("name", ""),
        "job": short_job(request.job, to),
        "class_path": content["class_path"],
        "schedule": {"id": str(schedule.pk), "url": f"{to.root}schedules/{schedule.pk}/"} if schedule else None,
        "requester": about.get("requester", ""),
        "reason": request.reason,
        "when": about.get("when", ""),
        "start_time": maybe_instant(schedule.start_time) if schedule else None,
        "past_due": open_ and schedule is not None and is_past_due(schedule, now),
        "passed_instants": open_ and schedule is not None and has_passed_instants(schedule, now),
        "risk": {"level": str(risk.level), "rules": [asdict(rule) for rule in risk.rules]},
        "digest": request.digest,
        "created": instant(request.created),
        "decide_within_seconds": request.decide_within_seconds,
        "decide_before_start": request.decide_before_start,
        "expires_at": maybe_instant(request.expires_at),
        "decided_at": maybe_instant(request.decided_at),
    }


def full_request(
    request: ApprovalRequest, to: Links, *, by: User, origin: Origin, shows_source: bool, now: datetime
) -> dict[str, Any]:
    """The same with everything that an approver should see. Source is only for those who may read the job's."""
    found = differences(request)
    runs = JobResult.objects.filter(grant__request=request).newest_first()
    return short_request(request, to, risk=risks([request])[request.pk], now=now) | {
        "description": request.snapshot["about"].get("description", ""),
        "content": request.snapshot["content"],
        "environment": request.snapshot["about"].get("environment", ""),
        "rule": request.rule,
        "source": {"digest": request.bundle_id, "url": f"{to.root}approvals/{request.pk}/source/"},
        "parties": [party_shape(party) for party in request.parties.order_by("at", "id")],
        "comments": [comment_shape(comment) for comment in request.comments.order_by("at", "id")],
        "differences": difference_shape(found, shows_source=shows_source),
        "review_points": [point_shape(point) for point in review_points(request, by=by, now=now)],
        "dry_runs": _runs(dry_runs_of(request)[:MOST_RUNS], to),
        "runs": _runs(runs[:MOST_RUNS], to),
        "grant": grant_shape(request),
        "mine": mine_shape(request, by=by, origin=origin),
    }


def point_shape(point: Point) -> dict[str, str]:
    """One fact, as one sentence."""
    return {"code": point.code, "text": point.text, "severity": str(point.severity), "section": str(point.section)}


def mine_shape(request: ApprovalRequest, *, by: User, origin: Origin) -> dict[str, Any]:
    """What the person who asks may do about it, and why not."""
    verdicts = {
        verdict: refusal_to_decide(request=request, by=by, verdict=verdict, origin=origin) for verdict in Verdict
    }
    return {str(verdict): answer_shape(refusal) for verdict, refusal in verdicts.items()}


def answer_shape(refusal: Refusal | None) -> dict[str, Any]:
    """Whether something is allowed, and the sentence if it is not."""
    return {
        "allowed": refusal is None,
        "code": refusal.code if refusal else "",
        "detail": refusal.message if refusal else "",
    }


def party_shape(party: RequestParty) -> dict[str, Any]:
    """One person's part."""
    return {
        "id": str(party.person_id),
        "username": party.person_name,
        "part": party.part,
        "roles": party.roles,
        "verdict": party.verdict,
        "reason": party.reason,
        "digest": party.digest,
        "token_hint": party.token_hint,
        "address": party.address,
        "client": party.client,
        "at": instant(party.at),
    }


def comment_shape(comment: RequestComment) -> dict[str, Any]:
    """What somebody said; `suggestion` has the changes that can be accepted."""
    return {
        "id": str(comment.pk),
        "username": comment.person_name,
        "text": comment.text,
        "suggestion": comment.suggestion,
        "at": instant(comment.at),
    }


def difference_shape(found: Differences, *, shows_source: bool) -> dict[str, Any]:
    """What differs from what was approved last; `source` is null for who may not read it."""
    return {
        "against": found.against.number if found.against else None,
        "inputs": [asdict(change) for change in found.inputs],
        "schedule": [asdict(change) for change in found.schedule],
        "settings": [asdict(change) for change in found.settings],
        "source": [asdict(change) for change in found.source] if shows_source else None,
    }


def grant_shape(request: ApprovalRequest) -> dict[str, Any] | None:
    """What came of an approval; null without one."""
    grant = getattr(request, "grant", None)
    if grant is None:
        return None
    return {
        "id": str(grant.pk),
        "scope": grant.scope,
        "granted_at": instant(grant.granted_at),
        "expires_at": maybe_instant(grant.expires_at),
        "uses_left": grant.uses_left,
        "voided_at": maybe_instant(grant.voided_at),
        "void_reason": grant.void_reason,
    }


def _runs(runs: Iterable[JobResult], to: Links) -> list[dict[str, Any]]:
    return [short_run(run, to) for run in runs]


class RequestScheduleShape(serializers.Serializer):
    """The schedule that a request is about."""

    id = serializers.UUIDField()
    url = serializers.URLField()


class RequestShape(WireSerializer):
    """A request, as `short_request` writes it out; the fields are its description.

    The context has `now` and `risks`, those of all requests that are shown.
    """

    url = serializers.URLField()
    name = serializers.CharField()
    job = RunJobShape(allow_null=True)
    class_path = serializers.CharField()
    schedule = RequestScheduleShape(allow_null=True)
    requester = serializers.CharField()
    when = serializers.CharField()
    start_time = serializers.DateTimeField(allow_null=True)
    past_due = serializers.BooleanField()
    passed_instants = serializers.BooleanField()
    risk = serializers.DictField()

    class Meta:
        model = ApprovalRequest
        fields: ClassVar = [
            "id",
            "url",
            "number",
            "kind",
            "state",
            "name",
            "job",
            "class_path",
            "schedule",
            "requester",
            "reason",
            "when",
            "start_time",
            "past_due",
            "passed_instants",
            "risk",
            "digest",
            "created",
            "decide_within_seconds",
            "decide_before_start",
            "expires_at",
            "decided_at",
        ]
        read_only_fields = fields

    def to_representation(self, instance: ApprovalRequest) -> dict[str, Any]:
        """The written-out form."""
        found: Mapping[UUID, Risk] = self.context["risks"]
        return short_request(instance, links(self.context["request"]), risk=found[instance.pk], now=self.context["now"])


class FullRequestShape(RequestShape):
    """A request with all that a decision needs, as `full_request` writes it out."""

    description = serializers.CharField()
    content = serializers.DictField()
    environment = serializers.CharField()
    rule = serializers.DictField()
    source = serializers.DictField()  # type: ignore[assignment]  # the answer's word
    parties = serializers.ListField(child=serializers.DictField())
    comments = serializers.ListField(child=serializers.DictField())
    differences = serializers.DictField()
    review_points = serializers.ListField(child=serializers.DictField())
    dry_runs = serializers.ListField(child=serializers.DictField())
    runs = serializers.ListField(child=serializers.DictField())
    grant = serializers.DictField(allow_null=True)
    mine = serializers.DictField()

    class Meta(RequestShape.Meta):
        fields: ClassVar = [
            *RequestShape.Meta.fields,
            "description",
            "content",
            "environment",
            "rule",
            "source",
            "parties",
            "comments",
            "differences",
            "review_points",
            "dry_runs",
            "runs",
            "grant",
            "mine",
        ]
        read_only_fields = fields
