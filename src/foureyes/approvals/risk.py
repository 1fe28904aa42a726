"""How risky a request is: a few named rules, each with its sentence, so that everybody can see why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MEDIUM_FROM, HIGH_FROM = 3, 4


class Level(StrEnum):
    """From the least to the most."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule that applies: what it weighs, and why in words."""

    code: str
    weight: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """The level, and every rule that applies."""

    level: Level
    rules: tuple[Rule, ...]


GATED = Rule(code="gated", weight=1, text="The job needs a second person.")
NO_DRY_RUN = Rule(code="no_dry_run", weight=1, text="No dry run of exactly this ended well.")
UNSEEN = Rule(code="unseen_characters", weight=HIGH_FROM, text="It has characters that nobody sees.")
# By the codes of review points.
RULES: Mapping[str, Rule] = {
    "first_run": Rule(code="first_run", weight=2, text="No run of this job has been approved before."),
    "source_changed": Rule(code="source_changed", weight=2, text="The source has changed since the last approval."),
    "inputs_changed": Rule(code="inputs_changed", weight=1, text="The inputs have changed since the last approval."),
    "dry_run_missing": NO_DRY_RUN,
    "dry_run_running": NO_DRY_RUN,
    "dry_run_failed": NO_DRY_RUN,
    "dry_run_older": NO_DRY_RUN,
    "unseen_in_source": UNSEEN,
    "unseen_in_inputs": UNSEEN,
    "opens_gate": Rule(code="opens_gate", weight=HIGH_FROM, text="Later runs need nobody's approval."),
}


def risk_of(codes: Iterable[str]) -> Risk:
    """The risk that these review points come to: a weight of 3 is medium, of 4 high."""
    rules = tuple(dict.fromkeys([GATED, *(RULES[code] for code in codes if code in RULES)]))
    weight = sum(rule.weight for rule in rules)
    level = Level.HIGH if weight >= HIGH_FROM else Level.MEDIUM if weight >= MEDIUM_FROM else Level.LOW
    return Risk(level=level, rules=rules)
