"""Which points make a request risky."""

import pytest

from foureyes.approvals.risk import risk_of


@pytest.mark.parametrize(
    ("codes", "level"),
    [
        ([], "low"),
        (["dry_run_missing"], "low"),
        (["inputs_changed"], "low"),
        (["inputs_changed", "dry_run_older"], "medium"),
        (["source_changed", "dry_run_matching"], "medium"),
        (["source_changed", "dry_run_failed"], "high"),
        (["first_run", "dry_run_missing"], "high"),
        (["unseen_in_inputs"], "high"),
        (["opens_gate"], "high"),
    ],
)
def test_level_is_the_weight_of_the_rules(codes: list[str], level: str) -> None:
    assert risk_of(codes).level == level


def test_every_rule_is_told_once_and_with_a_sentence() -> None:
    rules = risk_of(["unseen_in_source", "unseen_in_inputs", "source_same"]).rules
    assert [rule.code for rule in rules] == ["gated", "unseen_characters"]
    assert all(rule.text.endswith(".") for rule in rules)
