"""Jobs to try the server with: one that takes its time, and one that goes wrong."""

import time

from foureyes.jobs import ChoiceVar, IntegerVar, Job, JobCancelled

name = "Practice"


class CountSlowly(Job):
    """Long, with progress. Cancelling raises an exception in the job, which has a few seconds to put things away."""

    steps = IntegerVar(default=30, min_value=1, max_value=3600, description="One step takes about a second.")

    class Meta:
        name = "Count slowly"
        description = "Counts and shows how far it is. Try to cancel it. Changes nothing."
        has_sensitive_variables = False
        read_only = True
        soft_time_limit = 3700
        time_limit = 3760

    def run(self, *, steps):
        try:
            self.count(steps)
        except JobCancelled:
            self.log_warning(message="cancelled: everything is put away")
            raise
        return steps

    def count(self, steps):
        for step in range(1, steps + 1):
            self.progress(step, steps, f"step {step} of {steps}")
            self.logger.info("step %d of %d", step, steps)  # the standard logger works too
            time.sleep(1)


class GoWrong(Job):
    """The ways in which a run can end badly, to see what they look like."""

    how = ChoiceVar(
        label="How",
        choices=(
            ("report", "The job reports a failure and goes on"),
            ("raise", "The job raises an exception"),
            ("exit", "The job's process ends without a word"),
            ("hang", "The job takes longer than it may"),
        ),
        default="raise",
    )

    class Meta:
        name = "Go wrong"
        description = "Fails in the way you choose. Changes nothing."
        has_sensitive_variables = False
        read_only = True
        soft_time_limit = 5
        time_limit = 8

    def run(self, *, how):
        self.log_info(message="This will go wrong.")
        getattr(self, f"by_{how}")()

    def by_report(self):
        self.log_failure(message="Something is not as it should be.")

    def by_raise(self):
        raise RuntimeError("Raised on purpose.")

    def by_exit(self):
        import os

        os._exit(3)

    def by_hang(self):
        time.sleep(60)
