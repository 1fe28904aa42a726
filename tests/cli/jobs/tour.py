"""Jobs that the command line is tried on."""

import time

from django.contrib.auth.models import Group

from foureyes.jobs import (
    BooleanVar,
    ChoiceVar,
    FileVar,
    IntegerVar,
    Job,
    JSONVar,
    MultiChoiceVar,
    ObjectVar,
    StringVar,
)

name = "Tour"


class Everything(Job):
    """Takes a value of every kind and says what it got."""

    word = StringVar(description="Any word.", min_length=2)
    days = IntegerVar(default=30, min_value=1)
    deep = BooleanVar()
    color = ChoiceVar(choices=(("r", "Red"), ("g", "Green")), default="g")
    sizes = MultiChoiceVar(choices=lambda: [("s", "Small"), ("l", "Large")], required=False)
    group = ObjectVar(model=Group, required=False)
    extra = JSONVar(required=False)
    url = StringVar(required=False)

    class Meta:
        name = "Everything"
        description = "Takes a value of every kind."
        has_sensitive_variables = False

    def run(self, *, word, days, deep, color, sizes, group, extra, url):
        for value in (word, days, deep, color, sizes, group and group.name, extra, url):
            self.log_info(message=repr(value))
        for step in range(3):
            self.progress(step + 1, 3, "stepping")
        if self.change(target="/tmp/old", before=1, after=None, summary="remove /tmp/old"):
            self.log_success(message="removed")
        self.create_file("report.csv", f"word\n{word}\n")
        return "all done"


class ReadFile(Job):
    """Reads an uploaded file."""

    table = FileVar()
    days = IntegerVar(default=7)
    sizes = MultiChoiceVar(choices=(("s", "Small"), ("l", "Large")), required=False)

    class Meta:
        name = "Read file"
        has_sensitive_variables = False

    def run(self, *, table, days, sizes):
        return f"{table.read().decode()} {days} {sizes}"


class Fails(Job):
    """Says that it failed."""

    class Meta:
        name = "Fails"
        has_sensitive_variables = False

    def run(self):
        self.log_failure(message="no luck")


class Sleeps(Job):
    """Runs until it is cancelled."""

    class Meta:
        name = "Sleeps"
        has_sensitive_variables = False

    def run(self):
        self.log_info(message="asleep")
        time.sleep(600)


class Counts(Job):
    """Says every number up to the last one, with pauses."""

    last = IntegerVar()
    pause = JSONVar(default=0)

    class Meta:
        name = "Counts"
        has_sensitive_variables = False

    def run(self, *, last, pause):
        for number in range(last):
            self.log_info(message=f"number {number}")
            self.progress(number + 1, last)
            if number % 10 == 0:
                time.sleep(pause)
