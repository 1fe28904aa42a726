"""A command with a terminal in front of it."""

import os
import sys
from subprocess import Popen


def on_a_terminal(*args: str, answer: bytes) -> tuple[bytes, int]:
    """What a person sees who answers the question so, and the exit code."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "foureyes", *args]
    seen, answered = b"", not answer
    with Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        while piece := read(ours):
            seen += piece
            if not answered and b"[y/N]: " in seen:
                os.write(ours, answer)
                answered = True
    os.close(ours)
    return seen, process.returncode


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""
