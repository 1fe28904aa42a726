"""A network and platform team at work, by the product's own operations, some of them at earlier instants."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from tools.shots.history import write_history
from tools.shots.installation import ADMINISTRATOR, PASSWORD, Installation, until

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.dry_run import dry_run_request
from foureyes.approvals.talk import comment, suggest
from foureyes.catalog.edit import enable_job
from foureyes.models import Job, JobLogEntry, JobResult, ScheduledJob, Worker
from foureyes.people.groups import create_group
from foureyes.people.passwords import chosen_password
from foureyes.people.permissions import create_permission
from foureyes.people.tokens import create_token
from foureyes.people.users import create_user, edit_user
from foureyes.schedules.control import pause
from foureyes.submission.submit import submit
from foureyes.users.models import ObjectPermission, Token, User

PEOPLE = {
    "amara": ("Amara", "Okafor"),
    "diego": ("Diego", "Álvarez"),
    "jonas": ("Jonas", "Lindqvist"),
    "priya": ("Priya", "Raman"),
    "tomas": ("Tomáš", "Novák"),
}
KEPT = '        self.log_info(message=f"{host}: previous file kept")\n'
ENDED = ("completed", "errored", "failed")


class Sample:
    """Makes everything; afterwards it names what the pictures show."""

    def __init__(self, where: Installation) -> None:
        self.where = where
        self.now = datetime.now(UTC).replace(second=0, microsecond=0)
        self.people: dict[str, User] = {}
        self.paths: dict[str, str] = {}

    def make(self) -> None:
        self._people()
        for job in Job.objects.filter(installed=True, import_error=""):
            enable_job(job=job, by=self.people[ADMINISTRATOR], now=self.ago(days=40))
        self._schedules()
        write_history(people=[self.people["jonas"], self.people["priya"], self.people["diego"]], now=self.now)
        self._decided()
        self._change_source()
        self._open()
        self._running()
        self._away()
        self._accounts()

    def ago(self, **length: float) -> datetime:
        return self.now - timedelta(**length)

    def job(self, name: str) -> Job:
        return Job.objects.get(name=name)

    def ask(self, job: str, who: str, at: datetime, data: dict[str, Any], reason: str = "", **plan: Any) -> Any:
        """What a person asks for at that time."""
        schedule = plan or None
        by = self.people[who]
        return submit(job=self.job(job), by=by, data=data, files={}, schedule=schedule, reason=reason, now=at)

    def _people(self) -> None:
        admin = User.objects.get(username=ADMINISTRATOR)
        edit_user(
            user=admin,
            changes={"first_name": "Mara", "last_name": "Thorsen", "time_zone": "Europe/Berlin"},
            by=admin,
            now=self.ago(days=60),
        )
        self.people[ADMINISTRATOR] = User.objects.get(pk=admin.pk)
        groups = {
            name: create_group(name=name, by=admin, now=self.ago(days=60)) for name in ("Network on-call", "Platform")
        }
        for name, (first, last) in PEOPLE.items():
            self.people[name] = create_user(
                username=name,
                password=chosen_password(PASSWORD),
                first_name=first,
                last_name=last,
                email=f"{name}@example.net",
                time_zone="Europe/Berlin",
                groups=[groups["Network on-call" if name in ("amara", "diego", "jonas") else "Platform"]],
                by=admin,
                now=self.ago(days=60),
            )
        everything = [ContentType.objects.get_for_model(model) for model in (Job, JobResult, JobLogEntry, Worker)]
        own = ContentType.objects.get_for_model(ScheduledJob)
        both = list(groups.values())
        self._permit("See jobs and runs", everything, ["view"], both)
        self._permit("Run jobs", everything[:1], ["run"], both)
        self._permit("Look after schedules", [own], ["view", "add", "change", "delete"], both)
        self._permit("Approve network jobs", everything[:1], ["approve"], both[:1], {"grouping": "Network"})
        for text, days in (("Deployment pipeline", 90), ("Laptop", 30)):
            create_token(
                user=admin, description=text, expires=self.now + timedelta(days=days), by=admin, now=self.ago(days=3)
            )

    def _permit(self, name: str, types: list[Any], actions: list[str], groups: list[Any], limit: Any = None) -> None:
        by = self.people[ADMINISTRATOR]
        create_permission(
            name=name,
            object_types=types,
            actions=actions,
            constraints=limit,
            groups=groups,
            by=by,
            now=self.ago(days=60),
        )

    def _schedules(self) -> None:
        berlin = {"time_zone": "Europe/Berlin"}
        tomorrow = (self.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        plans: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
            (
                "Nightly config backup",
                "jonas",
                {"devices": 530, "pause": 0},
                {"name": "Nightly config backup", "interval": "custom", "crontab": "0 1 * * *", **berlin},
            ),
            (
                "Reconcile group membership",
                "priya",
                {"directory": "ldap-eu"},
                {"name": "Group reconcile", "interval": "hourly", "start_time": self.ago(minutes=-50)},
            ),
            (
                "Vacuum and reindex",
                "priya",
                {"minutes": 30},
                {
                    "name": "Vacuum, mornings",
                    "interval": "daily",
                    "start_time": tomorrow + timedelta(hours=3, minutes=15),
                },
            ),
            (
                "Restore snapshot to staging",
                "tomas",
                {"snapshot": "prod-weekly", "seconds": 5},
                {
                    "name": "Restore for staging, weekly",
                    "interval": "weekly",
                    "start_time": tomorrow + timedelta(hours=5),
                },
            ),
            (
                "Monthly capacity report",
                "tomas",
                {"site": "fra"},
                {"name": "Capacity report Frankfurt", "interval": "custom", "crontab": "0 6 1 * *", **berlin},
            ),
            (
                "Drain rack for maintenance",
                "diego",
                {"rack": "fra-r14", "order": "bottom"},
                {"name": "Drain fra-r14 for new PDUs", "interval": "future", "start_time": self.ago(hours=-4)},
            ),
            (
                "Reconcile group membership",
                "jonas",
                {"directory": "ldap-us"},
                {"name": "Group reconcile US", "interval": "custom", "crontab": "*/20 * * * *", "overlap": "skip"},
            ),
            (
                "Vacuum and reindex",
                "diego",
                {"minutes": 120},
                {"name": "Vacuum, weekends", "interval": "custom", "crontab": "0 4 * * 6,0", **berlin},
            ),
        ]
        made = {}
        for job, who, data, plan in plans:
            made[plan["name"]] = self.ask(job, who, self.ago(minutes=30), data, **plan).schedule
        pause(
            schedule=made["Vacuum, weekends"],
            by=self.people["diego"],
            note="Until the storage migration is over, CHG-48190.",
            now=self.ago(minutes=20),
        )
        broken = made["Group reconcile US"]
        ScheduledJob.objects.filter(pk=broken.pk).update(
            state="errored", next_run_at=None, state_reason="The time zone America/Nowhere is not known any more."
        )
        nightly = f"/jobs/scheduled/{made['Nightly config backup'].pk}/"
        self.paths |= {
            "schedule": nightly,
            "schedule-paused": f"/jobs/scheduled/{made['Vacuum, weekends'].pk}/",
            "schedule-errored": f"/jobs/scheduled/{broken.pk}/",
            "schedule-orphan": f"/jobs/scheduled/{made['Restore for staging, weekly'].pk}/",
            "schedule-assume": f"/jobs/scheduled/{made['Restore for staging, weekly'].pk}/assume-ownership/",
        }
        for action in ("edit", "run-now", "clone", "delete", "ledger"):
            self.paths[f"schedule-{action}"] = f"{nightly}{action}/"

    def _decided(self) -> None:
        mara, amara = self.people[ADMINISTRATOR], self.people["amara"]
        certificates = {"hosts": "edge-fra-01,edge-fra-02,edge-ams-01,edge-ams-02", "at_a_time": 2}
        certificates |= {"authority": "internal", "reload": True}
        first = self.ask(
            "Rotate edge TLS certificates", "jonas", self.ago(days=21), certificates, "The yearly rotation."
        )
        approve(request=first.request, by=amara, reason="As agreed on Monday.", now=self.ago(days=21, minutes=-12))
        second = self.ask(
            "Push ACL update to core routers",
            "diego",
            self.ago(days=2),
            {"routers": "core-fra-1", "rules": "permit any"},
            "Open everything for the test.",
        )
        deny(
            request=second.request, by=mara, reason="Far too wide: name the test hosts.", now=self.ago(days=2, hours=-1)
        )
        third = self.ask("Power-cycle PDU outlet", "diego", self.ago(days=1), {"outlet": "fra-pdu-3/14"}, "Host hangs.")
        withdraw(request=third.request, by=self.people["diego"], reason="It came back.", now=self.ago(hours=23))
        earlier: list[tuple[str, dict[str, Any], str, int]] = [
            ("Offboard leavers", {"last_day": "2026-10-31"}, "Leavers of October.", 26),
            ("Power-cycle PDU outlet", {"outlet": "ams-pdu-2/7"}, "Hangs, INC-2987.", 9),
        ]
        for job, data, reason, days in earlier:
            asked = self.ask(job, "jonas", self.ago(days=days), data, reason)
            approve(request=asked.request, by=mara, reason="", now=self.ago(days=days, minutes=-25))
        self.paths["request-denied"] = f"/jobs/approvals/{second.request.pk}/"
        self._until_ended()
        run = JobResult.objects.get(grant__request=first.request)
        begun = self.ago(days=21, minutes=-13)
        JobResult.objects.filter(pk=run.pk).update(started_at=begun, completed=begun + timedelta(seconds=41))
        self.paths["run-approved"] = f"/jobs/results/{run.pk}/"

    def _until_ended(self) -> None:
        def ended() -> bool:
            return not JobResult.objects.exclude(status__in=ENDED).filter(created__lte=self.now).exists()

        until(ended, what="the end of the runs")

    def _change_source(self) -> None:
        """Somebody edits the job after its last approval, and discovery reads it."""
        file = self.where.jobs / "network.py"
        before = self.job("Rotate edge TLS certificates").bundle_id
        text = file.read_text()
        text = text.replace("reload):\n", f"reload):\n{KEPT}", 1).replace("397 days", "90 days, by the new policy")
        file.write_text(text)
        until(lambda: self.job("Rotate edge TLS certificates").bundle_id != before, what="the new source")

    def _open(self) -> None:
        now = self.now
        edge = {"hosts": "edge-fra-01,edge-fra-02,edge-ams-01,edge-ams-02,edge-ams-03,edge-ams-04", "at_a_time": 1}
        edge |= {"authority": "internal", "reload": True}
        reason = "Certificates on edge-fra end on 27 November. Agreed in change CHG-48211. Two hosts were added since."
        tls = self.ask(
            "Rotate edge TLS certificates",
            "jonas",
            self.ago(minutes=41),
            edge,
            reason,
            name="Rotate edge TLS",
            interval="future",
            start_time=now + timedelta(hours=3, minutes=28),
        ).request
        acl = self.ask(
            "Push ACL update to core routers",
            "diego",
            self.ago(hours=3),
            {"routers": "core-fra-1,core-ams-1", "rules": "permit tcp 10.20.0.0/16 any eq 443\ndeny ip any any"},
            "New office network, CHG-48170.",
            name="ACL update",
            interval="future",
            start_time=self.ago(hours=1, minutes=32),
        ).request
        purge = self.ask(
            "Purge expired customer exports",
            "priya",
            self.ago(minutes=22),
            {"bucket": "customer-exports", "older_than": 90},
            "Retention time of the third quarter is over.",
            name="Purge exports",
            interval="future",
            start_time=now + timedelta(minutes=28),
        ).request
        leavers = self.ask(
            "Offboard leavers",
            "amara",
            self.ago(hours=1),
            {"last_day": "2026-11-30"},
            "Leavers of November.",
            name="Offboard leavers, weekly",
            interval="weekly",
            start_time=now + timedelta(hours=15),
        ).request
        own = self.ask(
            "Power-cycle PDU outlet",
            ADMINISTRATOR,
            self.ago(minutes=9),
            {"outlet": "fra-pdu-1/2"},
            "The console server hangs.",
        ).request
        outlet = self.ask(
            "Power-cycle PDU outlet",
            "diego",
            self.ago(minutes=31),
            {"outlet": "ams-pdu-2/7"},
            "Hangs since the firmware update, INC-3021.",
        ).request
        mara = self.people[ADMINISTRATOR]
        for request in (tls, purge, leavers, outlet):
            dry_run_request(request=request, by=mara, now=self.ago(minutes=15))
        self._until_ended()
        for run in JobResult.objects.filter(purpose="dry_run"):
            begun = self.ago(minutes=15)
            JobResult.objects.filter(pk=run.pk).update(started_at=begun, completed=begun + timedelta(seconds=41))
            self.paths.setdefault("run-dry", f"/jobs/results/{run.pk}/")
        comment(
            request=tls,
            by=self.people["amara"],
            text="Does the new policy cover Amsterdam as well?",
            now=self.ago(minutes=12),
        )
        comment(request=tls, by=self.people["jonas"], text="Yes, since Tuesday.", now=self.ago(minutes=8))
        suggest(
            request=acl,
            by=self.people["amara"],
            changes={"start_time": now + timedelta(hours=2)},
            text="After the backup, not before it.",
            now=self.ago(minutes=5),
        )
        names = {
            "request": tls,
            "request-late": acl,
            "request-dry": purge,
            "request-series": leavers,
            "request-own": own,
        }
        self.paths |= {name: f"/jobs/approvals/{request.pk}/" for name, request in names.items()}
        self.paths["late"] = f"/jobs/approvals/{acl.pk}/approve/"
        self.paths["suggest"] = f"/jobs/approvals/{tls.pk}/suggest/"
        self.paths["approve-many"] = f"/jobs/approvals/approve/?ids={leavers.pk}&ids={outlet.pk}&ids={acl.pk}"
        self.paths["deny-many"] = f"/jobs/approvals/deny/?ids={purge.pk}&ids={acl.pk}&ids={tls.pk}"
        self.paths["source"] = f"/jobs/approvals/{tls.pk}/source/"

    def _running(self) -> None:
        drain = self.ask(
            "Drain rack for maintenance", "diego", self.ago(seconds=5), {"rack": "fra-r12", "order": "top"}
        )
        report = self.ask("Monthly capacity report", "tomas", self.ago(seconds=4), {"site": "ams"})
        self._until_ended()
        restore = self.ask(
            "Restore snapshot to staging", "priya", datetime.now(UTC), {"snapshot": "prod-2026-11-23", "seconds": 900}
        )
        backup = self.ask("Nightly config backup", "jonas", datetime.now(UTC), {"devices": 530, "pause": 2500})
        until(lambda: JobLogEntry.objects.filter(job_result=restore.job_result).count() > 8, what="a live log")
        for name, asked in {"run-failed": drain, "run-file": report, "run-live": restore, "run-backup": backup}.items():
            self.paths[name] = f"/jobs/results/{asked.job_result.pk}/"
        self.paths["run-stop"] = f"{self.paths['run-live']}stop/"
        self.paths["run-lines"] = f"{self.paths['run-failed']}lines/?q=moved"

    def _away(self) -> None:
        """One owner of schedules is gone since."""
        edit_user(user=self.people["tomas"], changes={"is_active": False}, by=self.people[ADMINISTRATOR], now=self.now)

    def _accounts(self) -> None:
        group = Group.objects.get(name="Network on-call")
        permission = ObjectPermission.objects.get(name="Approve network jobs")
        token = Token.objects.order_by("created").first()
        assert token is not None
        self.paths |= {
            "user": f"/admin/users/{self.people['jonas'].pk}/",
            "user-delete": f"/admin/users/{self.people['jonas'].pk}/delete/",
            "group": f"/admin/groups/{group.pk}/",
            "permission": f"/admin/permissions/{permission.pk}/",
            "token-revoke": f"/account/tokens/{token.pk}/revoke/",
        }
