"""The terms of a request as they are sent with what asks for it. Whether they can be kept, `approvals` says."""

from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from foureyes.approvals.terms import Terms


class TermsBody(serializers.Serializer):
    """How long a request waits for a decision, and whether whoever asks is told on the pages how it ended."""

    decide_within_seconds = serializers.IntegerField(required=False, allow_null=True)
    decide_before_start = serializers.BooleanField(required=False)
    tell_requester = serializers.BooleanField(required=False)


TERMS = tuple(map(str, TermsBody().fields))
TERMS_PARTS = tuple(f"_{name}" for name in TERMS)  # of a form


def terms_sent(request: Request) -> Terms:
    """Those of a run, as JSON or as parts of a form; 400 with the names that were used."""
    sent: Any = request.data
    parts = dict(zip(TERMS, TERMS_PARTS if isinstance(sent, QueryDict) else TERMS, strict=True))
    body = TermsBody(data={name: sent[part] for name, part in parts.items() if part in sent})
    if not body.is_valid():
        raise serializers.ValidationError({parts[str(name)]: texts for name, texts in body.errors.items()})
    return Terms(**body.validated_data)


def terms_among(sent: dict[str, Any]) -> Terms:
    """Those among checked values, which are taken out."""
    return Terms(**{name: sent.pop(name) for name in TERMS if name in sent})
