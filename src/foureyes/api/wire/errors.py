"""Every "no" as an answer: kinds of refusals and exceptions to statuses and bodies, in one place.

1.x paths show the recorded bodies; our own paths (`own_errors` on the view) show `{"detail", "code", "fields"}`.
"""

import logging
import platform
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from foureyes import __version__
from foureyes.errors import Invalid, Refusal
from foureyes.processes.patience import took_too_long
from foureyes.sentences import faults_of, in_our_words, said_by

log = logging.getLogger("foureyes.api")

STATUS_OF_KIND = {"invalid": 400, "not_allowed": 403, "conflict": 409, "unavailable": 503}

# 1.x answers a few refusals with a status of its own.
STATUS_OF_CODE = {
    "job_not_enabled": 403,
    "job_not_installed": 405,
    "job_not_loadable": 405,
    "job_sensitive_and_gated": 400,
}
BARE_LIST = frozenset({"job_sensitive_and_gated"})
BARE_TEXT = frozenset({"own_request", "past_due"})
TOO_MUCH = (
    f"A request has at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields or parameters, "
    f"{settings.DATA_UPLOAD_MAX_NUMBER_FILES} files, and {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes besides them."
)
GONE = "What this is about was deleted in the meantime. Nothing was changed."
NO_DATABASE = "The database does not answer, or is being upgraded. Try again in a moment."
TOO_LONG = "The database took longer for this than a request may wait. Ask for less: a shorter time, a narrower search."


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler: never lets an exception out, never shows a traceback."""
    view = context.get("view")
    own = getattr(view, "own_errors", False)
    if isinstance(exc, Refusal):
        return refused(exc, own=own)
    if isinstance(exc, ProtectedError):
        return Response(
            {"detail": f"Other rows still need this one: {len(exc.protected_objects)} of them."}, status=409
        )
    if isinstance(exc, TooManyFieldsSent | TooManyFilesSent | RequestDataTooBig):
        return Response({"detail": TOO_MUCH}, status=413)
    if isinstance(exc, SuspiciousOperation):  # a wrong host name, too many form fields
        return Response({"detail": "This request cannot be taken."}, status=400)
    if isinstance(exc, DataError):
        log.warning("request.unfit_value", exc_info=exc, extra={"path": context["request"].path})
        return Response({"detail": "A value does not fit into what it is stored in or compared with."}, status=400)
    if isinstance(exc, ObjectDoesNotExist):  # an operation reads its row again, under a lock
        log.warning("request.row_gone", exc_info=exc, extra={"path": context["request"].path})
        return Response({"detail": GONE}, status=409)
    if isinstance(exc, OperationalError | InterfaceError):
        log.error("request.no_database", exc_info=exc, extra={"path": context["request"].path})
        return Response({"detail": TOO_LONG if took_too_long(exc) else NO_DATABASE}, status=503)
    answer = exception_handler(_plain(exc), context)
    if answer is None:
        return _crashed(exc, context)
    return _with_code(answer, exc) if own else answer


def refused(refusal: Refusal, *, own: bool) -> Response:
    """The answer to an operation's refusal."""
    if own:
        return Response(_own_body(refusal), status=STATUS_OF_KIND[refusal.kind])
    status = STATUS_OF_CODE.get(refusal.code, STATUS_OF_KIND[refusal.kind])
    return Response(_wire_body(refusal), status=status)


def _own_body(refusal: Refusal) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": said_by(refusal), "code": refusal.code}
    if fields := faults_of(refusal):
        body["fields"] = fields
    return body


def _wire_body(refusal: Refusal) -> Any:
    errors = getattr(refusal, "errors", None)  # inputs of a job: a list or an object, as 1.x shows them
    if errors:
        return {"errors": errors}
    if isinstance(refusal, Invalid) and refusal.fields:
        return refusal.fields
    if refusal.code in BARE_LIST:
        return [refusal.message]
    if refusal.code in BARE_TEXT:
        return refusal.message
    return {"detail": refusal.message}


def _plain(exc: Exception) -> Exception:
    # REST framework would pass on texts of ours that name a model; 1.x always says the same.
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    return exc


def _with_code(answer: Response, exc: Exception) -> Response:
    if isinstance(exc, exceptions.ValidationError):
        fields = answer.data if isinstance(answer.data, dict) else {"non_field_errors": answer.data}
        fields = _ours(fields)
        answer.data = {"detail": "What was sent cannot be taken.", "code": "invalid", "fields": fields}
    elif isinstance(answer.data, dict):
        plain = _plain(exc)
        answer.data["code"] = plain.get_codes() if isinstance(plain, exceptions.APIException) else "error"
    return answer


def _ours(told: Any) -> Any:
    """What REST framework says of fields, and of fields within them, in our words."""
    if isinstance(told, dict):
        return {name: _ours(one) for name, one in told.items()}
    return [_ours(one) for one in told] if isinstance(told, list) else in_our_words(str(told))


def _crashed(exc: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]
    log.error("request.crashed", exc_info=exc, extra={"method": request.method, "path": request.path})
    request.version = None  # 1.x sends no API-Version with these
    body = {
        "error": "The server failed to answer; its log has the details.",
        "exception": type(exc).__name__,
        "foureyes_version": __version__,
        "python_version": platform.python_version(),
    }
    return Response(body, status=500)
