"""Jobs as their authors call them in unit tests: without a worker."""

import logging
from pathlib import Path
from typing import Any

import pytest

from foureyes.jobs import IntegerVar, Job, JobHookReceiver, StringVar
from foureyes.jobs.context import MemoryReporter, Snapshot, SnapshotList, wrap
from foureyes.jobs.describe import describe, variables_of
from foureyes.jobs.job import Surroundings, attach
from foureyes.jobs.meta import MetaError, options_of
from foureyes.jobs.steps import call_run, declared_tests


def attached(job: Job, *, commit: bool = False) -> MemoryReporter:
    reporter = MemoryReporter()
    attach(job, Surroundings(commit=commit, reporter=reporter))
    return reporter


def test_log_methods_take_an_object_or_one_text() -> None:
    job = Job()
    reporter = attached(job)
    job.log("a")
    job.log_debug("b")
    job.log_success("c")
    job.log_info(obj=5, message="d")
    job.log_warning("obj", "e")
    job.log_info(5)
    assert [(line.level, line.obj, line.message) for line in reporter.lines] == [
        ("default", None, "a"),
        ("default", None, "b"),
        ("success", None, "c"),
        ("info", 5, "d"),
        ("warning", "obj", "e"),
        ("info", 5, "None"),
    ]
    assert not job.failed


def test_log_failure_sets_failed() -> None:
    job = Job()
    job.log_failure("no")
    assert job.failed


def test_logger_maps_levels_and_extras() -> None:
    job = Job()
    reporter = attached(job)
    job.logger.debug("%s", 1)
    job.logger.info("b")
    job.logger.success("c")
    job.logger.warning("d", extra={"grouping": "g", "object": 7})
    job.logger.error("e")
    assert [(line.level, line.grouping, line.message, line.obj) for line in reporter.lines] == [
        ("default", "run", "1", None),
        ("info", "run", "b", None),
        ("success", "run", "c", None),
        ("warning", "g", "d", 7),
        ("failure", "run", "e", None),
    ]
    assert not job.failed
    assert logging.Logger.manager.loggerDict.get(job.logger.name) is None


def test_author_may_replace_the_constructor() -> None:
    class Own(Job):
        def __init__(self) -> None:
            self.mine = 1

    job = Own()
    attached(job)
    job.log("x")
    assert job.mine == 1


@pytest.mark.parametrize("commit", [True, False])
def test_change_says_whether_to_do_it(commit: bool) -> None:
    job = Job()
    reporter = attached(job, commit=commit)
    assert job.change("port 1", before=1, after=2, summary="move") is commit
    assert reporter.changes == [{"target": "port 1", "before": 1, "after": 2, "summary": "move"}]


def test_output_file_is_written() -> None:
    job = Job()
    reporter = attached(job)
    job.create_file("a.txt", "ä")
    assert reporter.folder is not None
    assert (reporter.folder / "a.txt").read_text(encoding="utf-8") == "ä"
    with pytest.raises(ValueError, match="opened for writing"):
        job.open_file("a.txt", "r")


class Positional(Job):
    def run(self, data: dict[str, Any], commit: bool) -> Any:
        return "data", data, commit


class OddNames(Job):
    def run(self, values: dict[str, Any], really: bool) -> Any:  # type: ignore[override]
        return "data", values, really


class Keyword(Job):
    a = StringVar()
    b = IntegerVar()

    def run(self, *, b: int, a: str) -> Any:  # type: ignore[override]
        return "keyword", a, b


class KeywordWithoutStar(Job):
    a = StringVar()
    b = IntegerVar()

    def run(self, a: str, b: int) -> Any:  # type: ignore[override]
        return "keyword", a, b


class Everything(Job):
    a = StringVar()

    def run(self, **values: Any) -> Any:  # type: ignore[override]
        return "keyword", values


class WithCommit(Job):
    a = StringVar()

    def run(self, a: str, commit: bool) -> Any:  # type: ignore[override]
        return "keyword", a, commit


class Nothing(Job):
    def run(self) -> Any:  # type: ignore[override]
        return "nothing"


@pytest.mark.parametrize(
    ("job_class", "returned"),
    [
        (Positional, ("data", {"a": "x", "b": 1}, True)),
        (OddNames, ("data", {"a": "x", "b": 1}, True)),
        (Keyword, ("keyword", "x", 1)),
        (KeywordWithoutStar, ("keyword", "x", 1)),
        (Everything, ("keyword", {"a": "x", "b": 1})),
        (WithCommit, ("keyword", "x", True)),
        (Nothing, "nothing"),
    ],
)
def test_signature_of_run_decides_how_it_is_called(job_class: type[Job], returned: Any) -> None:
    job = job_class()
    attached(job, commit=True)
    assert call_run(job, {"a": "x", "b": 1}) == returned


