"""What the scripts of the clients run."""

import time

from foureyes.jobs import Job, StringVar

name = "For clients"


class SayHello(Job):
    who = StringVar(default="you")

    class Meta:
        name = "Say hello"
        has_sensitive_variables = False

    def run(self, *, who):
        self.log_success(message=f"Hello, {who}!")
        return f"greeted {who}"


class TakeAWhile(Job):
    class Meta:
        name = "Take a while"
        has_sensitive_variables = False

    def run(self):
        time.sleep(0.7)  # longer than the first look of a client that waits
        return "done"


class OpenTheVault(Job):
    class Meta:
        name = "Open the vault"
        has_sensitive_variables = False
        approval_required = True

    def run(self):
        return "opened"
