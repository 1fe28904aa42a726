import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foureyes.backups.archive import Manifest, writing
from foureyes.backups.restore import demand_known_schema, demand_room, drafted, put_in_place
from foureyes.bootstrap.folders import use, use_alone
from foureyes.conf import Conf
from foureyes.errors import Conflict, Invalid, Unavailable

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ABOUT = {"made_at": NOW, "made_by": "9.9", "database": "sqlite", "migrations": [["extras", "0001_initial"]]}


@pytest.fixture
def conf(tmp_path: Path) -> Conf:
    """Of a data folder in which nothing is yet, as every start makes it."""
    found = Conf(data_dir=tmp_path / "data", database_url="")
    found.run_folder.mkdir(parents=True)
    found.jobs_folder.mkdir()
    return found


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    with writing(file, about=ABOUT) as out:
        out.add_bytes("foureyes.sqlite3", b"rows")
        out.add_bytes("files/ab/abc", b"content")
        out.add_bytes("jobs/mine.py", b"# mine")
    return file


def test_parts_get_to_their_places_and_files_are_sealed(conf: Conf, backup: Path) -> None:
    demand_room(conf=conf, replace=False)
    with drafted(file=backup, conf=conf) as draft:
        (draft.folder / "run").mkdir()  # as Django's start in the draft leaves it
        assert put_in_place(draft=draft, conf=conf, now=NOW) is None
    assert sorted(path.name for path in conf.data_dir.iterdir()) == ["files", "foureyes.sqlite3", "jobs", "run"]
    assert (conf.jobs_folder / "mine.py").read_text() == "# mine"
    assert (conf.data_dir / "files/ab/abc").stat().st_mode & 0o777 == 0o400
    assert (conf.data_dir / "foureyes.sqlite3").stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_put_aside_only_if_that_is_wanted(conf: Conf, backup: Path) -> None:
    (conf.data_dir / "foureyes.sqlite3").write_text("others")
    with pytest.raises(Conflict, match="--replace"):
        demand_room(conf=conf, replace=False)
    demand_room(conf=conf, replace=True)
    with drafted(file=backup, conf=conf) as draft:
        aside = put_in_place(draft=draft, conf=conf, now=NOW)
    assert aside is not None
    assert (aside / "foureyes.sqlite3").read_text() == "others"
    assert (conf.data_dir / "foureyes.sqlite3").read_text() == "rows"
    with drafted(file=backup, conf=conf) as draft:
        put_in_place(draft=draft, conf=conf, now=NOW)
    assert (aside / "foureyes.sqlite3").read_text() == "others"


def test_nothing_is_left_of_a_restore_that_was_refused(conf: Conf, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.tar").write_bytes(backup.read_bytes()[:1500])
    with pytest.raises(Invalid), drafted(file=tmp_path / "bad.tar", conf=conf):
        pass
    with pytest.raises(Unavailable, match="No such file"), drafted(file=tmp_path / "none.tar", conf=conf):
        pass
    elsewhere = conf.model_copy(update={"database_url": "postgresql://127.0.0.1/foureyes"})
    with pytest.raises(Conflict, match="FOUREYES_DATABASE_URL"), drafted(file=backup, conf=elsewhere):
        pass
    assert sorted(path.name for path in conf.data_dir.iterdir()) == ["jobs", "run"]


def test_a_folder_in_use_by_any_process_is_not_restored_into(conf: Conf) -> None:
    first, second = use(conf), use(conf)  # a server, and a role that runs alone
    with pytest.raises(Conflict, match="is in use"):
        use_alone(conf)
    os.close(first)
    os.close(second)
    alone = use_alone(conf)
    with pytest.raises(Conflict, match="is being restored"):
        use(conf)
    os.close(alone)


def test_rows_of_a_newer_version_are_refused() -> None:
    demand_known_schema(Manifest(**ABOUT))
    newer = Manifest(**{**ABOUT, "migrations": [["extras", "0001_initial"], ["extras", "9999_from_tomorrow"]]})
    with pytest.raises(Conflict, match=r"Foureyes 9\.9, which is newer \(it has extras\.9999_from_tomorrow\)"):
        demand_known_schema(newer)
