"""Why somebody asks or says no: it is demanded wherever there is a place to say it.

Calls of 1.x and the system's own have no such place. They give None, and the record says that no reason was given.
"""

from foureyes.errors import Invalid

NO_REASON = "Say why: the person on the other side reads it."


def demanded(reason: str | None) -> str:
    """The reason as it is kept; refuses an empty one."""
    if reason is None:
        return ""
    if not reason.strip():
        raise Invalid(fields={"reason": [NO_REASON]}, code="no_reason")
    return reason.strip()
