"""Every address of the API with values that break careless servers, in the body, the query and the address itself: each
is taken or refused, none is an error of the server, and a refusal has written nothing.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.api.test_every_endpoint_every_role import TABLE
from tests.api.world import FILE, World, build_world, undone

from foureyes.models import Event

DEEP = json.loads(30 * '{"a":[' + "1" + 30 * "]}")
VALUES: list[Any] = [
    "x" * 20_000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0-59/0 * * * *",
    2**63,
    10**400,
    -1,
    None,
    [],
    {"__proto__": {"pk__in": [1]}},
    DEEP,
]
BODIES = {
    "null character": b'{"name": "a\\u0000b"}',
    "null character in a key": b'{"a": [{"b\\u0000": 1}]}',
    "half of a pair": b'{"name": "a\\ud800b"}',
    "no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "the same key twice": b'{"name": "a", "name": "b"}',
    "no number": b'{"count": NaN}',
    "endless": b'{"count": -Infinity}',
    "too large a number": b'{"count": 1e999}',
    "more digits than any": b'{"count": ' + b"9" * 5_000 + b"}",
    "deep": b'{"a": ' * 150 + b"1" + b"}" * 150,
    "deeper than the stack": b"[" * 100_000,
    "cut off": b'{"name": "x',
    "nothing": b"\x00",
}
QUERIES = [
    "limit=-1",
    f"limit={2**70}&offset={2**70}",
    "limit=0&offset=-5",
    "cursor=AAAA",
    "cursor=W10",
    "format=../x",
    "api_version=%C3%BC",
    "q=%ff",
    f"after={2**70}",
    "name=" + "&name=".join(map(str, range(600))),
    "name__ic=" + "&name__ic=".join(map(str, range(600))),
    "name__re=(a",
    "name__ire=(?<=a)b",
    "name__nre=[[:foo:]]",
    "name__ic=" + "x" * 60_000,
    "q=" + "x" * 60_000,
    "created=99999999999999",
    "created__gt=0001-01-01T00:00:00%2B14:00",
    "created__lt=9999-12-31T23:59:59-14:00",
    "at__gte=0001-01-01T00:00:00%2B14:00",
    "user=" + "x" * 5_000,
]
PARTS = ["%ff", "%ed%a0%80", quote("ü"), "..", "%2e%2e%2fetc", "x" * 5_000, "-1", str(2**70), "1" * 32, "None"]


class Trials:
    """Calls of an administrator, each undone; `found` are those that the server could not answer, or that did something
    though they were refused.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.client("superuser")
        self.client.raise_request_exception = False
        self.found: list[str] = []

    def send(self, method: str, path: str, body: str | bytes = "", content_type: str = "application/json") -> Any:
        with undone():
            facts = Event.objects.count()
            answer = self.client.generic(method, path, body, content_type=content_type)
            if answer.status_code >= 500:
                self.found.append(
                    f"{method} {path[:200]} {body[:200]!r}: {answer.status_code} {answer.content[:200]!r}"
                )
            if answer.status_code >= 400 and Event.objects.count() != facts:
                self.found.append(f"{method} {path[:200]} {body[:200]!r}: refused, but something happened")
        return answer

    def path(self, address: str, hole: str = "", part: str = "") -> str:
        """The address of a row that is there, but for what is to be put into a hole."""
        route = TABLE[address]
        filled = f"local/{part}/{part}" if hole == "<class_path>" else part
        path = "/api/" + (address.replace(hole, filled) if hole else address)
        path = path.replace("<class_path>", "local/tools/Target").replace("<name>", FILE)
        return path.replace("<id>", self.world.id(route.model, "superuser")) if route.model else path


@pytest.fixture
def trials(db: None, now: datetime, settings: Any) -> Iterator[Trials]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a strong one takes its time
    trials = Trials(build_world(now))
    yield trials
    assert not trials.found, "\n".join(trials.found)


WRITING = [(address, method) for address, route in TABLE.items() for method in route.calls if method != "GET"]


def test_no_value_of_a_field_breaks_a_call(trials: Trials) -> None:
    for address, method in WRITING:
        body = TABLE[address].calls[method].body(trials.world, "superuser")
        for sent in variants(body):
            trials.send(method, trials.path(address), json.dumps(sent))


def variants(body: Any) -> Iterator[Any]:
    """The body with each value in the place of one of its parts, by turns; without parts the value alone."""
    item = body[0] if isinstance(body, list) else body
    keys = list(item or ())
    for number, value in enumerate(VALUES):
        if not keys:
            yield value
            continue
        for key in {keys[number % len(keys)], keys[(number + 1) % len(keys)]}:
            changed = {**item, key: value}
            yield [changed] if isinstance(body, list) else changed


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_cannot_be_read_is_a_400_everywhere(trials: Trials, body: bytes) -> None:
    readers = ("extras/jobs/<id>/run/", "users/groups/", "users/config/", "schedules/", "approvals/deny/")
    for address, method in WRITING:
        if address in readers:
            answer = trials.send(method, trials.path(address), body)
            assert (answer.status_code, list(answer.json())[:1]) == (400, ["detail"])


def test_other_types_of_content_are_not_read(trials: Trials) -> None:
    for content_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "", "a/b; charset=\xff"):
        for address, method in WRITING:
            if TABLE[address].calls[method].body(trials.world, "superuser"):
                assert trials.send(method, trials.path(address), "x", content_type).status_code == 415


def test_no_query_breaks_a_look(trials: Trials) -> None:
    for address, route in TABLE.items():
        if "GET" in route.calls and not address.endswith(">/"):
            for query in QUERIES:
                trials.send("GET", f"{trials.path(address)}?{query}")


def test_no_address_breaks_a_look(trials: Trials) -> None:
    for address, route in TABLE.items():
        holes = [hole for hole in ("<id>", "<class_path>", "<name>") if hole in address]
        for hole in holes if "GET" in route.calls else ():
            for part in PARTS:
                trials.send("GET", trials.path(address, hole, part))


def test_null_characters_name_nothing_and_cannot_be_looked_for(trials: Trials) -> None:
    assert trials.send("GET", "/api/runs/a%00b/").status_code == 404
    assert trials.send("GET", "/api/extras/jobs/?q=%00").status_code == 400
