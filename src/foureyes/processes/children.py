"""What a forked process of ours does first: die with its parent, and take back the signals its parent blocked."""

import os
import signal
import sys
from collections.abc import Callable

from foureyes.sandbox.linux import end_with

_parent: int | None = None
HANDLED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def die_with(parent: int) -> None:
    """Have the kernel send SIGTERM to this process when `parent` ends, however it ends."""
    global _parent
    _parent = parent
    end_with(parent, signal.SIGTERM)


def is_orphaned() -> bool:
    """Has the process that forked this one ended without ending it first?"""
    return _parent is not None and os.getppid() != _parent


def fork(main: Callable[[], None]) -> int:
    """Run `main` in a child with a process group of its own (Ctrl-C reaches the parent alone) and return its pid.

    The caller is single-threaded and has no open database connection.
    """
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        for number in HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        die_with(parent)
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
