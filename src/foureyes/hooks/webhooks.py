"""Making, changing and deleting webhooks."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from foureyes import events
from foureyes.errors import Invalid
from foureyes.hooks.rows import begin_to_watch, refuse_doubles, refuse_no_action, refuse_types, type_names
from foureyes.models import Webhook
from foureyes.notifications.lifecycle import give_up_all
from foureyes.notifications.secrets import keep
from foureyes.notifications.templates import refuse_template
from foureyes.people.rows import assign, check, locked, unique
from foureyes.users.models import User

TAKEN = "webhook with this name already exists."
SENTENCE = "A webhook already exists for {action} on {type} to URL "


class WebhookValues(TypedDict, total=False):
    """Everything of a webhook but its name, types and address."""

    enabled: bool
    type_create: bool
    type_update: bool
    type_delete: bool
    http_method: str
    http_content_type: str
    additional_headers: str
    body_template: str
    secret: str
    ssl_verification: bool
    ca_file_path: str | None


class WebhookChanges(WebhookValues, total=False):
    """What can be changed of a webhook; what is not named stays, and so does a secret whose mask is sent back."""

    name: str
    content_types: Iterable[ContentType]
    payload_url: str


def create_webhook(
    *,
    name: str,
    content_types: Iterable[ContentType],
    payload_url: str,
    values: WebhookValues | None = None,
    by: User,
    now: datetime,
) -> Webhook:
    """Store a webhook, which watches from now on.

    Refuses types that cannot be watched, no action at all, an address, headers or a template that cannot be used, and
    what another webhook does. Whether the address may be reached is judged at each delivery.
    """
    types, given = list(content_types), dict(values or {})
    secret, headers = given.pop("secret", ""), given.pop("additional_headers", "")
    row = Webhook(name=name, payload_url=payload_url, watches_since=now, created=now.date(), last_updated=now)
    assign(row, given)
    with unique("name", TAKEN), transaction.atomic():
        keep(row, secret=str(secret), headers=str(headers))
        _refuse(row, types)
        row.save(force_insert=True)
        row.content_types.set(types)
        events.append(kind=events.Kind.WEBHOOK_CREATED, at=now, actor=by, subject=row, data=_about(row, types))
    return row


def edit_webhook(*, webhook: Webhook, changes: WebhookChanges, by: User, now: datetime) -> Webhook:
    """Change a webhook; refuses what `create_webhook` refuses. One that is enabled again begins to watch now.

    Messages that wait go to the address as it is when they are sent.
    """
    values: dict[str, Any] = dict(changes)
    secret, headers = values.pop("secret", None), values.pop("additional_headers", None)
    with unique("name", TAKEN), transaction.atomic():
        row = locked(webhook)
        before, was_enabled, was_sealed = list(row.content_types.all()), row.enabled, row.sealed
        types = list(values.pop("content_types", before))
        changed = assign(row, values)
        if secret is not None or headers is not None:
            keep(row, secret=secret, headers=headers)
        _refuse(row, types)
        begin_to_watch(row, was_enabled=was_enabled, now=now)
        if type_names(types) != type_names(before):
            changed["content_types"] = [type_names(before), type_names(types)]
            row.content_types.set(types)
        row.last_updated = now
        kept = ["secret", "additional_headers", "sealed", "watches_since", "last_updated"]
        row.save(update_fields=[*values, *kept])
        if changed or row.sealed is not was_sealed:
            data = {"changed": changed}
            events.append(kind=events.Kind.WEBHOOK_EDITED, at=now, actor=by, subject=row, data=data)
    return row


def delete_webhook(*, webhook: Webhook, by: User, now: datetime) -> None:
    """Delete a webhook. Deliveries stay as they are told; what waits is given up."""
    with transaction.atomic():
        row = locked(webhook)
        data = _about(row, row.content_types.all())
        events.append(kind=events.Kind.WEBHOOK_DELETED, at=now, actor=by, subject=row, data=data)
        give_up_all(webhook=row, reason="The webhook was deleted.", now=now)
        row.delete()


def _refuse(row: Webhook, types: list[ContentType]) -> None:
    refuse_no_action(row)
    check(row, except_for=("sealed",))
    _refuse_address(row.payload_url)
    if row.ca_file_path and not PurePath(row.ca_file_path).is_absolute():
        raise Invalid(code="webhook_ca_file", fields={"ca_file_path": ["Give the full path of the file."]})
    refuse_template(row.body_template)
    refuse_types(types)
    refuse_doubles(row, types, same={"payload_url": row.payload_url}, sentence=SENTENCE + _no_braces(row.payload_url))


def _refuse_address(url: str) -> None:
    sentence = ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        sentence = "Enter a valid URL."
    else:
        if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
            sentence = "Enter a valid URL."
        elif parts.username or parts.password:
            sentence = "Leave name and password out of the URL; put them into additional headers, which are encrypted."
    if sentence:
        raise Invalid(code="webhook_address", fields={"payload_url": [sentence]})


def _no_braces(url: str) -> str:
    return url.replace("{", "{{").replace("}", "}}")


def _about(row: Webhook, types: Iterable[ContentType]) -> dict[str, Any]:
    return {"payload_url": row.payload_url, "content_types": type_names(types)}
