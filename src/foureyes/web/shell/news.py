"""Tells people how their requests ended, on the next whole page that they open."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from foureyes.approvals.news import take_news
from foureyes.models import ApprovalRequest, RequestParty
from foureyes.unseen import on_one_line, spelled
from foureyes.users.models import User
from foureyes.web.approvals.standing import is_at_once
from foureyes.web.names import Names

MOST_OF_REASON = 200  # characters
MOST = 3  # on one page; of more only the number is told
LEVELS = {"granted": messages.SUCCESS, "denied": messages.WARNING, "expired": messages.WARNING}


def tell_news(request: HttpRequest, person: User, *, now: datetime) -> None:
    """Puts what is to be told to this person among the messages of this answer."""
    news = take_news(person=person, most=MOST, now=now)
    if news is None:
        return
    names = names_of_deciders(news.requests)
    for one in news.requests:
        link = format_html(' <a href="{}">Open</a>', reverse("web:request", args=[one.pk]))
        messages.add_message(request, LEVELS[one.state], format_html("{}{}", ended(one, names), link))
    if news.more:
        url = f"{reverse('web:approvals')}?show=mine"
        messages.info(
            request, format_html('{} more requests of yours have ended. <a href="{}">See</a>', news.more, url)
        )


def names_of_deciders(requests: Iterable[ApprovalRequest]) -> Names:
    """Of requests with their deciders among their `parties`."""
    return Names(ids=[party.person_id for one in requests for party in one.parties.all()])


def ended(one: ApprovalRequest, names: Names) -> str:
    """How a request ended, as a sentence."""
    told = one.snapshot["about"]
    name = told.get("job") if is_at_once(one) else told.get("name")  # what is for now is called after its instant
    about = f"request {one.number}, “{on_one_line(str(name))}”"
    decider = next((party for party in one.parties.all() if party.part == RequestParty.Part.DECIDER), None)
    if decider is None:
        return f"Nobody decided {about}, in time: it never runs."
    who, verb = names.of(decider.person_id, decider.person_name), "approved" if one.state == "granted" else "denied"
    grant = getattr(one, "grant", None)
    if grant is not None and grant.voided_at is not None:
        return f"{who} {verb} {about}, which does not hold any more: {spelled(grant.void_reason)}."
    reason = f": {Truncator(spelled(decider.reason)).chars(MOST_OF_REASON)}" if decider.reason else "."
    return f"{who} {verb} {about}{reason}"
