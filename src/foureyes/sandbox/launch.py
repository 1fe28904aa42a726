"""How the processes of this package are started: command lines, and an environment without our secrets."""

import sys
from collections.abc import Iterable, Mapping

# `-P`: the current folder does not become part of the import path.
_PYTHON = (sys.executable, "-P")

PASSED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME",
    "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
)  # fmt: skip
RUN_MARK = "FOUREYES_RUN_ID"  # in the environment of every process that a job starts


def forkserver_command(control_fd: int, preload: Iterable[str] = ()) -> list[str]:
    """The fork server over the inherited control socket; `preload` names modules to import once for all runs."""
    return [*_PYTHON, "-m", "foureyes.sandbox.forkserver", str(control_fd), *preload]


def describe_command() -> list[str]:
    """The process that imports author code and says what is in it."""
    return [*_PYTHON, "-m", "foureyes.sandbox.describe"]


def scrubbed_environment(environ: Mapping[str, str], also: Iterable[str] = ()) -> dict[str, str]:
    """What of our environment such a process may see: the names listed above, locale settings, names in `also`."""
    names = {*PASSED, *also}
    kept = {name: value for name, value in environ.items() if name in names or name.startswith("LC_")}
    return {**kept, "DJANGO_SETTINGS_MODULE": "foureyes.sandbox.settings", "PYTHONUTF8": "1"}
