"""Care of databases; nothing is really changed."""

import time

from foureyes.jobs import IntegerVar, Job, StringVar

name = "Databases"


class PurgeExports(Job):
    bucket = StringVar(label="Bucket", default="customer-exports")
    older_than = IntegerVar(label="Older than (days)", default=90, min_value=30)

    class Meta:
        name = "Purge expired customer exports"
        description = "Deletes export files after their retention time"
        has_sensitive_variables = False
        approval_required = True

    def run(self, *, bucket, older_than):
        self.log_info(message=f"{bucket}: 41,206 files are older than {older_than} days")
        for quarter in ("2025-q4", "2026-q1", "2026-q2"):
            if self.change(f"{bucket}/{quarter}", before="13,735 files", after="gone"):
                self.log_success(message=f"{quarter}: deleted")


class RestoreSnapshot(Job):
    snapshot = StringVar(label="Snapshot", default="prod-2026-11-23")
    seconds = IntegerVar(label="Seconds", default=900, min_value=1)

    class Meta:
        name = "Restore snapshot to staging"
        description = "Replaces the staging database with a masked copy"
        has_sensitive_variables = False
        soft_time_limit = 3600
        time_limit = 3660

    def run(self, *, snapshot, seconds):
        self.log_info(message=f"{snapshot}: 334 GB, 4 steps")
        for second in range(1, seconds + 1):
            done = 180 + second * 154 / seconds
            self.progress(done, 334, f"{done:.0f} of 334 GB")
            if second % 3 == 1:
                self.log_info(message=f"chunk {second:03}: copied and masked")
            if second == 10:
                self.log_warning(message="customer_notes: 14 rows are longer than the column, cut")
            time.sleep(1)


class Vacuum(Job):
    minutes = IntegerVar(label="At most (min)", default=30, min_value=1)

    class Meta:
        name = "Vacuum and reindex"
        description = "Maintains large tables within a time limit"
        has_sensitive_variables = False

    def run(self, *, minutes):
        self.log_success(message="12 tables maintained")
        return {"tables": 12, "limit": minutes}
