"""What is sent twice from a page is done once: a double click without scripts, a retry, the browser's Back button."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from tests.web.cast import text

from foureyes.models import Job, JobResult, Occurrence, ScheduledJob
from foureyes.users.models import ObjectPermission, Token, User

PagesOf = Callable[[User], Client]
AGAIN = "This was sent before. Nothing was done twice."


@pytest.fixture
def now() -> datetime:
    """What the pages read from the clock."""
    return timezone.now()


def twice(client: Client, page: str, url: str = "", **fields: Any) -> str:
    """Send the form of a page two times, as a double click does; gives the page that one then sees."""
    html = client.get(page).content.decode()
    key = re.search(r'name="_once" value="([^"]+)"', html)
    assert key
    first = client.post(url or page, {"_once": key.group(1), **fields})
    assert first.status_code in (200, 302, 303), text(first.content.decode())
    again = client.post(url or page, {"_once": key.group(1), **fields})
    assert again.status_code in (302, 303), text(again.content.decode())
    where = again["Location"].partition("#")[0]
    assert first.status_code == 200 or first["Location"].partition("#")[0] == where
    return text(client.get(where).content.decode())


def count(model: type[Model]) -> int:
    return model._default_manager.count()


def test_a_schedule_runs_is_cloned_and_skips_once(
    pages_of: PagesOf, owner: User, plan: Callable[..., ScheduledJob]
) -> None:
    schedule, pages = plan(), pages_of(owner)
    url = f"/jobs/scheduled/{schedule.pk}/"
    assert AGAIN in twice(pages, f"{url}run-now/")
    assert count(JobResult) == 1
    assert AGAIN in twice(pages, f"{url}clone/", name="A copy")
    assert count(ScheduledJob) == 2
    assert AGAIN in twice(pages, url, f"{url}skip-next/")
    assert Occurrence.objects.filter(scheduled_job=schedule).count() == 1


def test_the_form_of_another_page_is_another_wish(
    pages_of: PagesOf, owner: User, plan: Callable[..., ScheduledJob]
) -> None:
    url, pages = f"/jobs/scheduled/{plan().pk}/run-now/", pages_of(owner)
    twice(pages, url)
    twice(pages, url)
    pages.post(url)  # a form without a key
    assert count(JobResult) == 3


def test_a_token_and_a_permission_are_made_once(pages_of: PagesOf, admin: User) -> None:
    pages = pages_of(admin)
    before = count(Token)
    page = twice(pages, "/account/tokens/", description="for scripts", days="30")
    assert "If you did not see the token's key, revoke it" in page.replace("&#x27;", "'")
    assert count(Token) == before + 1
    before, kind = count(ObjectPermission), ContentType.objects.get_for_model(Job).pk
    assert AGAIN in twice(
        pages, "/admin/permissions/new/", name="See", actions=["view"], enabled="on", object_types=[str(kind)]
    )
    assert count(ObjectPermission) == before + 1


def test_what_was_refused_can_be_sent_again(pages_of: PagesOf, owner: User, plan: Callable[..., ScheduledJob]) -> None:
    schedule, pages = plan(), pages_of(owner)
    Job.objects.update(enabled=False)
    url = f"/jobs/scheduled/{schedule.pk}/run-now/"
    key = {"_once": "the same form"}
    assert pages.post(url, key).status_code >= 400
    Job.objects.update(enabled=True)
    assert pages.post(url, key).status_code == 302
    assert count(JobResult) == 1
