"""The list: which requests it has for whom, its order, filters, and how many queries it takes."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.approvals.conftest import PagesOf, text_of

from foureyes.approvals.decide import deny
from foureyes.models import ApprovalRequest, Job
from foureyes.submission.submit import submit
from foureyes.users.models import User

HOUR = timedelta(hours=1)
QUEUE = "/jobs/approvals/"


def test_all_current_requests_are_shown_first(pages_of: PagesOf, ask: Any, bob: User, alice: User) -> None:
    request = ask()
    page = text_of(pages_of(bob).get(QUEUE))
    assert "All 1 For me 1 Mine 0 Decided" in page
    assert "Purge" in page
    assert "Runs when approved" in page
    assert "Medium risk" in page or "High risk" in page
    assert str(request.pk) in pages_of(alice).get(f"{QUEUE}?show=mine").content.decode()


def numbers(answer: Any) -> list[int]:
    """The requests of the list, in its order."""
    return [int(number) for number in re.findall(r'id="row-(\d+)"', answer.content.decode())]


def test_past_due_comes_first_then_the_next_start(pages_of: PagesOf, ask: Any, bob: User, now: datetime) -> None:
    later = ask(interval="future", start_time=now + 5 * HOUR)
    sooner = ask(interval="future", start_time=now + HOUR)
    late = ask(at=now - 3 * HOUR, interval="future", start_time=now - 2 * HOUR)
    answer = pages_of(bob).get(QUEUE)
    assert numbers(answer) == [late.number, sooner.number, later.number]
    page = text_of(answer)
    assert "Past due by 2 h" in page
    assert "4 h 59 min left" in page


def test_of_a_reason_with_lines_the_first_tells_requests_apart(pages_of: PagesOf, ask: Any, bob: User) -> None:
    ApprovalRequest.objects.filter(pk=ask().pk).update(reason="It is full \r\n\r\nand slow")
    for page in (QUEUE, "/"):
        text = text_of(pages_of(bob).get(page))
        assert "It is full" in text
        assert "\\x0d" not in text
        assert "and slow" not in text


def test_what_is_decided_has_a_list_of_its_own(pages_of: PagesOf, ask: Any, bob: User, now: datetime) -> None:
    open_one, decided = ask(), ask(site="rome")
    deny(request=decided, by=bob, reason="no", now=now)
    client = pages_of(bob)
    assert numbers(client.get(QUEUE)) == [open_one.number]
    answer = client.get(f"{QUEUE}?show=decided")
    assert numbers(answer) == [decided.number]
    assert "Denied" in text_of(answer)


def test_filters_narrow_the_list_and_say_where_nothing_fits(
    pages_of: PagesOf, ask: Any, make_job: Any, alice: User, carol: User, bob: User, now: datetime
) -> None:
    User.objects.filter(pk=carol.pk).update(first_name="Carol", last_name="Cruz")
    mine, theirs = ask(), ask(by=carol)
    other = make_job("Wipe")
    Job.objects.filter(pk=other.pk).update(grouping="Data")
    other.refresh_from_db()
    wiped = submit(job=other, by=alice, data={"site": "x"}, files={}, reason="old", now=now).request
    assert wiped is not None
    client = pages_of(bob)
    for query, found in {
        "job=local-ops-wipe": [wiped.number],
        "group=Ops": [mine.number, theirs.number],
        "requester=cruz": [theirs.number],
        "requester=alice&group=Ops": [mine.number],
        "risk=low": [],
        "job=no-such-job": [],
    }.items():
        answer = client.get(f"{QUEUE}?{query}")
        assert numbers(answer) == found, query
        assert found or "Nothing matches" in text_of(answer)
    assert numbers(client.get(f"{QUEUE}?risk=medium")) + numbers(client.get(f"{QUEUE}?risk=high"))


def test_filters_that_the_server_opens_are_not_remembered_as_opened_by_a_person(
    pages_of: PagesOf, ask: Any, bob: User
) -> None:
    ask()
    whole, narrowed = (pages_of(bob).get(f"{QUEUE}{query}").content.decode() for query in ("", "?risk=high"))
    assert '<details class="filters" data-remember="approval-filters">' in whole
    assert '<details class="filters" open>' in narrowed


def test_nobody_is_shown_what_is_not_theirs_to_see(pages_of: PagesOf, ask: Any, dave: User) -> None:
    request = ask()
    answer = pages_of(dave).get(QUEUE)
    assert numbers(answer) == []
    assert "Purge" not in text_of(answer)
    assert str(request.pk) not in answer.content.decode()


def test_only_who_may_decide_can_select(pages_of: PagesOf, ask: Any, alice: User, bob: User) -> None:
    ask()
    assert 'name="ids"' in pages_of(bob).get(QUEUE).content.decode()
    assert 'name="ids"' not in pages_of(alice).get(QUEUE).content.decode()


def test_the_part_for_the_poll_is_part_of_the_page(pages_of: PagesOf, ask: Any, bob: User) -> None:
    request = ask()
    client = pages_of(bob)
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}
    polled = client.get(f"{QUEUE}?selected={request.pk}", headers={**part, "HX-Target": "aside#queue"}).content.decode()
    assert polled.lstrip().startswith('<aside id="queue"')
    assert f'id="row-{request.number}" class="on"' in polled
    assert 'id="badge-side" hx-swap-oob="true"' in polled
    chosen = client.get(f"{QUEUE}{request.pk}/", headers={**part, "HX-Target": "div#inbox"}).content.decode()
    assert chosen.lstrip().startswith('<div class="inbox detail" id="inbox">')
    assert "<html" not in chosen


def test_pages_take_as_many_queries_for_many_requests_as_for_few(
    pages_of: PagesOf, ask: Any, bob: User, now: datetime
) -> None:
    for place in ("rome", "oslo"):
        deny(request=ask(site=place), by=bob, reason="no", now=now)
    first = ask()
    client = pages_of(bob)
    decided = ApprovalRequest.objects.exclude(state="open")[:1].get()
    addresses = {QUEUE: 8, f"{QUEUE}?show=decided": 6, f"{QUEUE}{first.pk}/": 11, f"{QUEUE}{decided.pk}/": 10}
    few = {}
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        few[address] = len(seen)
    for number in range(8):
        deny(request=ask(site=f"denied {number}"), by=bob, reason="no", now=now)
        ask(site=f"open {number}")
    for address, most in addresses.items():
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        assert (len(seen), len(seen) <= most) == (few[address], True), address


def test_current_requests_are_read_page_by_page(
    pages_of: PagesOf, ask: Any, bob: User, purge: Job, now: datetime
) -> None:
    """A number in the menu that counts what no list shows cannot be worked off."""
    asked = [ask(at=now - timedelta(seconds=100 - second)).number for second in range(61)]
    client = pages_of(bob)
    risk = "high" if "High risk" in text_of(client.get(QUEUE)) else "medium"
    for query in ("show=all", "show=me", f"show=all&risk={risk}", f"job={purge.slug}"):
        first = client.get(f"{QUEUE}?{query}")
        assert numbers(first) == asked[:50], query
        assert "More requests" in text_of(first)
        rest = client.get(f"{QUEUE}?{query}&page=2")
        assert numbers(rest) == asked[50:], query
        assert "More requests" not in text_of(rest)
    for page in ("0", "nonsense", "99999999"):
        assert len(numbers(client.get(f"{QUEUE}?page={page}"))) == 50
    assert "No further request" in text_of(client.get(f"{QUEUE}?page=9"))


def test_decided_requests_are_read_page_by_page(pages_of: PagesOf, ask: Any, bob: User, now: datetime) -> None:
    template = ask()
    deny(request=template, by=bob, reason="no", now=now)
    rows = [
        ApprovalRequest(
            number=template.number + number,
            kind=template.kind,
            state="withdrawn",
            job=template.job,
            scheduled_job=template.scheduled_job,
            bundle=template.bundle,
            snapshot=template.snapshot,
            digest=template.digest,
            created=now,
            decided_at=now,
        )
        for number in range(1, 61)
    ]
    ApprovalRequest.objects.bulk_create(rows)
    client = pages_of(bob)
    first = client.get(f"{QUEUE}?show=decided")
    assert numbers(first) == list(range(template.number + 60, template.number + 10, -1))
    assert f"before={template.number + 11}" in first.content.decode()
    rest = client.get(f"{QUEUE}?show=decided&before={template.number + 11}")
    assert numbers(rest) == list(range(template.number + 10, template.number - 1, -1))
    assert "Older requests" not in text_of(rest)
    assert client.get(f"{QUEUE}?show=decided&before=nonsense").status_code == 200


def test_every_page_asks_for_the_number_of_what_waits(pages_of: PagesOf, ask: Any, bob: User, dave: User) -> None:
    client = pages_of(bob)
    page = client.get("/help/").content.decode()
    (address,) = re.findall(r'hx-get="([^"]*)" hx-trigger="every 30s, poll" data-poll hx-swap="none"', page)
    part = {"HX-Request": "true"}
    none = client.get(address, headers=part)
    assert 'class="count' not in none.content.decode()
    ask()
    one = client.get(address, headers={**part, "If-None-Match": none["ETag"]})
    assert one.content.decode().count('<span class="count hot">1<') == 2  # of both menus
    assert client.get(address, headers={**part, "If-None-Match": one["ETag"]}).status_code == 304
    assert 'class="count' not in pages_of(dave).get(address, headers=part).content.decode()
