"""Sentences that 1.x or a framework words, as we say them: what is wrong, what is allowed, and what to do.

Operations and the 1.x API keep the recorded texts, which clients may compare. Pages, our own API and the command line
say what stands here; a sentence that is not in the table is said as it is.
"""

import re

from foureyes.errors import Invalid, Refusal

GIVE = "Give a value."
CHOOSE = "Choose one of those that are offered."
NO_LONGER = r"Ensure this (?:value|field) has (?:at most|no more than) (\d+ characters?)"
NO_SHORTER = r"Ensure this (?:value|field) has at least (\d+ characters?)"
TABLE = [
    (re.compile(pattern, re.DOTALL), ours)
    for pattern, ours in (
        (r"Ensure this value is greater than or equal to (.+)\.", r"Must be at least \1."),
        (r"Ensure this value is less than or equal to (.+)\.", r"Must be at most \1."),
        (NO_LONGER + r" \(it has (\d+)\)\.", r"Must have at most \1, and has \2."),
        (NO_SHORTER + r" \(it has (\d+)\)\.", r"Must have at least \1, and has \2."),
        (NO_LONGER + r"\.", r"Must have at most \1."),
        (NO_SHORTER + r"\.", r"Must have at least \1."),
        (r"This (?:field is required|(?:field|list) (?:may|cannot) (?:not )?be (?:blank|null|empty))\.", GIVE),
        (r"(.+) is a required field", r"\1: give a value."),
        (r"(?:Enter a whole number|A valid integer is required)\.", "Give a whole number, such as 7."),
        (r"A valid number is required\.", "Give a number, such as 7 or 0.5."),
        (r"Must be a valid boolean\.", "Give true or false."),
        (r"Enter a list of values\.", "Give a list of values."),
        (r"Enter a valid date\.", "Give a date, such as 2030-01-31."),
        (r"Enter a valid date/time\.", "Give a date and a time, such as 2030-01-31 22:00."),
        (r"Enter a valid JSON\.", 'Give JSON, such as {"site": "fra"}.'),
        (r"Enter a valid URL\.", "Give a whole address, such as https://example.org/hook."),
        (r"Enter a valid email address\.", "Give an e-mail address, such as ada@example.org."),
        (
            r"Enter a valid “slug” consisting of .*",
            "Use letters, digits, hyphens and underscores only.",
        ),
        (r"Enter a valid username\..*", "Use letters, digits and the characters @ . + - _ only."),
        (
            r"(?:A )?[Uu]ser with (?:that|this) [Uu]sername already exists\.",
            "There is an account of this name. Choose another.",
        ),
        (r"[Gg]roup with this [Nn]ame already exists\.", "There is a group of this name. Choose another."),
        (r"Select a valid choice\. (.*) is not one of the available choices\.", rf"“\1” is not offered. {CHOOSE}"),
        (r'"(.*)" is not a valid choice\.', rf"“\1” is not offered. {CHOOSE}"),
        (r"“(.*)” is not a valid value\.", r"“\1” is no value that can be taken here."),
        (r"Invalid value\. Must match regex: (.*)", r"Must match \1"),
        (r"Invalid IPv4/IPv6 address format: (.*)", r"“\1” is no IPv4 or IPv6 address, such as 10.0.0.1."),
        (r"Please specify a valid IPv4 or IPv6 address\.", "Give an IPv4 or IPv6 address, such as 10.0.0.1/24."),
        (r"CIDR mask \(e\.g\. /24\) is required\.", "Add the length of the prefix, such as /24."),
        (r"(\S+) is not a valid prefix\. Did you mean (\S+)\?", r"“\1” has bits of a host set. Did you mean \2?"),
        (r"No file was submitted\. Check the encoding type on the form\.", "Choose a file."),
        (r"Null characters are not allowed\.", "Leave out the NUL character, which cannot be stored."),
        (r"Enter valid text: (.*)", r"This cannot be stored as text: \1"),
        (r"Job data contained an unknown property", "The job has no such input. Leave it out."),
        (r"Job data needs to be a dict", "Give the inputs as an object of names and values."),
        (
            r"Please enter a valid date and time greater than or equal to the current date and time\.",
            "This time is over, or none was given. Choose one that is still to come.",
        ),
        (r"Please provide a name for the job schedule\.", "Give the schedule a name."),
        (r"Please enter a valid crontab\.", "Give a crontab of five fields, such as 30 2 * * 1-5."),
        (
            r"Unable to process request: No celery workers running on queue (.+)\.",
            r"No worker takes runs from the queue \1 now. Start one, or choose another queue.",
        ),
        (
            r"Unable to run or schedule job: This job may have sensitive input variables and also .*",
            "This job cannot run at present: it needs approval, and its inputs must not be stored.",
        ),
        (
            r"The fields grouping, name must make a unique set\.",
            "There is a job of this name in the group. Choose another name.",
        ),
        (r"job with this slug already exists\.", "Another job has this name in addresses. Choose another."),
        (r"You cannot approve your own job request!", "You cannot approve your own request."),
    )
]


def in_our_words(text: str) -> str:
    """The sentence as pages and the command line say it."""
    for pattern, ours in TABLE:
        if found := pattern.fullmatch(text):
            return found.expand(ours)
    return text


def faults_of(refusal: Refusal | None) -> dict[str, list[str]]:
    """What is wrong with which field, in our words; empty for a refusal that is about none."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return {name: [in_our_words(text) for text in texts] for name, texts in fields.items()}


def said_by(refusal: Refusal) -> str:
    """The sentence of a refusal in our words; of one about fields the first of them with its name."""
    first = next((f"{name}: {texts[0]}" for name, texts in faults_of(refusal).items() if texts), "")
    about_a_field = isinstance(refusal, Invalid) and any(
        refusal.message == f"{name}: {texts[0]}" for name, texts in refusal.fields.items() if texts
    )
    return first if about_a_field else in_our_words(refusal.message)


def first_fault(refusal: Refusal) -> str:
    """The first thing that is wrong, in our words and without the name of its field, for where only one is shown."""
    return next((texts[0] for texts in faults_of(refusal).values() if texts), said_by(refusal))


def size_in_words(size: int) -> str:
    """A number of bytes as sentences name it: `10 MB`."""
    amount, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.4g} {unit}"
