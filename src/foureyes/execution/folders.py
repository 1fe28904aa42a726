"""Where the processes of runs find their source and work: below the data folder, or outside it for another user."""

import hashlib
import os
import pwd
import shutil
from pathlib import Path
from uuid import UUID

from foureyes.conf import Conf
from foureyes.errors import Unavailable
from foureyes.models import InputFile
from foureyes.runs.files import content_path

OUTSIDE = Path("/var/tmp")  # noqa: S108 - the folder made in it is checked to be ours


def bundle_root(conf: Conf) -> Path:
    """Folder of the unpacked source bundles."""
    return _root(conf)


def work_folder(conf: Conf, run_id: UUID) -> Path:
    """The folder that belongs to one run while it runs."""
    return _root(conf) / "work" / str(run_id)


def make_work_folder(conf: Conf, run_id: UUID) -> Path:
    """An empty folder for one run, which the job's process may write."""
    folder = work_folder(conf, run_id)
    folder.parent.mkdir(exist_ok=True, mode=0o711)
    if folder.exists():  # of an attempt whose worker was lost
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    give(conf, folder)
    return folder


def remove_work_folder(conf: Conf, run_id: UUID) -> None:
    """Remove it with everything in it."""
    folder = work_folder(conf, run_id)
    try:
        folder.rmdir()  # most are empty
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def put_input(conf: Conf, folder: Path, variable: str, file: InputFile) -> Path:
    """A copy of an input file in the work folder: the job may write to it without harm to the store."""
    place = folder / "inputs" / variable
    place.mkdir(parents=True)
    path = place / "content"
    shutil.copyfile(content_path(file.sha256), path)
    for made in (folder / "inputs", place, path):
        give(conf, made)
    return path


def give(conf: Conf, path: Path) -> None:
    """Hand a file or folder to the operating-system user that jobs run as, if there is one."""
    if conf.run_as_user:
        account = pwd.getpwnam(conf.run_as_user)
        os.chown(path, account.pw_uid, account.pw_gid)


def _root(conf: Conf) -> Path:
    if not conf.run_as_user:
        conf.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return conf.data_dir
    # The data folder holds keys and the database and stays closed to that user.
    name = hashlib.sha256(str(conf.data_dir).encode()).hexdigest()[:16]
    root = OUTSIDE / f"foureyes-{name}"
    root.mkdir(exist_ok=True, mode=0o711)
    found = root.lstat()
    if found.st_uid != os.geteuid() or not root.is_dir() or root.is_symlink() or found.st_mode & 0o022:
        raise Unavailable(f"{root} belongs to somebody else; jobs cannot be started.", code="work_folder_not_ours")
    return root
