"""What the machine that runs the jobs has left: disks and memory, as a report and as checks."""

import shutil
from pathlib import Path

from foureyes.jobs import ChoiceVar, IntegerVar, Job, MultiChoiceVar

name = "Machine"

GIB = 2**30
PSEUDO = {"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "tracefs"}


def mounted_folders():
    """Choices made when the form is shown: the file systems that are mounted just now."""
    lines = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    folders = {line[1] for line in lines if line[2] not in PSEUDO and Path(line[1]).is_dir()}
    return [(folder, folder) for folder in sorted(folders)]


def memory():
    """The kernel's figures in bytes, by their name in /proc/meminfo."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines}


def percent_free(free, total):
    return round(100 * free / total) if total else 100


class ReportResources(Job):
    """Makes an output file, and a result that other programs can read."""

    folders = MultiChoiceVar(
        choices=mounted_folders, description="File systems to report; none chosen: the root.", required=False
    )
    form = ChoiceVar(choices=(("markdown", "Markdown"), ("csv", "CSV")), label="Form of the report", default="markdown")

    class Meta:
        name = "Report disks and memory"
        description = "Free space and memory of the machine that runs the jobs. Changes nothing."
        has_sensitive_variables = False
        read_only = True

    def run(self, *, folders, form):
        rows = [self.disk(folder) for folder in folders or ["/"]]
        figures = memory()
        rows.append(self.row("memory", figures["MemAvailable"], figures["MemTotal"]))
        if form == "csv":
            self.create_file("resources.csv", "what,free_gib,total_gib,percent_free\n" + self.lines(rows, ","))
        else:
            head = "| What | Free GiB | Total GiB | Free % |\n| --- | --- | --- | --- |\n"
            self.create_file("resources.md", head + self.lines(rows, " | ", "| ", " |"))
        return rows

    def disk(self, folder):
        usage = shutil.disk_usage(folder)
        return self.row(folder, usage.free, usage.total)

    def row(self, what, free, total):
        percent = percent_free(free, total)
        self.log_info(what, f"{percent} % free")
        return {
            "what": what,
            "free_gib": round(free / GIB, 1),
            "total_gib": round(total / GIB, 1),
            "percent_free": percent,
        }

    def lines(self, rows, separator, before="", after=""):
        return "".join(f"{before}{separator.join(str(value) for value in row.values())}{after}\n" for row in rows)


class CheckMachine(Job):
    """A report: every method named `test_...` is a check of its own and has its own part of the log."""

    least_percent = IntegerVar(label="Least free (%)", default=10, min_value=0, max_value=100)

    class Meta:
        name = "Check the machine"
        description = "Fails if disk space or memory runs short. Changes nothing."
        has_sensitive_variables = False
        read_only = True

    def run(self, *, least_percent):
        self.least_percent = least_percent

    def test_disk_space(self):
        usage = shutil.disk_usage("/")
        self.judge("/", percent_free(usage.free, usage.total))

    def test_memory(self):
        figures = memory()
        self.judge("memory", percent_free(figures["MemAvailable"], figures["MemTotal"]))

    def judge(self, what, percent):
        if percent < self.least_percent:
            self.log_failure(what, f"only {percent} % free")
        else:
            self.log_success(what, f"{percent} % free")

    def post_run(self):
        self.log_info(message="Some checks failed." if self.failed else "All is well.")
