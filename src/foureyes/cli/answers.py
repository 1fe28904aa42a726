"""Turns a server's "no" into a sentence for the person. The texts it recognises are those of the 1.x interface."""

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from foureyes.cli.exits import ExitCode, Failure
from foureyes.cli.places import Place
from foureyes.sentences import in_our_words

WHOLE = {"", "detail", "errors", "non_field_errors", "__all__", "fields"}  # keys that name no field
KINDS = {400: ExitCode.USAGE, 401: ExitCode.NOT_ALLOWED, 403: ExitCode.NOT_ALLOWED, 404: ExitCode.NOT_FOUND}
HINTS = {
    "This job is not enabled to be run.": "Enable it with `foureyes jobs enable JOB`.",
    "The job's start time is in the past. If you want to force a run anyway, add the `force` query parameter.": "On the"
    " command line that is `--force`.",
    "You do not have permission to perform this action.": "See `foureyes whoami` for who you are here, and"
    " `foureyes can` for what you may do.",
}
BAD_TOKEN = ("Invalid token", "Token expired", "User inactive")


def failure_of(response: requests.Response, *, place: Place, labels: Mapping[str, str]) -> Failure:
    """The failure that an answer with a status of 300 and above stands for."""
    status = response.status_code
    if status < 400:
        return _redirected(response, place)
    try:
        body = response.json()
    except ValueError:
        return _speechless(response, place)
    if status in {401, 403} and (failure := _not_signed_in(body, place)):
        return failure
    if status == 404 and isinstance(body, dict) and body.get("detail") == "Not found.":
        text = f"The server has nothing at {response.request.path_url.partition('?')[0]} that you may see."
        return Failure(text, ExitCode.NOT_FOUND)
    return _refused(status, body, labels)


def _refused(status: int, body: Any, labels: Mapping[str, str]) -> Failure:
    exit_code = ExitCode.UNREACHABLE if status >= 500 else KINDS.get(status, ExitCode.CONFLICT)
    if status >= 500 and isinstance(body, dict) and "exception" in body:
        return Failure(f"The server had an error of its own: {body['exception']}: {body.get('error')}", exit_code)
    sentences, fields = _texts(body, labels)
    text = " ".join(sentences) or ("What was given cannot be taken." if fields else f"The server answered {status}.")
    ours = {name: [in_our_words(one) for one in texts] for name, texts in fields.items()}
    return Failure(" ".join(map(in_our_words, sentences)) or text, exit_code, fields=ours, hint=HINTS.get(text, ""))


def _texts(body: Any, labels: Mapping[str, str]) -> tuple[list[str], dict[str, list[str]]]:
    """Sentences about the whole, and those about single fields under the names that the person knows them by."""
    sentences: list[str] = []
    fields: dict[str, list[str]] = {}
    detailed = isinstance(body, dict) and body.get("fields")
    for path, text in _leaves(body):
        name = next((key for key in reversed(path) if key not in WHOLE), "")
        if (name == "code" and "detail" in body) or (detailed and path == ("detail",)):
            continue
        if name:
            label = labels.get(name) or f"--{name.replace('_', '-')}"
            fields.setdefault(label, []).append(text)
        else:
            sentences.append(text)
    return sentences, fields


def _leaves(body: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(body, dict):
        for key, value in body.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(body, list):
        for value in body:
            yield from _leaves(value, path)
    elif body not in (None, ""):
        yield path, str(body)


def _not_signed_in(body: Any, place: Place) -> Failure | None:
    detail = str(body.get("detail", "")) if isinstance(body, dict) else ""
    sign_in = "Sign in with `foureyes login`, or give a token with --token or FOUREYES_TOKEN."
    if detail.startswith("Authentication credentials"):
        return Failure(f"You are not signed in at {place.url}.", ExitCode.NOT_ALLOWED, hint=sign_in)
    if detail.startswith(BAD_TOKEN):
        text = f"{detail.rstrip('.')}: {place.url} does not take the token from {place.token_from}."
        return Failure(text, ExitCode.NOT_ALLOWED, hint=sign_in)
    return None


def _redirected(response: requests.Response, place: Place) -> Failure:
    target = response.headers.get("Location", "another address")
    return Failure(
        f"{place.url} sends on to {target}. Give the address of the server itself with --url.", ExitCode.UNREACHABLE
    )


def _speechless(response: requests.Response, place: Place) -> Failure:
    """An answer that is no JSON: a proxy's page, another program, or a path this server does not have."""
    if response.status_code == 404:
        text = f"The server at {place.url} does not know {response.request.path_url}."
        return Failure(text, ExitCode.NOT_FOUND, hint="It may be an older version, or not a Foureyes server.")
    text = f"The server at {place.url} answered {response.status_code} {response.reason}."
    return Failure(text, KINDS.get(response.status_code, ExitCode.UNREACHABLE))
