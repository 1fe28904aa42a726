"""The smallest useful job: one input, one log line, a result."""

from foureyes.jobs import Job, StringVar

name = "First steps"  # the group that jobs of this file appear in


class Hello(Job):
    """Keyword style: the inputs are the arguments of `run`."""

    who = StringVar(label="Who", description="Whom to greet.", default="world", required=False, max_length=50)

    class Meta:
        name = "Say hello"
        description = "Greets somebody. Changes nothing."
        has_sensitive_variables = False  # the inputs may be stored and shown; without this line they are not
        read_only = True

    def run(self, *, who):
        greeting = f"Hello, {who or 'world'}!"
        self.log_success(message=greeting)
        return greeting
