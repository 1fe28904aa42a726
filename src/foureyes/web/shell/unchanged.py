"""Answers a page that asks again for one of its parts with 304 and no body, as long as the part is the same.

Browsers keep a part and ask with its tag by themselves, because every page is `private, no-cache`. They fill in what
they kept, and the script sets relative times right then.
"""

import re
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

# Written anew each time and still the same: a token with another mask, and a relative time, which the script counts on.
ANEW = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<= data-relative>)[^<]*')


def or_unchanged(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer with its tag, or 304 if the browser has shown that it holds the same."""
    secret = str(request.META.get("CSRF_COOKIE", ""))  # another one makes every token in the part void
    tag = blake2b(ANEW.sub(b"", answer.content), key=secret.encode()[:64], digest_size=16).hexdigest()
    answer["ETag"] = f'W/"{tag}"'
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer
