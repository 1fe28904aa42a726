"""Rules of the gate that need more than one row, held by triggers in the database on SQLite and PostgreSQL.

They are the last word below all code: a gated run without a matching valid grant cannot be stored, by nobody, and what
was asked for and decided cannot be rewritten. Whoever owns the database can drop them; that is not what they are for.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connections

PREFIX = "foureyes_gate_"

APPROVED = """
    SELECT 1 FROM extras_requestparty decider WHERE decider.request_id = request.id
        AND decider.part = 'decider' AND decider.verdict = 'approve'
"""
MATCHING_GRANT = f"""
    SELECT 1 FROM extras_grant allowed JOIN extras_approvalrequest request ON request.id = allowed.request_id
    WHERE allowed.id = NEW.grant_id AND allowed.voided_at IS NULL
        AND (allowed.expires_at IS NULL OR allowed.expires_at > NEW.created)
        AND request.state = 'granted' AND request.digest = allowed.digest
        AND request.scheduled_job_id = NEW.schedule_id AND request.job_id = NEW.job_model_id
        AND request.bundle_id = NEW.bundle_id
        AND NOT (allowed.scope = 'run' AND EXISTS (
            SELECT 1 FROM extras_jobresult other WHERE other.grant_id = allowed.id AND other.id <> NEW.id))
        AND EXISTS ({APPROVED})
"""  # noqa: S608 - own words
DECIDED_REQUEST = f"""
    SELECT 1 FROM extras_approvalrequest request
    WHERE request.id = NEW.request_id AND request.state = 'granted' AND request.digest = NEW.digest
        AND EXISTS ({APPROVED})
"""  # noqa: S608 - own words
OPENING = """
    SELECT 1 FROM extras_approvalrequest request JOIN extras_grant allowed ON allowed.request_id = request.id
    WHERE request.job_id = NEW.id AND request.kind = 'open_gate' AND request.state = 'granted'
        AND request.bundle_id = NEW.bundle_id AND allowed.voided_at IS NULL AND allowed.uses_left > 0
