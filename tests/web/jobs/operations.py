"""Jobs of the browser tests: short ones, one that talks for a while, and one that needs approval."""

import time

from foureyes.jobs import BooleanVar, ChoiceVar, IntegerVar, Job, JobHookReceiver, StringVar

name = "Operations"


class CountWords(Job):
    text = StringVar(description="What to count.", default="one two three")
    times = IntegerVar(min_value=1, max_value=9, default=1, required=False)

    class Meta:
        name = "Count words"
        description = "Counts the words of a text."
        has_sensitive_variables = False
        read_only = True

    def run(self, *, text, times):
        self.log_info(f"counting {times} times")
        return {"words": len(text.split()) * (times or 1)}


class RotateCertificates(Job):
    hosts = StringVar(label="Edge hosts", default="edge-fra-1")
    reload = BooleanVar(label="Reload afterwards", default=True)
    authority = ChoiceVar(choices=(("internal", "Internal CA"), ("public", "Public CA")), default="internal")

    class Meta:
        name = "Rotate certificates"
        description = "Replaces the TLS certificates of edge hosts."
        has_sensitive_variables = False
        approval_required = True

    def run(self, *, hosts, reload, authority):
        for host in hosts.split(","):
            if self.change(host.strip(), before="old certificate", after=f"new from {authority}"):
                self.log_success(f"{host.strip()}: replaced")
        return hosts


class TalkForAWhile(Job):
    lines = IntegerVar(default=20, min_value=1, max_value=100_000)
    pause = IntegerVar(label="Pause (ms)", default=50, min_value=0)

    class Meta:
        name = "Talk for a while"
        description = "Writes log lines, with progress."
        has_sensitive_variables = False

    def run(self, *, lines, pause):
        for number in range(1, lines + 1):
            self.log_info(f"line {number}")
            if number == lines // 2:
                self.log_warning("half way")
            self.progress(number, lines, f"line {number} of {lines}")
            time.sleep(pause / 1000)


class FailAlways(Job):
    class Meta:
        name = "Fail always"
        description = "Ends with an error."
        has_sensitive_variables = False

    def run(self):
        self.log_info("about to fail")
        raise RuntimeError("the disk is <full>")


class ListWords(Job):
    text = StringVar(description="What to list.", default="one two three")

    class Meta:
        name = "List words"
        description = "Lists the words of a text, in steps."
        has_sensitive_variables = False

    def run(self, *, text):
        for step in ("read_text", "list_words"):
            self.logger.info("%s begins", step, extra={"grouping": step})
        self.create_file("words.txt", text)
        return [{"word": word, "letters": len(word)} for word in text.split()]

    def test_file(self):
        return ["words.txt"]

    def post_run(self):
        return {"words": {"kept": True}}


class FailDeep(Job):
    class Meta:
        name = "Fail deep"
        description = "Ends with an error far down in its calls."
        has_sensitive_variables = False

    def run(self):
        self.log_info("about to fail")
        self.down(9)

    def down(self, further):
        if not further:
            self.bottom()
        self.down(further - 1)

    def bottom(self):
        raise RuntimeError("too deep")


class NoteChanges(JobHookReceiver):
    class Meta:
        name = "Note changes"
        has_sensitive_variables = False

    def receive_job_hook(self, change, action, changed_object):
        self.log_info(f"{action}: {change.object_repr}")


class AskForSecret(Job):
    password = StringVar()

    class Meta:
        name = "Ask for a secret"
        description = "Takes a value that is not stored."

    def run(self, *, password):
        return len(password)


class SecretAndApproval(Job):
    password = StringVar()

    class Meta:
        name = "Secret with approval"
        description = "Cannot run: its inputs must not be stored, and it needs approval."
        approval_required = True

    def run(self, *, password):
        return len(password)
