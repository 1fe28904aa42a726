"""Job files appear, change, break and go; rows follow."""

import os
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foureyes import conf
from foureyes.catalog.bundles import unpack
from foureyes.catalog.descriptions import read_description
from foureyes.catalog.discover import Discovery, Report
from foureyes.catalog.edit import delete_jobs, edit_job
from foureyes.catalog.queries import broken_modules
from foureyes.errors import Invalid
from foureyes.models import Event, Job, SourceBundle
from foureyes.users.models import User

from .conftest import CLASS_VALUES

pytestmark = pytest.mark.django_db
Kinds = Callable[[], list[str]]

HELLO = """
    from foureyes.jobs import Job

    class Hello(Job):
        class Meta:
            has_sensitive_variables = False
            {meta}

        def run(self, data, commit):
            return "hello"
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text))
    return file


def hello(folder: Path, meta: str = "pass", name: str = "hello.py") -> Path:
    return write(folder, name, HELLO.format(meta=meta))


@pytest.fixture
def discovery(folder: Path) -> Iterator[Discovery]:
    found = Discovery(folder=folder)
    yield found
    found.close()


@pytest.fixture
def scan(discovery: Discovery, now: datetime) -> Callable[[], Report]:
    return lambda: discovery.scan(now=now)


def test_a_new_class_gets_a_disabled_row(folder: Path, scan: Any, now: datetime, kinds: Kinds) -> None:
    hello(folder, "name = 'Say hello'; time_limit = 5; priority = 2; approval_required = True")
    report = scan()
    assert report.changed == ("local/hello/Hello",)
    job = Job.objects.get()
    assert (job.class_path, job.slug, job.name, job.grouping) == (
        "local/hello/Hello",
        "local-hello-hello",
        "Say hello",
        "hello",
    )
    assert (job.enabled, job.installed, job.time_limit, job.priority) == (False, True, 5.0, 2)
    assert (job.approval_required, job.gated) == (True, True)
    assert (job.created, job.last_updated) == (now.date(), now)
    assert kinds() == ["job.discovered"]
    assert job.bundle is not None
    assert list(unpack(job.bundle)) == ["hello.py"]


def test_nothing_is_asked_of_the_database_when_nothing_changed(
    folder: Path, scan: Any, django_assert_num_queries: Any
) -> None:
    hello(folder)
    write(folder, "broken.py", "def broken(:")
    scan()
    with django_assert_num_queries(0):
        assert scan().changed == ()


def test_touching_a_file_imports_nothing(
    folder: Path, discovery: Discovery, scan: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    file = hello(folder)
    scan()
    os.utime(file, ns=(1, 1))
    with django_assert_num_queries(0):
        report = discovery.step(now=now)
    assert not report.busy


def test_an_edit_is_followed_and_the_new_source_is_kept(folder: Path, scan: Any, kinds: Kinds) -> None:
    hello(folder)
    scan()
    old = Job.objects.get().bundle_id
    hello(folder, "description = 'New.'")
    assert scan().changed == ("local/hello/Hello",)
    job = Job.objects.get()
    assert (job.description, job.bundle_id == old) == ("New.", False)
    assert SourceBundle.objects.count() == 2
    assert kinds() == ["job.discovered", "job.source_changed", "job.synced"]
    assert Event.objects.get(kind="job.synced").data == {"changes": {"description": ["", "New."]}}
    assert Event.objects.get(kind="job.source_changed").data == {"from": old, "to": job.bundle_id}


def test_a_helper_that_a_job_imports_is_part_of_its_source(folder: Path, scan: Any) -> None:
    hello(folder)
    write(folder, "with_helper.py", "import _helper\n" + textwrap.dedent(HELLO.format(meta="pass")))
    helper = write(folder, "_helper.py", "x = 1")
    scan()
    helper.write_text("x = 2")
    assert scan().changed == ("local/with_helper/Hello",)


def test_a_file_loaded_by_a_computed_name_is_part_of_the_source(folder: Path, scan: Any) -> None:
    text = "import importlib\nimportlib.import_module('_hid' + 'den')\n"
    write(folder, "hello.py", text + textwrap.dedent(HELLO.format(meta="pass")))
    write(folder, "_hidden.py", "x = 1")
    scan()
    bundle = Job.objects.get().bundle
    assert bundle is not None
    assert sorted(unpack(bundle)) == ["_hidden.py", "hello.py"]


def test_new_data_files_are_noticed(folder: Path, scan: Any) -> None:
    hello(folder, "data_files = ['data/*.csv']")
    write(folder, "data/a.csv", "1")
    scan()
    write(folder, "data/b.csv", "2")
    assert scan().changed == ("local/hello/Hello",)
    bundle = Job.objects.get().bundle
    assert bundle is not None
    assert sorted(unpack(bundle)) == ["data/a.csv", "data/b.csv", "hello.py"]


def test_a_package_is_a_module_too(folder: Path, scan: Any) -> None:
    write(folder, "pkg/__init__.py", "from .inner import Inner\n")
    write(folder, "pkg/inner.py", HELLO.format(meta="pass").replace("Hello", "Inner"))
    write(folder, "no_package/inner.py", "")
    write(folder, "_private.py", "raise SystemExit")
    write(folder, ".hidden.py", "raise SystemExit")
    assert scan().modules == 1
    assert Job.objects.get().class_path == "local/pkg/Inner"


def test_what_a_person_overrode_stays(folder: Path, scan: Any, bob: User, now: datetime) -> None:
    hello(folder, "name = 'One'; description = 'one'")
    scan()
    edit_job(job=Job.objects.get(), changes={"name": "Mine", "name_override": True}, by=bob, now=now)
    hello(folder, "name = 'Two'; description = 'two'")
    scan()
    job = Job.objects.get()
    assert (job.name, job.description) == ("Mine", "two")
    back = edit_job(job=job, changes={"name_override": False}, by=bob, now=now)
    assert back.name == "Two"


def test_a_broken_file_disables_its_own_jobs_with_the_first_line(folder: Path, scan: Any, kinds: Kinds) -> None:
    hello(folder)
    hello(folder, name="other.py")
    scan()
    write(folder, "hello.py", "from foureyes.jobs import Job\n\ndef broken(:\n")
    report = scan()
    error = "SyntaxError: invalid syntax (hello.py, line 3)"
    assert report.broken == {"local/hello": error}
    broken, other = Job.objects.order_by("module_name")
    assert (broken.import_error, broken.installed) == (error, True)
    assert other.import_error == ""
    assert kinds()[2:] == ["module.broken", "job.broken"]
    hello(folder)
    assert scan().broken == {}
    assert Job.objects.get(module_name="hello").import_error == ""
    assert kinds()[4:] == ["module.repaired", "job.repaired"]


def test_a_file_broken_from_the_start_is_told_once(folder: Path, scan: Any, now: datetime, kinds: Kinds) -> None:
    write(folder, "broken.py", "import nothing_of_this_name")
    error = "ModuleNotFoundError: No module named 'nothing_of_this_name'"
    assert scan().broken == {"local/broken": error}
    assert not Job.objects.exists()
    assert [(one.source, one.module_name, one.error) for one in broken_modules()] == [("local", "broken", error)]
    after_restart = Discovery(folder=folder)
    assert after_restart.scan(now=now).broken == {"local/broken": error}
    assert kinds() == ["module.broken"]
    (folder / "broken.py").unlink()
    after_restart.scan(now=now)
    assert broken_modules() == []
    assert kinds() == ["module.broken", "module.removed"]


def test_a_file_heals_when_what_it_missed_appears(folder: Path, scan: Any) -> None:
    write(folder, "hello.py", "import _late\n" + textwrap.dedent(HELLO.format(meta="pass")))
    assert scan().broken != {}
    write(folder, "_late.py", "")
    assert scan().broken == {}
    assert Job.objects.get().installed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os; os._exit(3)", "ended without an answer (exit code 3)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died of SIGSEGV"),
        ("while True: pass", "TimeoutError: not done after 8 seconds"),
        ("print('x' * 10_000_000); raise ValueError('first\\nsecond')", "ValueError: first"),
    ],
)
def test_whatever_a_file_does_the_others_are_found(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, text: str, error: str
) -> None:
    monkeypatch.setenv("FOUREYES_DISCOVER_TIMEOUT_SECONDS", "8" if "while" in text else "60")
    conf.get_conf.cache_clear()
    write(folder, "awful.py", text)
    hello(folder)
    try:
        report = Discovery(folder=folder).scan(now=now)
    finally:
        monkeypatch.undo()
        conf.get_conf.cache_clear()
    assert error in report.broken["local/awful"]
    assert Job.objects.get().class_path == "local/hello/Hello"


def test_a_step_never_waits_for_a_file_that_hangs(folder: Path, discovery: Discovery, now: datetime) -> None:
    go_on = folder.with_name("go on")
    write(folder, "hanging.py", f"import os, time\nwhile not os.path.exists({str(go_on)!r}): time.sleep(0.01)")
    hello(folder)
    deadline = time.monotonic() + 60
    while not Job.objects.exists():
        assert discovery.step(now=now).busy
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert discovery.step(now=now).busy  # it came back although the file still hangs
    go_on.touch()
    while discovery.step(now=now).busy:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_jobs_of_a_removed_file_are_not_installed_and_come_back(folder: Path, scan: Any, kinds: Kinds) -> None:
    file = hello(folder)
    scan()
    file.unlink()
    assert scan().changed == ("local/hello/Hello",)
    assert not Job.objects.get().installed
    hello(folder)
    scan()
    assert Job.objects.get().installed
    assert kinds() == ["job.discovered", "job.vanished", "job.returned"]


def test_a_class_that_is_gone_is_not_installed(folder: Path, scan: Any) -> None:
    hello(folder)
    scan()
    write(folder, "hello.py", HELLO.format(meta="pass").replace("Hello", "Other"))
    scan()
    assert list(Job.objects.order_by("job_class_name").values_list("job_class_name", "installed")) == [
        ("Hello", False),
        ("Other", True),
    ]


def test_jobs_gone_while_nobody_watched_are_noticed(folder: Path, scan: Any, now: datetime) -> None:
    file = hello(folder)
    scan()
    file.unlink()
    Discovery(folder=folder).scan(now=now)
    assert not Job.objects.get().installed


def test_a_folder_that_cannot_be_read_removes_nothing(folder: Path, scan: Any, now: datetime) -> None:
    hello(folder)
    scan()
    no_folder = folder / "hello.py"
    report = Discovery(folder=no_folder).scan(now=now)
    assert report.warnings == (f"{no_folder}: Not a directory",)
    assert Job.objects.get().installed


def test_a_folder_that_is_not_there_is_empty(folder: Path, now: datetime) -> None:
    assert Discovery(folder=folder / "nowhere").scan(now=now).modules == 0


def test_the_same_source_after_a_restart_writes_nothing(folder: Path, scan: Any, now: datetime, kinds: Kinds) -> None:
    hello(folder)
    scan()
    assert Discovery(folder=folder).scan(now=now).changed == ()
    assert kinds() == ["job.discovered"]


def imports(folder: Path) -> int:
    """How often the file made by `marking` was imported."""
    marks = folder / ".marks"
    return len(marks.read_text()) if marks.exists() else 0


def marking(folder: Path) -> Path:
    text = f"open({str(folder / '.marks')!r}, 'a').write('x')\n"
    return write(folder, "hello.py", text + textwrap.dedent(HELLO.format(meta="pass")))


def test_a_restart_imports_nothing_that_is_known(folder: Path, now: datetime) -> None:
    marking(folder)
    write(folder, "helpers.py", "x = 1")
    Discovery(folder=folder).scan(now=now)
    report = Discovery(folder=folder).scan(now=now)
    assert (report.modules, report.changed, imports(folder)) == (2, (), 1)


def test_a_restart_imports_what_the_rows_do_not_follow(folder: Path, now: datetime) -> None:
    marking(folder)
    Discovery(folder=folder).scan(now=now)
    Job.objects.all().delete()
    assert Discovery(folder=folder).scan(now=now).changed == ("local/hello/Hello",)
    assert imports(folder) == 2


def test_a_restart_after_an_upgrade_imports_everything(
    folder: Path, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    marking(folder)
    Discovery(folder=folder).scan(now=now)
    site = tmp_path / "site"
    (site / "tool-1.0.dist-info").mkdir(parents=True)
    (site / "tool-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(site))
    Discovery(folder=folder).scan(now=now)
    assert imports(folder) == 2


def test_a_damaged_memory_is_ignored(folder: Path, now: datetime) -> None:
    marking(folder)
    Discovery(folder=folder).scan(now=now)
    (conf.get_conf().data_dir / "catalog.json").write_text('{"folder": 3')
    Discovery(folder=folder).scan(now=now)
    assert imports(folder) == 2


def test_an_edit_while_nobody_watched_is_followed(folder: Path, scan: Any, now: datetime) -> None:
    hello(folder)
    scan()
    hello(folder, "hidden = True")
    assert Discovery(folder=folder).scan(now=now).changed == ("local/hello/Hello",)
    assert Job.objects.get().hidden


def test_source_raises_the_gate_and_never_lowers_it(folder: Path, scan: Any, kinds: Kinds) -> None:
    hello(folder)
    scan()
    assert not Job.objects.get().gated
    hello(folder, "approval_required = True")
    scan()
    assert Job.objects.get().gated
    assert "job.gated" in kinds()
    hello(folder)
    scan()
    job = Job.objects.get()
    assert (job.approval_required, job.gated) == (False, True)


def test_deleting_a_gated_job_is_no_way_to_open_its_gate(folder: Path, scan: Any, bob: User, now: datetime) -> None:
    hello(folder, "approval_required = True")
    scan()
    delete_jobs(jobs=[Job.objects.get()], by=bob, now=now)
    hello(folder)
    scan()
    job = Job.objects.get()
    assert (job.approval_required, job.gated) == (False, True)


def test_two_classes_of_one_name_get_names_apart(folder: Path, scan: Any) -> None:
    for name in ("a", "b"):
        write(folder, f"{name}.py", "name = 'Ours'\n" + textwrap.dedent(HELLO.format(meta="name = 'Same'")))
    scan()
    names = sorted(Job.objects.values_list("name", flat=True))
    assert names in (["Same", "Same (a.Hello)"], ["Same", "Same (b.Hello)"])
    assert scan().changed == ()


def test_long_names_are_cut_with_a_warning(folder: Path, scan: Any) -> None:
    hello(folder, f"name = '{'x' * 120}'")
    report = scan()
    assert report.warnings == ("local/hello/Hello: Its name is cut to 100 characters.",)
    assert len(Job.objects.get().name) == 100


def test_a_class_that_cannot_be_taken_leaves_the_others_alone(folder: Path, scan: Any, kinds: Kinds) -> None:
    both = HELLO.format(meta="pass") + HELLO.format(meta="pass").replace("Hello", "Other")
    write(folder, "hello.py", both)
    scan()
    write(folder, "hello.py", both.replace("pass", "priority = 10 ** 9", 1))
    report = scan()
    assert "Hello" in report.warnings[0]
    broken, other = Job.objects.order_by("job_class_name")
    assert (bool(broken.import_error), broken.installed) == (True, True)
    assert other.import_error == ""


def test_a_class_that_cannot_be_taken_is_told_until_it_can(folder: Path, scan: Any, kinds: Kinds) -> None:
    """A new one has no row that could say so."""
    hello(folder, "priority = 10 ** 9")
    scan()
    (told,) = broken_modules()
    assert (told.source, told.module_name) == ("local", "hello/Hello")
    assert "priority" in told.error
    hello(folder, "priority = 10 ** 10")
    scan()
    assert len(broken_modules()) == 1
    hello(folder)
    scan()
    assert broken_modules() == []
    assert Job.objects.get().installed
    hello(folder, "priority = 10 ** 9")
    scan()
    (folder / "hello.py").unlink()
    scan()
    assert broken_modules() == []


def test_names_have_nothing_that_nobody_sees(folder: Path, scan: Any) -> None:
    """G22: jobs are told apart by their names."""
    hello(folder, "name = 'Pur\\u200bge\\u202e'; grouping = 'Fi\\u2066les'")
    scan()
    job = Job.objects.get()
    assert job.name == "Purge"
    hello(folder, "name = '\\u200b'")
    assert "Its name is not a text that can be seen." in scan().warnings[0]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"type": "Nope"},
        {"type": "StringVar", "required": "yes"},
        {"type": "StringVar", "regex": "("},
        {"type": "StringVar", "max_length": "q"},
        {"type": "IntegerVar", "min_value": "x"},
        {"type": "ChoiceVar", "choices": 5},
        {"type": "ChoiceVar", "choices": [["x"]]},
        {"type": "StringVar", "label": {"a": 1}},
        {"type": "ObjectVar"},
        {"type": "ObjectVar", "model": "users.user", "query_params": 3},
    ],
)
def test_variables_that_the_process_makes_up_are_refused(spec: dict[str, Any]) -> None:
    """The process runs the author's code, which can answer in the name of ours."""
    told = {
        **CLASS_VALUES,
        "variables": [{"name": "a", "required": True, **spec}],
        "test_methods": [],
        "data_files": [],
    }
    told |= {"uses_database": False, "priority": 0, "max_retries": 0, "retry_delay_seconds": 0.0}
    told["is_job_hook_receiver"] = False
    with pytest.raises(Invalid):
        read_description(class_name="Hello", told=told)
    told["variables"] = [{"name": "a", "required": True, "type": "StringVar"}]
    assert read_description(class_name="Hello", told=told).columns["variables"] == told["variables"]


