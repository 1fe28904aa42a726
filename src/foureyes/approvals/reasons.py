"""Why somebody asks or says no: it is demanded wherever there is a place to say it.

Calls of 1.x and the system's own have no such place. They give None, and the record says that no reason was given.
"""

from foureyes.errors import Invalid

NO_REASON = "Say why: the person on the other side reads it."
LONGEST_REASON = 10_000  # of comments, too


def demanded(reason: str | None) -> str:
    """The reason as it is kept; refuses an empty one, and one that nobody would read."""
    if reason is None:
        return ""
    if not reason.strip():
        raise Invalid(fields={"reason": [NO_REASON]}, code="no_reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid(fields={"reason": [too_long()]}, code="long_reason")
    return reason.strip()


def too_long() -> str:
    """What is wrong with a longer one."""
    return f"Ensure this field has no more than {LONGEST_REASON} characters."