"""


CAUSE = """
    SELECT 1 FROM extras_jobhook hook JOIN extras_job receiver ON receiver.id = hook.job_id
    JOIN extras_event event ON event.id = NEW.hook_event_id
    WHERE hook.id = NEW.hook_id AND hook.enabled AND receiver.id = NEW.job_model_id AND receiver.is_job_hook_receiver
        AND event.action > ''
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`refused` is the condition under which the database refuses; `when` is the cheap part that is looked at first."""

    name: str
    table: str
    event: str
    when: str
    refused: str
    sentence: str


def _changed(*columns: str) -> str:
    return " OR ".join(f'OLD."{column}" {{differs}} NEW."{column}"' for column in columns)


def _changed_and_set(*columns: str) -> str:
    """Another value; losing it with the row it pointed at is allowed."""
    return " OR ".join(
        f'(NEW."{column}" IS NOT NULL AND OLD."{column}" {{differs}} NEW."{column}")' for column in columns
    )


GATED = "NEW.purpose = 'run' AND NEW.gated AND NEW.grant_id IS NOT NULL"  # the check constraint demands one
RULES = (
    Rule(
        name="run_matches_its_grant",
        table="extras_jobresult",
        event="INSERT",
        when=GATED,
        refused=f"NOT EXISTS ({MATCHING_GRANT})",
        sentence="a gated run needs a valid grant for its job, schedule and source",
    ),
    Rule(
        name="run_of_hook_has_its_cause",
        table="extras_jobresult",
        event="INSERT",
        when="NEW.purpose = 'hook'",
        refused=f"NOT EXISTS ({CAUSE})",
        sentence="a run of a hook needs its hook, the receiver of that, and the change that caused it",
    ),
    Rule(
        name="run_purpose_never_changes",
        table="extras_jobresult",
        event="UPDATE",
        when=_changed("purpose", "hook_id", "hook_event_id"),
        refused="1 = 1",
        sentence="what a run is for never changes",
    ),
    Rule(
        name="run_stays_as_granted",
        table="extras_jobresult",
        event="UPDATE",
        when=f"{GATED} AND ({_changed('purpose', 'gated', 'grant_id', 'commit', 'bundle_id')})",
        refused="1 = 1",
        sentence="what a gated run may do is fixed when it is stored",
    ),
    Rule(
        name="grant_needs_decision",
        table="extras_grant",
        event="INSERT",
        when="1 = 1",
        refused=f"NOT EXISTS ({DECIDED_REQUEST})",
        sentence="a grant needs an approved request with the same digest",
    ),
    Rule(
        name="grant_only_shrinks",
        table="extras_grant",
        event="UPDATE",
        when=_changed("request_id", "scope", "digest", "granted_at")
        + " OR (OLD.voided_at IS NOT NULL AND OLD.voided_at {differs} NEW.voided_at)"
        + " OR (OLD.uses_left IS NOT NULL AND (NEW.uses_left IS NULL OR NEW.uses_left > OLD.uses_left))"
        + " OR (OLD.expires_at IS NOT NULL AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at))",
        refused="1 = 1",
        sentence="a grant can be used up or taken back, and never becomes more",
    ),
    Rule(
        name="request_never_changes",
        table="extras_approvalrequest",
        event="UPDATE",
        when=_changed("number", "kind", "bundle_id", "digest", "snapshot", "rule", "created")
        + " OR "
        + _changed_and_set("job_id", "scheduled_job_id"),
        refused="1 = 1",
        sentence="what a request asks for never changes",
    ),
    Rule(
        name="request_only_ends_sooner",
        table="extras_approvalrequest",
        event="UPDATE",
        when=_changed("decide_within_seconds", "decide_before_start")
        + " OR (OLD.expires_at IS NOT NULL AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at))",
        refused="1 = 1",
        sentence="a request never waits longer than it was to",
    ),
    Rule(
        name="request_is_decided_once",
        table="extras_approvalrequest",
        event="UPDATE",
        when="OLD.state <> 'open' AND OLD.state <> NEW.state",
        refused="1 = 1",
        sentence="a request is decided once",
    ),
    Rule(
        name="party_never_changes",
        table="extras_requestparty",
        event="UPDATE",
        when=_changed("request_id", "person_id", "part", "verdict", "digest", "at"),
        refused="1 = 1",
        sentence="parts in a request are appended only",
    ),
    Rule(
        name="gate_needs_second_person",
        table="extras_job",
        event="UPDATE",
        when="OLD.gated AND NOT NEW.gated",
        refused=f"NOT EXISTS ({OPENING})",
        sentence="the gate of a job opens only by an approved request",
    ),
)

POSTGRESQL = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {refused} THEN
        RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation', CONSTRAINT = '{rule}';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON "{table}" FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}();
"""
SQLITE = """
CREATE TRIGGER {name} BEFORE {event} ON "{table}" FOR EACH ROW WHEN ({when}) AND ({refused})
BEGIN
    SELECT RAISE(ABORT, '{sentence}');
END
"""


def drop_rules(*, using: str, **_: Any) -> None:
    """Before every migration: SQLite cannot rebuild a table that a trigger of another one names."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for rule in RULES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {PREFIX}{rule.name}")


def hold_rules(*, using: str, **_: Any) -> None:
    """After every migration: put the triggers on all tables that exist."""
    connection = connections[using]
    drop_rules(using=using)
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for rule in RULES:
            if rule.table in present:
                cursor.execute(_statement(rule, connection.vendor))


def _statement(rule: Rule, vendor: str) -> str:
    template, differs = (POSTGRESQL, "IS DISTINCT FROM") if vendor == "postgresql" else (SQLITE, "IS NOT")
    return template.format(
        name=f"{PREFIX}{rule.name}",
        rule=rule.name,
        table=rule.table,
        event=rule.event,
        when=rule.when.format(differs=differs),
        refused=rule.refused,
        sentence=rule.sentence,
    )