class Base(Job):
    site = StringVar()
    b = StringVar()

    def test_base(self) -> None:
        pass


class Child(Base):
    c = StringVar()
    a = StringVar()
    name = StringVar()

    class Meta:
        field_order = ("a", "gone")
        description = """
            First line.
              Indented.
        """
        is_singleton = True
        soft_time_limit = 5

    def test_z(self) -> None:
        pass

    def test_b(self) -> None:
        pass


class Grouped(Base):
    c = StringVar()

    class Meta:
        field_order = ("c", "site")
        field_groups = {"Where": ["site", "gone"], "How": ["b", "site"]}  # noqa: RUF012 - as authors write it


def test_variables_of_groups_come_last_each_under_its_first_heading() -> None:
    specs = describe(Grouped, grouping="G")["variables"]
    assert [(spec["name"], spec.get("group")) for spec in specs] == [("c", None), ("site", "Where"), ("b", "How")]


@pytest.mark.parametrize("groups", [["site"], {"Where": "site"}, {1: ["site"]}])
def test_groups_that_are_none_are_told(groups: object) -> None:
    kind = type("Wrong", (Base,), {"Meta": type("Meta", (), {"field_groups": groups})})
    with pytest.raises(MetaError, match="field_groups"):
        describe(kind, grouping="G")


def test_variables_come_in_form_order_and_know_their_position() -> None:
    assert list(variables_of(Child)) == ["a", "site", "b", "c", "name"]
    specs = describe(Child, grouping="G")["variables"]
    assert [(spec["name"], spec["position"]) for spec in specs] == [
        ("a", 3),
        ("site", 0),
        ("b", 1),
        ("c", 2),
        ("name", 4),
    ]


def test_tests_are_listed_as_declared() -> None:
    assert declared_tests(Child) == ["test_base", "test_z", "test_b"]


def test_meta_has_the_defaults_of_1x() -> None:
    options = options_of(Base)
    assert (options.name, options.has_sensitive_variables, options.commit_default) == ("Base", True, True)
    assert (options.approval_required, options.read_only, options.hidden, options.database) == (False,) * 4


def test_meta_is_read() -> None:
    described = describe(Child, grouping="G")
    assert (described["name"], described["grouping"]) == ("Child", "G")
    assert described["description"] == "First line.\n  Indented."
    assert described["concurrency_limit"] == 1
    assert described["soft_time_limit"] == 5.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("approval_required", "no"),
        ("task_queues", "default"),
        ("soft_time_limit", -1),
        ("max_retries", True),
        ("concurrency_limit", 0),
        ("priority", 1001),
        ("name", 5),
    ],
)
def test_meta_that_cannot_be_is_refused(name: str, value: Any) -> None:
    job_class = type("Odd", (Job,), {"Meta": type("Meta", (), {name: value})})
    with pytest.raises(MetaError, match=f"Meta.{name} must be"):
        options_of(job_class)


def test_receiver_without_its_method_is_an_error() -> None:
    change = Snapshot(model="extras.objectchange", pk=1, display="c", fields={"action": "create"})
    with pytest.raises(NotImplementedError, match="does not implement receive_job_hook"):
        JobHookReceiver().run({"object_change": change}, True)


def test_snapshot_reads_like_a_row() -> None:
    row = wrap({"model": "auth.group", "pk": 1, "display": "ops", "fields": {"name": "ops"}, "url": "/x/"})
    assert (row.pk, row.id, row.name, str(row), row.get_absolute_url()) == (1, 1, "ops", "ops", "/x/")
    assert repr(row) == "<auth.group: ops>"
    assert row == wrap({"model": "auth.group", "pk": 1, "display": "renamed", "fields": {}})
    with pytest.raises(AttributeError, match="declares `database = True`"):
        row.permissions  # noqa: B018
    with pytest.raises(AttributeError, match="is read-only"):
        row.name = "other"


def test_snapshots_read_like_a_queryset() -> None:
    rows = wrap([{"model": "auth.group", "pk": pk, "display": str(pk), "fields": {}} for pk in (1, 2)])
    assert isinstance(rows, SnapshotList)
    assert (len(rows), rows.count(), rows.exists(), rows.first().pk, [row.pk for row in rows.all()]) == (
        2,
        2,
        True,
        1,
        [1, 2],
    )
    assert SnapshotList().first() is None
    with pytest.raises(AttributeError, match="declares `database = True`"):
        rows.filter  # noqa: B018


def test_data_files_lie_beside_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mod_with_data.py").write_text("from foureyes.jobs import Job\nclass A(Job):\n    pass\n")
    (tmp_path / "d.json").write_text('{"a": 1}')
    monkeypatch.syspath_prepend(str(tmp_path))
    from mod_with_data import A  # type: ignore[import-not-found]

    assert A().load_json("d.json") == {"a": 1}
