"""What a run reports, seen from the other end of the sockets."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.conftest import Bench, Run

from foureyes.sandbox.protocol import Result

SAMPLE_JOBS = Path(__file__).parents[1] / "contract" / "world" / "jobs"
GROUP = {"model": "auth.group", "pk": 1, "display": "operators", "url": None, "fields": {"id": 1, "name": "operators"}}


def sample(bench: Bench, class_name: str, **fields: Any) -> Run:
    return bench.begin_module("sample_jobs", class_name, bundle_folder=str(SAMPLE_JOBS), **fields).wait()


def levels(run: Run) -> list[tuple[str, str, str]]:
    return [(log.level, log.grouping, log.message) for log in run.logs]


def test_job_that_returns_is_completed(bench: Bench) -> None:
    before = datetime.now(UTC)
    run = sample(bench, "Hello")
    assert (run.result.outcome, run.result.cause, run.result.data) == ("completed", "", {"output": "\nhello"})
    (log,) = run.logs
    assert (log.level, log.grouping, log.message, log.object, log.url) == ("info", "run", "Hello", None, None)
    assert before <= log.at <= datetime.now(UTC)
    assert run.ended is not None
    assert run.ended.status == 0


def test_every_kind_of_variable_arrives_as_recorded(bench: Bench) -> None:
    upload = bench.folder / "0af3"
    upload.write_text("file body\n")
    values = {
        "b": False, "c": "red", "f": "an-id", "i": 3, "m": ["a", "b"], "o": 1, "s": "hello", "t": "",
        "ip": "10.0.0.1", "mo": [1], "ipm": "10.0.0.1/24", "net": "10.0.0.0/24",
    }  # fmt: skip
    run = sample(
        bench,
        "AllVars",
        values=values,
        snapshots={"o": GROUP, "mo": [GROUP]},
        files={"f": {"path": str(upload), "name": "up.txt"}},
    )
    assert run.result.data["output"] == (
        "\n{'s': 'hello', 'i': '3', 't': '', 'b': 'False', 'c': 'red', 'm': \"['a', 'b']\", 'o': 'operators', "
        "'mo': \"['operators']\", 'f': 'file body\\n', 'ip': '10.0.0.1', 'ipm': '10.0.0.1/24', 'net': '10.0.0.0/24'}"
    )


def test_absent_optional_variables_arrive_as_recorded(bench: Bench) -> None:
    values = {
        "b": False, "c": "red", "f": None, "i": 3, "m": [], "o": None, "s": "hello", "t": "",
        "ip": None, "mo": [], "ipm": None, "net": None,
    }  # fmt: skip
    run = sample(bench, "AllVars", values=values, commit=False)
    assert levels(run) == [
        (
            "success",
            "run",
            (
                "{'s': 'hello', 'i': 3, 't': '', 'b': False, 'c': 'red', 'm': [], 'o': None, 'mo': [], 'f': None, "
                "'ip': None, 'ipm': None, 'net': None}"
            ),
        ),
        ("warning", "run", "commit=False"),
    ]


def test_exception_is_logged_with_a_traceback_that_begins_in_the_authors_file(bench: Bench) -> None:
    run = sample(bench, "Fails")
    assert (run.result.outcome, run.result.cause, run.result.data) == ("errored", "exception", {"output": ""})
    assert levels(run) == [
        ("failure", "run", "about to fail"),
        (
            "failure",
            "run",
            (
                "An exception occurred: `RuntimeError: deliberate failure`\n```\nTraceback (most recent call last):\n"
                '  File "sample_jobs.py", line 131, in run\n    raise RuntimeError("deliberate failure")\n'
                "RuntimeError: deliberate failure\n\n```"
            ),
        ),
    ]


def test_log_failure_makes_the_run_failed(bench: Bench) -> None:
    run = bench.run("class Sample(Job):\n    def run(self, data, commit):\n        self.log_failure('no')\n")
    assert (run.result.outcome, run.result.cause) == ("failed", "")


def test_tests_run_as_declared_and_then_post_run(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        return "returned!"
    def test_b(self):
        self.log("b")
        return 0
    def test_a(self):
        self.log_debug("a")
        return "a-out"
    def post_run(self):
        self.logger.info("end")
        return "p"
"""
    )
    assert levels(run) == [("default", "test_b", "b"), ("default", "test_a", "a"), ("info", "post_run", "end")]
    assert run.result.data == {"output": "\nreturned!\na-out\np"}


