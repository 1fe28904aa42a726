"""Jobs over files: delete old ones, with a second person's approval, and back a folder up."""

import tarfile
import time
from pathlib import Path

from foureyes.jobs import BooleanVar, IntegerVar, Job, StringVar

name = "Files"

DAY = 24 * 60 * 60
# A rule that must always hold belongs into the job, where no form and no caller can forget it.
SYSTEM = [Path(path) for path in ("/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr")]


def existing_folder(path):
    """The folder that `path` names, with links resolved."""
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder} on this machine.")
    return folder


def size_text(size):
    """A number of bytes as people read it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


class PurgeOldFiles(Job):
    """Deletes what is old. A dry run lists the same files as changes and deletes nothing."""

    folder = StringVar(description="Absolute path; the files directly in it and below are looked at.", regex=r"^/.+")
    pattern = StringVar(description="Shell pattern of the file names.", default="*.log", max_length=100)
    older_than_days = IntegerVar(label="Older than (days)", description="By last change.", default=30, min_value=1)
    remove_empty_folders = BooleanVar(description="Afterwards, remove folders below that are empty.", default=False)

    class Meta:
        name = "Purge old files"
        description = "Deletes files that match a pattern and have not changed for some days."
        has_sensitive_variables = False
        approval_required = True
        concurrency_limit = 1

    def run(self, *, folder, pattern, older_than_days, remove_empty_folders):
        root = existing_folder(folder)
        if root == Path("/") or any(root.is_relative_to(folder) for folder in SYSTEM):
            raise ValueError(f"Nothing is deleted in {root}: it belongs to the system.")
        limit = time.time() - older_than_days * DAY
        old = [file for file in sorted(root.rglob(pattern)) if self.is_old(file, limit)]
        freed = sum(self.purge(file, index, len(old)) for index, file in enumerate(old, start=1))
        if remove_empty_folders:
            self.remove_empty(root)
        self.log_success(message=f"{len(old)} files, {size_text(freed)}")
        return {"files": len(old), "bytes": freed}

    def is_old(self, file, limit):
        return file.is_file() and not file.is_symlink() and file.stat().st_mtime < limit

    def purge(self, file, index, count):
        self.progress(index, count, file.name)
        status = file.stat()
        age = int((time.time() - status.st_mtime) / DAY)
        # `change` reports the intention and says whether to do it: not in a dry run.
        if self.change(str(file), before={"bytes": status.st_size, "age_days": age}, after=None, summary="delete"):
            file.unlink()
        return status.st_size

    def remove_empty(self, root):
        for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
            if not any(folder.iterdir()) and self.change(str(folder), before="empty", after=None, summary="remove"):
                folder.rmdir()


class BackUpFolder(Job):
    """Shows progress and hands over a file that can be downloaded from the run."""

    folder = StringVar(description="Absolute path of the folder to back up.", regex=r"^/.+")
    exclude = StringVar(description="Shell pattern of file names to leave out.", default="", required=False)

    class Meta:
        name = "Back up a folder"
        description = "Packs a folder into a `.tar.gz`, attached to the run."
        has_sensitive_variables = False
        read_only = True  # the archive belongs to the run; the machine stays as it is
        soft_time_limit = 1800
        time_limit = 1860

    def run(self, *, folder, exclude):
        root = existing_folder(folder)
        files = [file for file in sorted(root.rglob("*")) if file.is_file() and not (exclude and file.match(exclude))]
        total = sum(file.stat().st_size for file in files)
        self.log_info(message=f"{len(files)} files, {size_text(total)}")
        with self.open_file(f"{root.name}.tar.gz", "wb") as out, tarfile.open(fileobj=out, mode="w:gz") as archive:
            self.pack(archive, root, files, total)
        return {"files": len(files), "bytes": total}

    def pack(self, archive, root, files, total):
        done = 0
        for file in files:
            try:
                archive.add(file, arcname=str(Path(root.name, file.relative_to(root))))
                done += file.stat().st_size
            except OSError as error:
                self.log_warning(message=f"left out {file}: {error.strerror}")
            self.progress(done, total, file.name)
