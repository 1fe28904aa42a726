"""Figures for people who plan."""

from foureyes.jobs import ChoiceVar, Job

name = "Reports"


class CapacityReport(Job):
    site = ChoiceVar(label="Site", choices=(("fra", "Frankfurt"), ("ams", "Amsterdam")), default="fra")

    class Meta:
        name = "Monthly capacity report"
        description = "Builds the workbook and mails it to the service owners"
        has_sensitive_variables = False
        read_only = True

    def run(self, *, site):
        rows = [("rack", "used", "free"), *((f"{site}-r{rack:02}", 30 + rack, 12 - rack) for rack in range(1, 10))]
        self.create_file("capacity.csv", "\n".join(",".join(map(str, row)) for row in rows))
        self.log_success(message="9 racks counted")
        return {"racks": 9, "units_free": 63}