def test_post_run_is_called_after_an_exception_too(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        raise ValueError("x")
    def test_never(self):
        self.log("never")
    def post_run(self):
        self.log("tidy")
        return "tidied"
"""
    )
    assert [grouping for _level, grouping, _message in levels(run)] == ["run", "post_run"]
    assert run.result.outcome == "errored"
    assert run.result.data == {"output": "\ntidied"}


def test_exception_in_post_run_is_an_error(bench: Bench) -> None:
    run = bench.run(HELLO_THEN.format("raise ValueError('late')"))
    assert (run.result.outcome, run.result.cause) == ("errored", "exception")
    assert levels(run)[-1][:2] == ("failure", "post_run")


HELLO_THEN = """
class Sample(Job):
    def run(self, data, commit):
        return "hello"
    def post_run(self):
        {}
"""


@pytest.mark.parametrize(
    ("statement", "headline"),
    [
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("self.run(data, commit)", "RecursionError: maximum recursion depth exceeded"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd: (an exception without text"),
        ("raise ValueError('\\udc80\\x00')", "ValueError: \\udc80\\x00"),
        ("return type('Odd', (), {'__bool__': lambda self: 1 / 0})()", "ZeroDivisionError: division by zero"),
    ],
)
def test_every_way_out_is_an_outcome(bench: Bench, statement: str, headline: str) -> None:
    run = bench.run(f"class Sample(Job):\n    def run(self, data, commit):\n        {statement}\n")
    assert (run.result.outcome, run.result.cause) == ("errored", "exception")
    assert levels(run)[-1][2].startswith(f"An exception occurred: `{headline}")


def test_process_that_exits_by_itself_leaves_no_result(bench: Bench) -> None:
    run = bench.run("import os\nclass Sample(Job):\n    def run(self, data, commit):\n        os._exit(3)\n")
    assert run.reports == []
    assert run.ended is not None
    assert run.ended.status == 3


def test_process_that_dies_of_a_signal_says_of_which(bench: Bench) -> None:
    run = bench.run(
        "import os\nclass Sample(Job):\n    def run(self, data, commit):\n        os.kill(os.getpid(), 11)\n"
    )
    assert run.ended is not None
    assert run.ended.status == -11


def test_printed_text_goes_to_the_output(bench: Bench) -> None:
    run = bench.run(
        """
import subprocess, sys
class Sample(Job):
    def run(self, data, commit):
        print("out \\udc80")
        print("err", file=sys.stderr)
        subprocess.run(["echo", "sub"])
"""
    )
    assert sorted(run.output.split("\n")) == ["", "err", "out \\udc80", "sub"]
    assert run.result.outcome == "completed"


def test_results_of_any_kind_become_json(bench: Bench) -> None:
    run = bench.run(
        """
import datetime, decimal, uuid
class Unfit:
    def __str__(self): raise ValueError
    def __repr__(self): raise ValueError
class Sample(Job):
    def run(self, data, commit):
        loop = []
        loop.append(loop)
        self.results.update({
            1: float("nan"), "inf": -float("inf"), "set": {1}, "date": datetime.date(2030, 1, 2),
            "decimal": decimal.Decimal("1.50"), "bytes": b"\\xff", "unfit": Unfit(), "huge": 10 ** 5000,
            "half": "\\ud800", ("a", 1): "key",
        })
        self.results["loop"] = loop
"""
    )
    data = run.result.data
    assert str(data.pop("loop")).startswith("[[[[")
    assert data.pop("huge") == "(integer of 16610 bits)"
    assert data == {
        "1": "NaN", "inf": "-Infinity", "set": [1], "date": "2030-01-02", "decimal": "1.50", "bytes": "\\xff",
        "unfit": "<Unfit that cannot be shown>", "half": "\\ud800", "('a', 1)": "key", "output": "",
    }  # fmt: skip


def test_too_large_results_are_left_out_with_a_note(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        self.results["big"] = "x" * 30_000_000
        return "y" * 30_000_000
"""
    )
    assert run.result.data["note"] == "30,000,011 bytes of data were too large to keep"
    assert run.result.data["output"].endswith("bytes left out)")


