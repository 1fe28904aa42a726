"""What a job receives, and what of it is left behind."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from tests.execution.conftest import clock

from foureyes.approvals.decide import approve
from foureyes.conf import get_conf
from foureyes.models import Event, InputFile, Job, JobLogEntry, JobResult, OutputFile
from foureyes.runs.enqueue import enqueue
from foureyes.runs.files import content_path, draft_input
from foureyes.submission.submit import submit
from foureyes.users.models import User

TAKES = """
    from django.contrib.auth.models import Group

    class Takes(Job):
        f = FileVar(required=False)
        g = ObjectVar(model=Group, required=False)

        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            text = data["f"].read().decode() if data["f"] else ""
            return f"{text} {data['g'] and data['g'].name} {self.request.user.username} {commit}"

    class Leaks(Job):
        password = StringVar()

        def run(self, data, commit):
            secret = data["password"]
            print("printed", secret)
            self.log_info(message=f"logged {secret}")
            self.change("x", None, {"now": secret}, secret)
            self.progress(1, 2, secret)
            self.results["note"] = secret
            raise ValueError(secret)

    class Makes(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            self.create_file("report.txt", "content")
            self.create_file("huge.bin", b"x" * 2000)

    class Environment(Job):
        class Meta:
            has_sensitive_variables = False

        def run(self, data, commit):
            return [name for name in os.environ if name.startswith(("FOUREYES", "DATABASE", "SECRET"))]
"""


def test_file_object_and_person_reach_the_job(jobs: Any, bench: Any, alice: Any) -> None:
    job = jobs(TAKES)["Takes"]
    group = Group.objects.create(name="operators")
    file = draft_input(name="up.txt", chunks=[b"body"], user=alice, now=clock())
    values = {"f": str(file.pk), "g": group.pk}
    run = enqueue(job=job, user=alice, values=values, commit=False, input_files=[file], now=clock())
    bench.finish(run)
    assert run.data == {"output": "\nbody operators alice False"}
    assert not InputFile.objects.exists()
    assert not list((get_conf().data_dir / "work").iterdir())


@pytest.mark.parametrize("change", ["object", "read_only", "nothing"])
def test_what_was_approved_and_changed_in_the_queue_does_not_start(
    jobs: Any, bench: Any, admin: User, change: str
) -> None:
    """G13: the run has waited, and what its inputs name is not what an approver saw."""
    job = jobs(TAKES)["Takes"]
    Job.objects.update(approval_required=True, gated=True)
    job.refresh_from_db()
    other = User.objects.create(username="other", is_superuser=True)
    group = Group.objects.create(name="operators")
    asked = submit(job=job, by=other, data={"g": group.pk}, files={}, reason="r", now=clock())
    assert asked.request is not None
    run = approve(request=asked.request, by=admin, now=clock()).job_result
    assert run is not None
    if change == "object":
        Group.objects.update(name="everybody")
    elif change == "read_only":
        Job.objects.update(read_only=True)
    bench.finish(run)
    if change == "nothing":
        assert run.data == {"output": "\n operators other True"}
        return
    assert (run.status, run.cause, run.data) == ("errored", "refused", {"output": ""})
    what = {"object": "an object that the inputs name", "read_only": "the read-only flag"}[change]
    message = f"Changed since the approval: {what}. Ask for this run again."
    assert JobLogEntry.objects.get(job_result=run).message == message


def test_secret_is_nowhere_in_what_a_run_leaves(jobs: Any, ask: Any, bench: Any) -> None:
    run = ask(jobs(TAKES)["Leaks"], password="hunter2-4711")
    bench.finish(run)
    assert run.cause == "exception"
    assert JobLogEntry.objects.filter(job_result=run).count() >= 3
    everything = [list(model.objects.values()) for model in (JobLogEntry, JobResult, Event)]
    assert "hunter2" not in str(everything)
    assert run.job_kwargs is None
    assert run.sealed_inputs is None


def test_output_files_are_kept(jobs: Any, ask: Any, bench: Any) -> None:
    run = ask(jobs(TAKES)["Makes"])
    bench.settings(max_output_file_bytes=1000)
    bench.finish(run)
    file = OutputFile.objects.get(job_result=run)
    assert (file.name, content_path(file.sha256).read_bytes()) == ("report.txt", b"content")
    warning = JobLogEntry.objects.get(job_result=run, log_level="warning")
    assert warning.message.startswith("The file huge.bin was not kept: ")


def test_job_sees_none_of_our_settings(jobs: Any, ask: Any, bench: Any) -> None:
    run = ask(jobs(TAKES)["Environment"])
    bench.finish(run)
    assert run.data == {"output": "\n['FOUREYES_RUN_ID']"}
