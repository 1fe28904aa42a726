"""Sends one message over HTTP. It has no database, so that nothing is open while foreign servers take their time.

Addresses that lead into the own network are refused at the connection, after the name is resolved: a name that changes
its address in between reaches nothing. Hosts that the installation names itself (`FOUREYES_WEBHOOK_TRUSTED_HOSTS`) are
let through. Redirects are not followed, and no proxy of the environment is used.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress

from foureyes import __version__

MOST_ANSWER_BYTES = 2_000
CHUNK = 512
USER_AGENT = f"Foureyes/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One request, with everything that is needed to send it."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    verify: bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it: a status and the beginning of a body, or why there is none. `hopeless`: never try again."""

    status: int | None = None
    text: str = ""
    error: str = ""
    hopeless: bool = False

    @property
    def is_good(self) -> bool:
        """Did the receiver take it?"""
        return self.status is not None and 200 <= self.status < 300


def send(message: Message, *, trusted: Collection[str], seconds: float) -> Answer:
    """The answer of the receiver; whatever goes wrong is an answer, too."""
    host = (urlsplit(message.url).hostname or "").lower()
    try:
        with _session(filtered=host not in trusted, seconds=seconds) as session:
            return _exchange(session, message, seconds)
    except InvalidIPAddress:
        text = f"{host} is an address of a private network. FOUREYES_WEBHOOK_TRUSTED_HOSTS can allow it."
        return Answer(error=text, hopeless=True)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError):
        return Answer(error="The address is no URL that can be called.", hopeless=True)
    except requests.exceptions.SSLError as error:
        return Answer(error=f"The certificate of {host} was not accepted: {_short(error)}")
    except requests.exceptions.Timeout:
        return Answer(error=f"{host} did not answer within {seconds:g} seconds.")
    except (requests.RequestException, OSError, ValueError) as error:
        return Answer(error=f"{host} could not be reached: {_short(error)}")


def _session(*, filtered: bool, seconds: float) -> HTTPSession:
    session = HTTPSession(
        Config(
            ip_filter_enable=filtered,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(seconds, seconds),
            user_agent_override=USER_AGENT,
        )
    )
    session.trust_env = False
    return session


def _exchange(session: HTTPSession, message: Message, seconds: float) -> Answer:
    # The beginning of the answer is shown as it comes, so it must not be compressed.
    headers = {**message.headers, "Accept-Encoding": "identity"}
    request = requests.Request(message.method, message.url, headers=headers, data=message.body)
    with session.send(session.prepare_request(request), stream=True, verify=message.verify) as answer:
        return Answer(status=answer.status_code, text=_beginning(answer, seconds))


def _beginning(answer: requests.Response, seconds: float) -> str:
    """The first bytes of the body as text: a receiver may send without end, or a byte now and then."""
    found, until = b"", time.monotonic() + seconds
    while len(found) < MOST_ANSWER_BYTES and time.monotonic() < until:
        piece = answer.raw.read1(CHUNK, decode_content=False)
        if not piece:
            break
        found += piece
    text = found[:MOST_ANSWER_BYTES].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)


def _short(error: Exception) -> str:
    """The last cause; what the library says around it repeats the address."""
    reason: BaseException = error
    while (inner := getattr(reason, "reason", None) or reason.__cause__ or reason.__context__) is not None:
        if not isinstance(inner, BaseException):
            break
        reason = inner
    return (str(reason) or type(reason).__name__)[:200]