def test_long_log_message_is_cut_with_a_note(bench: Bench) -> None:
    run = bench.run("class Sample(Job):\n    def run(self, data, commit):\n        self.log('ä' * 50_000)\n")
    (message,) = run.messages
    assert len(message.encode()) <= 64 * 1024
    assert message.endswith("… (34,524 bytes left out)")


def test_progress_in_a_tight_loop_is_thinned_and_the_last_one_arrives(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        for number in range(20_000):
            self.progress(number + 1, 20_000, text="step")
"""
    )
    assert len(run.progress) < 10_000
    assert (run.progress[-1].done, run.progress[-1].total, run.progress[-1].text) == (20_000, 20_000, "step")


def test_change_is_reported_and_says_whether_to_do_it(bench: Bench) -> None:
    source = """
class Sample(Job):
    def run(self, data, commit):
        return str(self.change("host-1", before={"vlan": 1}, after={"vlan": 2}, summary="move"))
"""
    dry, wet = bench.run(source, commit=False), bench.run(source)
    assert (dry.result.data["output"], wet.result.data["output"]) == ("\nFalse", "\nTrue")
    (change,) = dry.changes
    assert (change.target, change.before, change.after, change.summary) == ("host-1", {"vlan": 1}, {"vlan": 2}, "move")


def test_read_only_forces_commit_off(bench: Bench) -> None:
    run = bench.run(
        "class Sample(Job):\n    def run(self, data, commit):\n        return repr(commit)\n", read_only=True
    )
    assert run.result.data["output"] == "\nFalse"


def test_output_files_are_reported_complete(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        self.create_file("a.csv", "x;y")
        self.open_file("b.bin", "wb").write(b"\\x00")
        for name in ("../c", "", "d/e"):
            try:
                self.create_file(name, "")
            except ValueError as error:
                self.log(str(error))
"""
    )
    assert {file.name: (Path(file.path).read_bytes(), file.media_type) for file in run.files} == {
        "a.csv": (b"x;y", "text/csv"),
        "b.bin": (b"\x00", "application/octet-stream"),
    }
    assert run.messages[0] == "'../c' cannot be the name of an output file: give a plain file name."
    assert len(run.messages) == 3


def test_keyword_style_receives_variables_by_name(bench: Bench) -> None:
    run = bench.run(
        """
class Sample(Job):
    name = StringVar()
    count = IntegerVar(default=1)
    def run(self, *, name, count, commit):
        return f"{name} {count} {commit}"
""",
        values={"name": "x", "count": 2},
    )
    assert run.result.data["output"] == "\nx 2 True"


def test_module_that_fails_to_import_is_a_source_error(bench: Bench) -> None:
    run = bench.run("import nothing_of_that_name\n")
    assert (run.result.outcome, run.result.cause) == ("errored", "source")
    assert levels(run)[0][:2] == ("failure", "initialization")
    assert "in <module>\n    import nothing_of_that_name\n" in run.messages[0]
    assert "importlib" not in run.messages[0]


def test_class_that_is_not_there_is_a_source_error(bench: Bench) -> None:
    run = bench.run("", "Nowhere")
    assert run.result.cause == "source"
    assert "There is no job Nowhere in job_" in run.messages[0]


def test_file_that_hides_a_module_of_python_is_refused(bench: Bench) -> None:
    (bench.folder / "calendar.py").write_text("")
    run = bench.begin_module("calendar", "Sample").wait()
    assert "calendar.py hides the module 'calendar' that Python or Foureyes needs; rename it" in run.messages[0]


