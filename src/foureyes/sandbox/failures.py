"""What the log says about an exception: the text of 1.x, with a traceback that begins in the author's file."""

import importlib
import traceback
from pathlib import Path

import foureyes
from foureyes.sandbox.text import storable

_OURS = tuple(f"{Path(foureyes.__file__).parent / package}/" for package in ("jobs", "sandbox"))
_IMPORT_MACHINERY = ("<frozen importlib", importlib.__file__)


def headline(error: BaseException) -> str:
    """`RuntimeError: deliberate failure`."""
    try:
        text = str(error)
    except Exception:  # author's code
        text = "(an exception without text: its __str__ failed)"
    return storable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def traceback_text(error: BaseException, folder: str | None) -> str:
    """The traceback without frames of our own; files of the jobs folder by their name within it."""
    report = traceback.TracebackException.from_exception(error, compact=True)
    part: traceback.TracebackException | None = report
    while part is not None:
        _drop_ours(part.stack)
        part = part.__cause__ or part.__context__
    text = "".join(report.format())
    return storable(text.replace(f'File "{folder}/', 'File "') if folder else text)


def _drop_ours(stack: traceback.StackSummary) -> None:
    stack[:] = [frame for frame in stack if not frame.filename.startswith((*_OURS, *_IMPORT_MACHINERY))]


def exception_text(error: BaseException, folder: str | None) -> str:
    """The whole log message."""
    return f"An exception occurred: `{headline(error)}`\n```\n{traceback_text(error, folder)}\n```"
