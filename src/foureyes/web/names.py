"""Names of people on pages: full names, and the user name where two are alike or there is no other."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Lower, Trim

from foureyes.models import RequestParty
from foureyes.users.compiled import Keys, Texts, compiled
from foureyes.users.models import User

DID = {"approve": "approved", "deny": "denied", "requester": "requested", "editor": "changed what is asked for"}


class Names:
    """Full names by id and by user name, read in one query.

    People write their own full names: one that somebody else has, be it as a user name, never stands alone.
    """

    def __init__(
        self,
        ids: Iterable[UUID | None] = (),
        usernames: Iterable[str] = (),
        *,
        others: QuerySet[User] | None = None,
        telling: Mapping[str, Any] | None = None,
    ) -> None:
        """`others` are named too. What `telling` asks of each person is told in the rows of `people`."""
        keys, named = {key for key in ids if key is not None}, set(usernames) - {""}
        people: list[Any]
        if others is None:
            people = compiled(_named, of=None, keys=Keys(keys), named=Texts(named))
        else:
            wanted = Q(pk__in=keys) | Q(username__in=named) | Q(pk__in=others.order_by().values("pk"))
            people = list(_with_namesakes(wanted).annotate(**telling or {}))
        self.people = people
        often = Counter(
            looks for person in people for looks in {_looks(person.get_full_name()), _looks(person.username)}
        )
        self._by_id: dict[Any, str] = {}
        self._by_name: dict[str, str] = {}
        for person in people:
            name = person.get_full_name()
            own = often[_looks(name)] == 1 and "(" not in name
            shown = person.username if not name else name if own else f"{name} ({person.username})"
            self._by_id[person.pk] = self._by_name[person.username] = shown

    def of(self, person_id: UUID | None, username: str) -> str:
        """The name of somebody of whom a row keeps id and user name."""
        return self._by_id.get(person_id) or username or "the system"

    def named(self, username: str) -> str:
        """The same where only the user name was kept."""
        return self._by_name.get(username, username)


def _named(_: None, *, keys: Any, named: Any) -> QuerySet[User]:
    return _with_namesakes(Q(pk__in=keys) | Q(username__in=named))


def _with_namesakes(wanted: Q) -> QuerySet[User]:
    """Those people, and everybody who is called like one of them, by user name."""
    rows = User.objects.annotate(looks=Lower(Trim(Concat("first_name", Value(" "), "last_name"))))
    taken = rows.filter(wanted).exclude(looks="").values("looks")
    found = rows.alias(alike=Lower("username")).filter(wanted | Q(looks__in=taken) | Q(alike__in=taken))
    return found.order_by("username", "pk").only("pk", "username", "first_name", "last_name", "is_active")


def _looks(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one person had to do with a request, when, and the reason that they gave."""

    name: str
    did: str
    at: datetime
    reason: str


def parts_of(parties: Iterable[RequestParty], names: Names, *, why: str) -> list[Part]:
    """Everybody's part, by name, in the order of the rows; `why` is the reason of the request."""
    return [
        Part(
            name=names.of(row.person_id, row.person_name),
            did=DID.get(row.verdict) or DID["requester" if "requester" in row.roles else "editor"],
            at=row.at,
            reason=why if "requester" in row.roles else row.reason,
        )
        for row in parties
    ]


def called_like(text: str) -> QuerySet[User]:
    """Those with the text in their user names or full names."""
    rows = User.objects.alias(full=Concat("first_name", Value(" "), "last_name"))
    return rows.filter(Q(username__icontains=text) | Q(full__icontains=text))


def listed(people: Iterable[str], word: str = "or") -> str:
    """ "Amara", "Amara or Diego", "Amara, Diego or 3 others"."""
    names = list(people)
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} others"]
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)