def test_job_imports_its_helpers_and_reads_its_data(bench: Bench) -> None:
    (bench.folder / "helper.py").write_text("WORD = 'helped'\n")
    (bench.folder / "data.yaml").write_text("a: [1]\n")
    (bench.folder / "data.json").write_text('{"b": 2}')
    run = bench.run(
        """
from helper import WORD
class Sample(Job):
    def run(self, data, commit):
        return f"{WORD} {self.load_yaml('data.yaml')} {self.load_json('data.json')}"
"""
    )
    assert run.result.data["output"] == "\nhelped {'a': [1]} {'b': 2}"
    assert not list(bench.folder.rglob("*.pyc"))


def test_request_tells_who_asked(bench: Bench) -> None:
    user = {
        "id": "1", "username": "alice", "email": "alice@example.org", "first_name": "Alice", "last_name": "A",
        "is_superuser": False, "groups": ["operators"],
    }  # fmt: skip
    run = bench.run(
        """
class Sample(Job):
    def run(self, data, commit):
        user = self.request.user
        return f"{user} {user.email} {user.groups.all()} {self.request.META} {self.id == self.request.id}"
""",
        request={"id": "7", "user": user},
        run="7",
    )
    assert run.result.data["output"] == "\nalice alice@example.org ['operators'] {} True"


def test_hook_receiver_is_handed_the_change(bench: Bench) -> None:
    webhook = {"model": "extras.webhook", "pk": "2", "display": "wh1", "url": None, "fields": {}}
    change = {
        "model": "extras.objectchange", "pk": "3", "display": "wh1 created", "url": None,
        "fields": {"action": "create", "changed_object": webhook},
    }  # fmt: skip
    run = sample(bench, "Receiver", values={"object_change": "3"}, snapshots={"object_change": change})
    assert run.messages == ["hook create wh1"]


def test_secrets_of_the_product_are_out_of_reach(bench: Bench) -> None:
    run = bench.run(
        """
import os
from django.conf import settings
class Sample(Job):
    def run(self, data, commit):
        return sorted(name for name in os.environ if name.startswith("FOUREYES"))
"""
    )
    assert run.result.data["output"] == "\n['FOUREYES_RUN_ID']"


def test_threads_and_forks_of_a_job_do_not_tear_the_report(bench: Bench) -> None:
    run = bench.run(
        """
import multiprocessing, threading
def work(job, number):
    for _ in range(200):
        job.log("x" * 500 + str(number))
class Sample(Job):
    def run(self, data, commit):
        threads = [threading.Thread(target=work, args=(self, number)) for number in range(4)]
        forked = multiprocessing.get_context("fork").Process(target=work, args=(self, "forked"))
        for one in [*threads, forked]: one.start()
        for one in [*threads, forked]: one.join()
"""
    )
    assert run.reader.garbled == 0
    assert len(run.logs) == 800
    assert run.output.count("forked\n") == 200


def test_thread_that_outlives_the_job_reports_nothing_after_the_result(bench: Bench) -> None:
    run = bench.run(
        """
import threading, time
def talk(job):
    while True:
        job.log("still here")
class Sample(Job):
    def run(self, data, commit):
        threading.Thread(target=talk, args=(self,)).start()
        time.sleep(0.05)
"""
    )
    assert isinstance(run.reports[-1], Result)


def test_progress_that_is_no_number_is_the_jobs_own_mistake(bench: Bench) -> None:
    run = bench.run("class Sample(Job):\n    def run(self, data, commit):\n        self.progress(float('nan'))\n")
    assert "ValueError: Progress is told in finite numbers." in run.messages[0]


def test_process_pool_of_a_job_works(bench: Bench) -> None:
    run = bench.run(
        """
import multiprocessing
def double(number):
    return 2 * number
class Sample(Job):
    def run(self, data, commit):
        for method in ("fork", "spawn"):
            with multiprocessing.get_context(method).Pool(2) as pool:
                self.log(str(pool.map(double, [1, 2])))
"""
    )
    assert run.messages == ["[2, 4]", "[2, 4]"]


def test_job_has_neither_our_settings_nor_their_library_in_its_process(bench: Bench) -> None:
    run = bench.run(
        """
import sys

class Sample(Job):
    def run(self, data, commit):
        return sorted({"foureyes.conf", "pydantic", "pydantic_settings"} & set(sys.modules))
"""
    )
    assert run.result.data["output"] == ""
