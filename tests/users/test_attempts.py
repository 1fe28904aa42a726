from datetime import datetime, timedelta

import pytest

from foureyes.conf import get_conf
from foureyes.users import attempts
from foureyes.users.attempts import TooManyAttempts
from foureyes.users.models import AttemptCount

HERE, THERE = "192.0.2.1", "192.0.2.2"


def fail(name: str, address: str, now: datetime, times: int = 1) -> None:
    for _ in range(times):
        attempts.note_wrong_password(name=name, address=address, now=now)


def waits(name: str, address: str, now: datetime) -> int:
    """How long the next attempt must wait."""
    try:
        attempts.demand_password_attempt(name=name, address=address, now=now)
    except TooManyAttempts as refusal:
        return refusal.retry_after_seconds
    return 0


def test_a_few_wrong_passwords_are_forgiven(db: None, now: datetime) -> None:
    fail("alice", HERE, now, times=9)
    assert waits("alice", HERE, now) == 0


def test_account_waits_after_many_wrong_passwords_until_the_time_is_over(db: None, now: datetime) -> None:
    fail("alice", HERE, now, times=10)
    assert 0 < waits("alice", HERE, now) <= get_conf().wrong_attempts_seconds + 1
    assert waits("ALICE", HERE, now) > 0
    assert waits("alice", HERE, now + timedelta(seconds=get_conf().wrong_attempts_seconds)) == 0


def test_colleagues_behind_the_same_address_do_not_wait(db: None, now: datetime) -> None:
    fail("alice", HERE, now, times=20)
    assert waits("bob", HERE, now) == 0


def test_address_that_tries_many_names_waits(db: None, now: datetime) -> None:
    for number in range(300):
        fail(f"name{number}", HERE, now)
    assert waits("another", HERE, now) > 0
    assert waits("another", THERE, now) == 0


def test_account_guessed_at_from_everywhere_still_opens_where_it_is_known(db: None, now: datetime) -> None:
    attempts.note_sign_in(name="alice", address=HERE, now=now)
    for number in range(100):
        fail("alice", f"198.51.100.{number}", now)
    assert waits("alice", THERE, now) > 0
    assert waits("alice", HERE, now) == 0


def test_success_forgets_the_failures_before_it(db: None, now: datetime) -> None:
    fail("alice", HERE, now, times=9)
    attempts.note_sign_in(name="alice", address=HERE, now=now)
    fail("alice", HERE, now, times=9)
    assert waits("alice", HERE, now) == 0


def test_old_counts_are_removed_and_no_name_is_kept(db: None, now: datetime) -> None:
    fail("alice", HERE, now, times=2)
    fail("bob", THERE, now + timedelta(days=1))
    assert AttemptCount.objects.count() == 3
    assert all(len(key) == 64 for key in AttemptCount.objects.values_list("key", flat=True))


def test_address_with_many_wrong_tokens_waits(db: None, now: datetime) -> None:
    for _ in range(300):
        attempts.note_wrong_token(address=HERE, now=now)
    with pytest.raises(TooManyAttempts):
        attempts.note_wrong_token(address=HERE, now=now)
    attempts.note_wrong_token(address=THERE, now=now)
