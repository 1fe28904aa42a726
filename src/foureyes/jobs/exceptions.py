"""What is raised inside a job from outside."""


class SoftTimeLimitExceeded(Exception):  # noqa: N818 - authors know it by this name
    """The soft time limit is over. A job may catch it to tidy up before the hard limit kills it."""


class JobCancelled(BaseException):
    """Somebody cancelled the run. Raised once; the process is killed a few seconds later.

    A BaseException, so that a job's `except Exception` lets it through.
    """