def test_names_that_are_too_long_are_refused(folder: Path, scan: Any) -> None:
    write(folder, f"{'m' * 101}.py", "")
    write(folder, "hello.py", HELLO.format(meta="pass").replace("Hello", "H" * 101))
    report = scan()
    assert any("the module's name has more than 100 characters" in warning for warning in report.warnings)
    assert any("Its name has more than 100 characters." in warning for warning in report.warnings)
    assert not Job.objects.exists()


def test_a_file_without_jobs_is_nobodys_business(folder: Path, scan: Any, kinds: Kinds) -> None:
    write(folder, "helpers.py", "x = 1")
    report = scan()
    assert (report.modules, report.changed, report.broken) == (1, (), {})
    assert kinds() == []


def test_a_file_outside_of_the_folder_is_refused(folder: Path, scan: Any, tmp_path: Path) -> None:
    outside = hello(tmp_path, name="outside.py")
    (folder / "outside.py").symlink_to(outside)
    assert "link to outside" in scan().broken["local/outside"]


def test_the_process_that_imports_knows_no_secrets(folder: Path, scan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUREYES_SECRET_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@h/d")
    write(folder, "nosy.py", "import os\nraise ValueError(repr([k for k, v in os.environ.items() if 's3cret' in v]))")
    assert scan().broken == {"local/nosy": "ValueError: []"}
