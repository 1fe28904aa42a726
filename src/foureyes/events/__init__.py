"""Facts about what happened: the audit trail and the only signal between packages.

An operation appends its facts in the transaction of what they tell, so neither exists without the other.
"""

from foureyes.events.append import append, append_many, fact
from foureyes.events.kinds import Kind
from foureyes.events.origin import acting

__all__ = ["Kind", "acting", "append", "append_many", "fact"]
