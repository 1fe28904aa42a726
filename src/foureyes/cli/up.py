"""Commands that run the server on this machine: all of it, or one role alone."""


def up() -> None:
    """Start web server, scheduler and worker."""


def web() -> None:
    """Run the web server alone."""


def worker() -> None:
    """Run a worker alone."""


def scheduler() -> None:
    """Run the scheduler alone."""


def migrate() -> None:
    """Bring the database up to date."""
