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
    return kept(reason)


def kept(text: str, *, field: str = "reason") -> str:
    """What somebody says, as it is kept; refuses what nobody would read to its end."""
    text = text.replace("\r\n", "\n").strip()  # browsers send lines so
    if len(text) > LONGEST_REASON:
        sentence = f"This has {len(text):,} characters, and at most {LONGEST_REASON:,} are kept. Shorten it."
        raise Invalid(fields={field: [sentence]}, code=f"long_{field}")
    return text
