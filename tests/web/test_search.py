"""What the palette and the search page find: commands as they are called, and without words what one runs."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

from django.test import Client
from tests.schedules.conftest import *  # noqa: F403 - fixtures: alice, who may run jobs, and make_job
from tests.schedules.conftest import MakeJob
from tests.web.cast import run_of

from foureyes.submission.submit import submit
from foureyes.users.models import User

PagesOf = Callable[[User], Client]
PALETTE = {"HX-Request": "true", "HX-Request-Type": "partial"}


def found(client: Client, words: str) -> list[str]:
    """What the palette lists for these words, without their kinds."""
    part = client.get("/search/", {"q": words}, headers=PALETTE).content.decode()
    texts = re.findall(r"</svg><span>(.*?)</span>", part)
    return [unescape(re.sub("<[^>]+>", "", text)) for text in texts]


def test_a_command_is_found_as_it_is_called_and_by_single_words(
    pages_of: PagesOf, make_job: MakeJob, alice: User
) -> None:
    make_job("Rotate edge certificates")
    client = pages_of(alice)
    for words in ("run rotate", "Run Rotate edge certificates", "rot cert", "run"):
        assert "Run Rotate edge certificates" in found(client, words), words
    assert found(client, "run purge") == []


def test_without_words_the_jobs_that_one_ran_last_come_first(
    pages_of: PagesOf, make_job: MakeJob, alice: User, bob: User, now: datetime
) -> None:
    jobs = {name: make_job(name) for name in ("Any", "Call", "Check", "Delete", "Exchange")}
    run_of(jobs["Check"], alice, now)
    run_of(jobs["Exchange"], alice, now + timedelta(hours=1))
    run_of(jobs["Delete"], bob, now)
    assert found(pages_of(alice), "")[:4] == ["Run Exchange", "Run Check", "Run Any", "Run Call"]


def test_a_request_is_found_by_its_number_as_pages_and_people_write_it(
    pages_of: PagesOf, make_job: MakeJob, alice: User, now: datetime
) -> None:
    job = make_job("Purge", gated=True, approval_required=True)
    asked = submit(job=job, by=alice, data={}, files={}, schedule=None, reason="full", now=now).request
    assert asked is not None
    for words in (f"{asked.number}", f"request {asked.number}", f"#{asked.number}", f"request #{asked.number}"):
        assert f"Request {asked.number} · Purge" in found(pages_of(alice), words), words
    assert f"Request {asked.number} · Purge" in found(pages_of(alice), "pur")
