"""The accounts that exist before anybody could make one: one administrator, and in the demo a second person."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from foureyes.bootstrap.folders import read, write_private
from foureyes.people.groups import create_group
from foureyes.people.passwords import given_password
from foureyes.people.permissions import create_permission
from foureyes.people.tokens import create_token
from foureyes.people.users import create_user
from foureyes.users.models import Token, User
from foureyes.users.tokens import digest_of

APPROVER = "approver"
APPROVERS = "approvers"
ADMINISTRATOR = "admin"
DEMO_PEOPLE = {ADMINISTRATOR: ("Mei", "Tanaka"), APPROVER: ("Amara", "Okafor")}  # first and last names
# What an approver needs, by the sentence that names the permission: object types, actions, and which objects.
APPROVER_MAY: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, str] | None]] = {
    "Approvers: see and run jobs": (("extras.job",), ("view", "run"), None),
    "Approvers: see runs and schedules": (
        ("extras.jobresult", "extras.joblogentry", "extras.scheduledjob"), ("view",), None,
    ),
    "Approvers: approve jobs": (("extras.job",), ("approve",), None),
    "Approvers: decide about schedules": (("extras.scheduledjob",), ("change", "delete"), None),
    "Approvers: own tokens": (("users.token",), ("view", "add", "delete"), {"user": "$user"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with the secrets that open it, as far as they are known."""

    name: str
    password: str
    token: str
    email: str = ""
    full_name: str = ""

    @classmethod
    def invented(cls, name: str) -> "Account":
        """With secrets nobody could guess."""
        return cls(name=name, password=secrets.token_urlsafe(12), token=secrets.token_hex(20))


def wished_administrator(environment: Mapping[str, str]) -> Account:
    """The administrator as the environment (`FOUREYES_SUPERUSER_...`) asks for; what it leaves open is invented."""
    wish = {field: environment.get(f"FOUREYES_SUPERUSER_{field}", "") for field in ("NAME", "PASSWORD", "API_TOKEN")}
    invented = Account.invented(wish["NAME"] or ADMINISTRATOR)
    return Account(
        name=invented.name,
        password=wish["PASSWORD"] or invented.password,
        token=wish["API_TOKEN"] or invented.token,
        email=environment.get("FOUREYES_SUPERUSER_EMAIL", ""),
    )


def ensure_administrator(*, wish: Account, now: datetime) -> Account | None:
    """Make the administrator if there is no account at all. Answers it if it was made, or if the wish opens it."""
    with transaction.atomic():
        if not User.objects.exists():
            _make(wish, is_superuser=True, now=now)
            return wish
    return wish if opens(wish) else None


def ensure_demo_accounts(*, wish: Account, file: Path, now: datetime) -> list[Account]:
    """An administrator and an approver with names of people, and secrets kept in `file`: every start can show them.

    Answers those whose secrets still hold. An installation that had an administrator before keeps it.
    """
    kept = [Account(name=name, **secret) for name, secret in read(file).get("users", {}).items()]
    known, made = [account for account in kept if opens(account)], []
    with transaction.atomic():
        if not User.objects.exists():
            made.append(wish)
            _make(wish, is_superuser=True, called=DEMO_PEOPLE.get(wish.name, ("", "")), now=now)
        if not User.objects.filter(username=APPROVER).exists():
            made.append(Account.invented(APPROVER))
            _make(made[-1], groups=[_approvers(now)], called=DEMO_PEOPLE[APPROVER], now=now)
        # Before the commit: an account whose secrets nobody knows is of no use, the reverse does no harm.
        write_private(file, {"users": secrets_of([*known, *made])})
    people = {user.username: user for user in User.objects.filter(username__in=[one.name for one in (*known, *made)])}
    return [replace(account, full_name=people[account.name].get_full_name()) for account in (*known, *made)]


def secrets_of(accounts: Iterable[Account]) -> dict[str, dict[str, str]]:
    """By name, as files show them."""
    return {account.name: {"password": account.password, "token": account.token} for account in accounts}


def opens(account: Account) -> bool:
    """Do password and token still belong to the account of that name?"""
    user = User.objects.filter(username=account.name, is_active=True).first()
    if user is None or not check_password(account.password, user.password):
        return False
    return Token.objects.filter(user=user, digest=digest_of(account.token)).exists()


def _make(
    account: Account,
    *,
    is_superuser: bool = False,
    groups: Iterable[Group] = (),
    called: tuple[str, str] = ("", ""),
    now: datetime,
) -> None:
    user = create_user(
        username=account.name,
        first_name=called[0],
        last_name=called[1],
        password=given_password(account.password),
        email=account.email,
        is_staff=is_superuser,
        is_superuser=is_superuser,
        groups=groups,
        by=None,
        now=now,
    )
    create_token(user=user, description="First start", key=account.token, by=None, now=now)


def _approvers(now: datetime) -> Group:
    group = Group.objects.filter(name=APPROVERS).first()
    if group is None:
        group = create_group(name=APPROVERS, by=None, now=now)
        for name, (labels, actions, which) in APPROVER_MAY.items():
            types = [ContentType.objects.get_by_natural_key(*label.split(".")) for label in labels]
            create_permission(
                name=name, object_types=types, actions=actions, constraints=which, groups=[group], by=None, now=now
            )
    return group
