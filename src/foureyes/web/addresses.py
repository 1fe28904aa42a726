"""Addresses that browsers send along, which anybody can write by hand: only those of our own pages count."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether it leads to a page of this server."""
    host = {request.get_host()}
    return url_has_allowed_host_and_scheme(address, allowed_hosts=host, require_https=request.is_secure())


def page_before(request: HttpRequest) -> str:
    """The page of ours that this one was asked for from, without the server; empty if there is none but this one."""
    before = request.headers.get("Referer", "")
    if not is_ours(request, before):
        return ""
    parts = urlsplit(before)
    return "" if parts.path == request.path else f"{parts.path}{'?' if parts.query else ''}{parts.query}"
