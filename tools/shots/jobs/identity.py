"""People who come and go; nothing is really changed."""

from foureyes.jobs import DateVar, Job, StringVar

name = "Identity"


class OffboardLeavers(Job):
    last_day = DateVar(label="Last day", default="2026-11-30")

    class Meta:
        name = "Offboard leavers"
        description = "Disables accounts and moves ownership"
        has_sensitive_variables = False
        approval_required = True

    def run(self, *, last_day):
        for person in ("hr-20114", "hr-20871", "hr-21550"):
            if self.change(person, before="active", after=f"disabled on {last_day}"):
                self.log_success(message=f"{person}: disabled")


class ReconcileGroups(Job):
    directory = StringVar(label="Directory", default="ldap-eu")

    class Meta:
        name = "Reconcile group membership"
        description = "Compares directory groups with the HR list"
        has_sensitive_variables = False
        read_only = True

    def run(self, *, directory):
        self.log_info(message=f"{directory}: 214 groups compared")
        self.log_success(message="no differences")
        return {"groups": 214}


class ResetPassword(Job):
    account = StringVar(label="Account")
    password = StringVar(label="New password")

    class Meta:
        name = "Reset service password"
        description = "Sets the password of a service account"
        has_sensitive_variables = True

    def run(self, *, account, password):
        self.log_success(message=f"{account}: password of {len(password)} characters is set")
