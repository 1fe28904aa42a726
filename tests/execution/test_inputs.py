"""What a job receives, and what of it is left behind."""

from typing import Any

from django.contrib.auth.models import Group
from tests.execution.conftest import clock

from foureyes.conf import get_conf
from foureyes.models import Event, InputFile, JobLogEntry, JobResult, OutputFile
from foureyes.runs.enqueue import enqueue
from foureyes.runs.files import content_path, draft_input

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
