from collections.abc import Callable
from datetime import datetime, timedelta

from foureyes.backups.restored import after_restore
from foureyes.hooks.dispatch import dispatch
from foureyes.models import Event, JobHook, JobResult
from foureyes.people.groups import create_group
from foureyes.users.models import User


def test_what_was_told_before_a_restore_starts_no_hook_and_what_comes_after_does(
    hook: Callable[..., JobHook], alice: User, now: datetime
) -> None:
    hook()
    later = now + timedelta(minutes=1)
    create_group(name="netops", by=alice, now=later)
    after_restore(made_at=now, now=later)
    assert not Event.objects.filter(sequence=None).exists()
    assert dispatch(now=later).read == 0
    create_group(name="sysops", by=alice, now=later)
    assert dispatch(now=later).runs == 1
    assert JobResult.objects.count() == 1
