"""What the process that imports author code answers."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.sandbox.test_child import SAMPLE_JOBS

from foureyes.sandbox.launch import describe_command, scrubbed_environment


def ask(**request: Any) -> dict[str, Any]:
    answered = subprocess.run(
        describe_command(),
        input=json.dumps(request),
        env=scrubbed_environment(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(answered.stdout)
    return answer


def describe(folder: Path, module: str, source: str) -> dict[str, Any]:
    (folder / f"{module}.py").write_text(source)
    return ask(do="describe", folder=str(folder), module=module)


def test_sample_jobs_are_described() -> None:
    answer = ask(do="describe", folder=str(SAMPLE_JOBS), module="sample_jobs")
    assert answer["ok"]
    assert answer["module_doc_name"] == "Sample Jobs"
    assert answer["skipped"] == {}
    assert answer["files"] == [str(SAMPLE_JOBS / "sample_jobs.py")]
    assert list(answer["jobs"]) == [
        "Hello", "AllVars", "NeedsApproval", "Sensitive", "Sleeper", "Fails", "CreatesGroup", "Receiver",
    ]  # fmt: skip
    variables = answer["jobs"]["AllVars"]["variables"]
    assert [one["name"] for one in variables][:4] == ["s", "i", "t", "b"]
    in_order = sorted(variables, key=lambda one: one["position"])
    assert [one["name"] for one in in_order][:4] == ["s", "t", "i", "b"]
    assert answer["jobs"]["CreatesGroup"]["uses_database"]
    assert answer["jobs"]["Receiver"]["is_job_hook_receiver"]


def test_file_that_breaks_says_how(tmp_path: Path) -> None:
    answer = describe(tmp_path, "broken", "def f(:\n")
    assert not answer["ok"]
    assert answer["error"].startswith("SyntaxError: invalid syntax")
    assert 'File "broken.py", line 1' in answer["traceback"]


def test_file_that_exits_and_prints_does_not_disturb_the_answer(tmp_path: Path) -> None:
    answer = describe(tmp_path, "exits", "print('{}')\nraise SystemExit(3)\n")
    assert answer["error"] == "SystemExit: 3"


def test_one_bad_class_does_not_hide_the_others(tmp_path: Path) -> None:
    answer = describe(
        tmp_path,
        "mixed",
        """
from foureyes.jobs import *
class Good(Job):
    pass
class BadMeta(Job):
    class Meta:
        task_queues = "default"
class BadName(Job):
    log = StringVar()
class _Base(Job):
    pass
""",
    )
    assert list(answer["jobs"]) == ["Good"]
    assert answer["skipped"] == {
        "BadMeta": "MetaError: Meta.task_queues must be a list of names, not 'default'",
        "BadName": "MetaError: The variable 'log' hides the method log() of jobs; give it another name",
    }


def test_jobs_of_a_package_and_imported_bases(tmp_path: Path) -> None:
    package = tmp_path / "net"
    package.mkdir()
    (tmp_path / "common.py").write_text("from foureyes.jobs import *\nclass Base(Job):\n    site = StringVar()\n")
    (package / "__init__.py").write_text("from .one import One\nfrom common import Base\nname = 'Net'\n")
    (package / "one.py").write_text("from common import Base\nclass One(Base):\n    pass\n")
    answer = ask(do="describe", folder=str(tmp_path), module="net")
    assert list(answer["jobs"]) == ["One"]
    assert answer["jobs"]["One"]["grouping"] == "Net"
    assert [Path(file).name for file in answer["files"]] == ["common.py", "__init__.py", "one.py"]


def test_choices_of_a_function_are_asked_for(tmp_path: Path) -> None:
    source = "from foureyes.jobs import *\nclass A(Job):\n    c = ChoiceVar(choices=lambda: [(1, 'One'), 'two'])\n"
    (spec,) = describe(tmp_path, "dynamic", source)["jobs"]["A"]["variables"]
    assert (spec["choices"], spec["dynamic_choices"]) == (None, True)
    answer = ask(do="choices", folder=str(tmp_path), module="dynamic", **{"class": "A", "variable": "c"})
    assert answer == {"ok": True, "choices": [[1, "One"], ["two", "two"]]}
    answer = ask(do="choices", folder=str(tmp_path), module="dynamic", **{"class": "A", "variable": "d"})
    assert answer["error"] == "SourceError: A has no variable d with choices"


def test_installed_module_is_described_by_entry_point() -> None:
    answer = ask(do="describe", entry_point="foureyes.jobs.job:JobHookReceiver")
    assert answer == {"ok": True, "jobs": {}, "module_doc_name": "foureyes.jobs.job", "files": [], "skipped": {}}
    assert ask(do="describe", entry_point="no_such_package")["error"].startswith("ModuleNotFoundError")
