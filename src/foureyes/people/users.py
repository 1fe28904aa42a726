"""Making, changing and deleting accounts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict

from django.contrib.auth.models import Group
from django.db import transaction

from foureyes import events
from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.people.passwords import Password, chosen_password, no_password
from foureyes.people.rows import assign, check, locked, unique
from foureyes.triggers import zone_named
from foureyes.unseen import JOINERS, Unseen, code_of, find_unseen
from foureyes.users import attempts
from foureyes.users.models import User

TAKEN = "A user with that username already exists."
UNSEEN = "This name has a character that nobody sees. Type it anew."


class UserChanges(TypedDict, total=False):
    """What can be changed of an account; what is not named stays."""

    username: str
    first_name: str
    last_name: str
    email: str
    time_zone: str
    is_staff: bool
    is_active: bool
    is_superuser: bool
    groups: Iterable[Group]
    password: Password


def create_user(
    *,
    username: str,
    password: Password | None = None,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    time_zone: str = "",
    is_staff: bool = False,
    is_active: bool = True,
    is_superuser: bool = False,
    groups: Iterable[Group] = (),
    by: User | None,
    now: datetime,
) -> User:
    """Store an account; refuses a taken or malformed name, and a superuser made by somebody who is none."""
    user = User(
        username=username,
        password=(password or no_password()).hashed,
        first_name=first_name,
        last_name=last_name,
        email=email,
        time_zone=time_zone,
        is_staff=is_staff,
        is_active=is_active,
        is_superuser=is_superuser,
        date_joined=now,
    )
    _demand_superuser(by, concerns=is_superuser)
    _check_zone(time_zone)
    _check_names({"first_name": first_name, "last_name": last_name})
    with unique("username", TAKEN), transaction.atomic():
        check(user)
        user.save(force_insert=True)
        user.groups.set(groups)
        data = {"is_superuser": is_superuser, "groups": _names(user)}
        events.append(kind=events.Kind.USER_CREATED, at=now, actor=by, subject=user, data=data)
    return user


def edit_user(*, user: User, changes: UserChanges, by: User | None, now: datetime) -> User:
    """Change an account; refuses to leave the installation without an active superuser."""
    values: dict[str, Any] = dict(changes)
    groups: Iterable[Group] | None = values.pop("groups", None)
    password: Password | None = values.pop("password", None)
    _check_zone(changes.get("time_zone", ""))
    _check_names(changes)
    with unique("username", TAKEN), transaction.atomic():
        superusers = _locked_superusers() if {"is_active", "is_superuser"} & values.keys() else []
        row = locked(user)
        _demand_superuser(by, concerns=row.is_superuser or bool(values.get("is_superuser")))
        changed = assign(row, values)
        if superusers == [row.pk] and not (row.is_active and row.is_superuser):
            raise _last_superuser(row)
        check(row, except_for=("password",))
        if groups is not None:
            changed |= _regroup(row, groups)
        told = None
        if password is not None:
            row.password = password.hashed
            told = events.append(kind=events.Kind.USER_PASSWORD_SET, at=now, actor=by, subject=row)
        row.save(update_fields=[*values, "password"])
        if changed:
            data = {"changed": changed}
            events.append(kind=events.Kind.USER_EDITED, at=now, actor=by, subject=row, data=data, part_of=told)
    return row


def delete_user(*, user: User, by: User | None, now: datetime) -> None:
    """Delete an account with its tokens; its runs, decisions and facts keep the name. Not the last active superuser."""
    with transaction.atomic():
        superusers = _locked_superusers()
        row = locked(user)
        _demand_superuser(by, concerns=row.is_superuser)
        if superusers == [row.pk]:
            raise _last_superuser(row)
        data = {"is_superuser": row.is_superuser, "groups": _names(row)}
        events.append(kind=events.Kind.USER_DELETED, at=now, actor=by, subject=row, data=data)
        row.delete()


def _locked_superusers() -> list[object]:
    """The active ones. Locked in one order, so that two who remove each other wait instead of both succeeding."""
    rows = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    return [row.pk for row in rows]


def _demand_superuser(by: User | None, *, concerns: bool) -> None:
    # Whoever may change accounts could otherwise take a superuser's over by a new password (gate G9).
    if concerns and by is not None and not by.is_superuser:
        raise NotAllowed("Only a superuser may make, change or delete a superuser.", code="superuser_only")


def _last_superuser(user: User) -> Conflict:
    return Conflict(
        f"{user} is the only active superuser left; without one nobody could give permissions any more.",
        code="last_superuser",
    )


def _check_zone(name: str) -> None:
    if name:
        zone_named(name)  # refuses an unknown one


def _check_names(given: Mapping[str, Any]) -> None:
    """People read who asked and who decided: a name has nothing in it that nobody sees, or that turns it around."""
    odd = [
        name for name in ("first_name", "last_name") if any(_is_odd(one) for one in find_unseen(given.get(name, "")))
    ]
    if odd:
        raise Invalid(code="name_unseen", fields={name: [UNSEEN] for name in odd})


def _is_odd(found: Unseen) -> bool:
    return found.code not in map(code_of, JOINERS)


def _names(user: User) -> list[str]:
    return list(user.groups.order_by("name").values_list("name", flat=True))


def _regroup(user: User, groups: Iterable[Group]) -> dict[str, list[list[str]]]:
    before = _names(user)
    user.groups.set(groups)
    after = _names(user)
    return {} if before == after else {"groups": [before, after]}


def change_own_password(*, user: User, current: str, wanted: str, address: str, now: datetime) -> User:
    """Give oneself another password. Refuses a wrong current one, and a weak new one, each at its field.

    Wrong ones count as at signing in, and so do waits: a session that somebody left open is no place to guess.
    """
    attempt: dict[str, Any] = {"name": user.get_username(), "address": address, "now": now}
    attempts.demand_password_attempt(**attempt)
    if not user.check_password(current):
        attempts.note_wrong_password(**attempt)
        raise Invalid(code="password_wrong", fields={"current": ["This is not your password."]})
    return edit_user(user=user, changes={"password": chosen_password(wanted)}, by=user, now=now)
