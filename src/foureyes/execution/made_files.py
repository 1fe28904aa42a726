"""Takes output files of a job into the store. The job names them, so nothing outside its work folder is taken."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from foureyes.conf import Conf
from foureyes.errors import Invalid
from foureyes.execution.folders import work_folder
from foureyes.runs.files import CHUNK, put
from foureyes.runs.reports import MadeFile
from foureyes.sandbox.protocol import File


def keep_output(conf: Conf, run_id: UUID, file: File) -> MadeFile:
    """Copy one file into the store. Refuses what is no plain file of the work folder, and what is too large."""
    folder = work_folder(conf, run_id).resolve()
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _demand_own_file(descriptor, folder)
        stored = put(_chunks(descriptor), most_bytes=conf.max_output_file_bytes)
    finally:
        os.close(descriptor)
    return MadeFile(name=file.name, sha256=stored.sha256, size=stored.size, media_type=file.media_type)


def _demand_own_file(descriptor: int, folder: Path) -> None:
    # Asked of the open file: between a check of the name and the opening the job could change what the name means.
    found = os.fstat(descriptor)
    place = Path(f"/proc/self/fd/{descriptor}").readlink()
    # A second name of the file may lie outside the folder: it could be a file that only we may read.
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or not place.is_relative_to(folder):
        raise Invalid("it is no plain file in the folder of the run.", code="output_file_outside")


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK):
        yield chunk
