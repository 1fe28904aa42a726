import os
import pwd
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from tests.checkups.conftest import levels

from foureyes.checkups import audit, installation, machine
from foureyes.checkups.finding import Finding
from foureyes.checkups.installation import look_at_installation
from foureyes.conf import Conf
from foureyes.events import Kind, append
from foureyes.events.seal import seal
from foureyes.models import ApprovalRequest, Event, Job, ScheduledJob, SystemValue
from foureyes.users.models import User


@pytest.fixture
def conf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Other settings for the checks of the machine."""
    (tmp_path / "data").mkdir(mode=0o700)

    def use(**settings: Any) -> None:
        made = Conf(**{"data_dir": tmp_path / "data", **settings})
        monkeypatch.setattr(machine, "get_conf", lambda: made)

    use()
    return use


def test_a_sound_installation_has_no_error(
    conf: Callable[..., None], processes: Callable[..., None], purge: Job, team: None
) -> None:
    now = datetime.now(UTC)  # PostgreSQL has a clock of its own
    processes(now)
    found = levels(look_at_installation(now=now))
    assert [code for code, level in found.items() if level == "error"] == []
    ok = {code for code, level in found.items() if level == "ok"}
    assert ok >= {"database", "workers", "scheduler", "jobs", "approvers", "disk", "clock", "zones"}
    assert (found["no_boundary"], found["no_backup"]) == ("warning", "warning")


def test_nobody_works_and_nobody_can_approve(conf: Any, future: ApprovalRequest, now: datetime) -> None:
    User.objects.filter(username__in=("bob", "carol")).update(is_active=False)
    found = levels(look_at_installation(now=now))
    assert (found["no_worker"], found["no_scheduler"]) == ("error", "error")
    assert (found["few_approvers"], found["no_decider"]) == ("warning", "warning")


def test_receivers_that_say_they_need_approval_are_listed(conf: Any, make_job: Any, now: datetime) -> None:
    make_job("Watch", is_job_hook_receiver=True)
    [ignored] = [one for one in look_at_installation(now=now) if one.code == "approval_ignored"]
    assert (ignored.level, ignored.text.startswith("Watch: It requires approval, but its hooks start it")) == (
        "warning",
        True,
    )


def test_the_boundary_of_jobs_is_told_as_it_is(
    conf: Callable[..., None], monkeypatch: pytest.MonkeyPatch, db: None, now: datetime, tmp_path: Path
) -> None:
    conf(run_as_user="no-such-user-here")
    assert levels(machine.boundary(now))["no_run_as_user"] == "error"
    conf(run_as_user=pwd.getpwuid(os.geteuid()).pw_name)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert levels(machine.boundary(now))["not_root"] == "error"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert levels(machine.boundary(now))["boundary"] == "ok"
    (tmp_path / "data").chmod(0o755)
    assert levels(machine.boundary(now))["data_folder_open"] == "warning"


def test_a_clock_that_went_back_and_one_that_is_ahead_are_noticed(
    conf: Any, processes: Callable[..., None], admin: User, now: datetime
) -> None:
    append(kind=Kind.JOB_BROKEN, at=now + timedelta(minutes=1), subject=admin)
    assert levels(machine.clock(now))["clock_back"] == "error"
    processes(now + timedelta(minutes=1))
    assert levels(machine.clock(now))["clock_ahead"] == "error"


def test_rules_of_zones_that_are_others_or_lack_a_zone_are_told(conf: Any, daily: Any, now: datetime) -> None:
    SystemValue.objects.create(name="zone_rules", value="1999a")
    assert levels(machine.zones(now)) == {"zones_changed": "warning"}
    ScheduledJob.objects.update(time_zone="Europe/Nowhere", state="active")
    assert levels(machine.zones(now))["zone_unknown"] == "error"


def test_a_changed_event_is_an_error_whether_it_is_new_or_old(
    admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "NEWEST", 2)
    monkeypatch.setattr(audit, "PIECE", 2)
    with transaction.atomic():
        for _ in range(5):
            append(kind=Kind.USER_EDITED, at=now, actor=admin, subject=admin)
    seal()
    assert levels([*audit.newest_events(now), audit.every_event()]) == {"chain": "ok"}
    assert Event.objects.get(sequence=5).hash in audit.every_event().text
    Event.objects.filter(sequence=2).update(actor_name="eve")
    assert levels(audit.newest_events(now)) == {"chain": "ok"}
    assert (audit.every_event().code, "Event 2 " in audit.every_event().text) == ("chain_broken", True)
    Event.objects.filter(sequence=5).delete()
    assert levels(audit.newest_events(now)) == {"chain_broken": "error"}


def test_backups_grow_old(conf: Any, admin: User, now: datetime) -> None:
    append(kind=Kind.INSTALLATION_BACKED_UP, at=now - timedelta(days=8), subject=admin)
    assert levels(machine.backups(now)) == {"old_backup": "warning"}
    append(kind=Kind.INSTALLATION_BACKED_UP, at=now - timedelta(days=1), subject=admin)
    assert levels(machine.backups(now)) == {"backup": "ok"}


def test_a_check_that_fails_keeps_no_other_from_answering(
    conf: Any, db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(now: datetime) -> Iterator[Finding]:
        raise RuntimeError("boom")

    monkeypatch.setattr(installation, "CHECKS", (broken, machine.disk))
    assert levels(look_at_installation(now=now)) == {"check_failed": "error", "disk": "ok"}
