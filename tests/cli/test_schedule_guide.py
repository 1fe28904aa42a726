"""The previews in the guide on schedules are what the command prints."""

import shlex
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.docs.guide import executable, is_preview

from foureyes.api.own.plans import preview_shape, with_defaults
from foureyes.errors import Invalid
from foureyes.schedules.plan import plan_of
from foureyes.schedules.preview import preview_of

from .conftest import Recorded, Sent
from .schedule_rows import PREVIEW_PATH

BLOCKS = executable("docs/user-guide/schedules.md", "console")
EXAMPLES = [example for block in BLOCKS if is_preview(block) for example in block.typed()]
WRITTEN = datetime(2026, 11, 24, tzinfo=UTC)  # when the guide was: its plans start later


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def answer(sent: Sent) -> tuple[int, Any]:
    """What the server says to a plan."""
    times = {name: datetime.fromisoformat(text) for name, text in sent.json.items() if name.endswith("_time")}
    plan = plan_of(with_defaults(sent.json | times))
    try:
        return 200, preview_shape(preview_of(plan, after=WRITTEN, count=sent.json["count"]))
    except Invalid as refusal:
        return 400, {"detail": refusal.message, "code": refusal.code, "fields": refusal.fields}


@pytest.mark.parametrize(("command", "printed"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_a_preview_is_as_the_guide_says(
    at_server: Recorded, cli: Callable[..., Any], command: str, printed: str
) -> None:
    at_server.on("POST", PREVIEW_PATH, answer)
    result = cli(*shlex.split(command)[1:])
    assert result.out + result.err == printed
