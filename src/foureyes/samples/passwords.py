"""A job with a secret among its inputs, and one that reads a data file."""

from foureyes.jobs import Job, StringVar

name = "Passwords"


class CheckPassword(Job):
    """Inputs of a sensitive job are encrypted until the run ends, never shown, and masked wherever they turn up."""

    password = StringVar(description="Is not kept after the run.", sensitive=True, max_length=200)

    class Meta:
        name = "Check a password"
        description = "Tests a password against the policy in `password_policy.yaml`. Changes nothing."
        has_sensitive_variables = True
        read_only = True

    def run(self, *, password):
        policy = self.load_yaml("password_policy.yaml")  # lies beside this file
        for rule in policy["rules"]:
            self.judge(rule, sum(character in rule["characters"] for character in password))
        if len(password) < policy["least_length"]:
            self.log_failure("length", f"shorter than {policy['least_length']} characters")
        else:
            self.log_success("length", "long enough")
        return "not good enough" if self.failed else "good"

    def judge(self, rule, count):
        if count < rule["least"]:
            self.log_failure(rule["name"], f"at least {rule['least']} wanted")
        else:
            self.log_success(rule["name"], "fulfilled")
