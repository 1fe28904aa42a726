"""Where a decision came from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How the person reached us; kept on the decision (gate G21). A token may be one that may not decide."""

    token_hint: str = ""
    address: str = ""
    client: str = ""
    may_decide: bool = True


HERE = Origin()
