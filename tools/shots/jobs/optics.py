"""A file whose import fails: the page of jobs says so."""

import transceiver_library_that_is_not_installed  # noqa: F401

from foureyes.jobs import Job


class CheckOptics(Job):
    class Meta:
        name = "Check optics"

    def run(self):
        return None
