"""A message that waits, and a receiver on the loopback that writes down what it gets."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from foureyes.models import Webhook, WebhookDelivery
from foureyes.notifications.queue import put
from foureyes.notifications.secrets import keep
from foureyes.users.ids import uuid7


@dataclass
class Receiver:
    """Answers with `statuses` in turn, the last one for ever; `requests` has (path, headers, body)."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    says: bytes = b"thank you"
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.requests]


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with receiver.lock:
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                receiver.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.says)))
            self.end_headers()
            self.wfile.write(receiver.says)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the server's own names

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made))
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make_webhook(db: None, now: datetime) -> Callable[..., Webhook]:
    def make(name: str = "told", *, secret: str = "", headers: str = "", **columns: Any) -> Webhook:
        given = {"payload_url": "https://example.org/hook", "type_create": True, **columns}
        row = Webhook(name=name, watches_since=now, created=now.date(), last_updated=now, **given)
        keep(row, secret=secret, headers=headers)
        row.save()
        return row

    return make


@pytest.fixture
def waiting(make_webhook: Callable[..., Webhook], now: datetime) -> Callable[..., WebhookDelivery]:
    """A message that waits, of that webhook or a new one."""

    def make(webhook: Webhook | None = None, **message: Any) -> WebhookDelivery:
        return put(
            webhook=webhook or make_webhook(), event_id=uuid7(), message=message or {"event": "created"}, now=now
        )

    return make
