"""When schedules are due: pure functions from settings to instants, without Django, clock or database.

`trigger_for` makes the one value that computes instants; `decide` says what a late scheduler does with them, and
`preview` what a person sees. Local times are computed on the wall clock of the zone and converted; only aware UTC
instants go in and out, so they compare and store without surprises (P30 to P33, P37).
"""

from foureyes.triggers.cron import DayRule, parse_crontab
from foureyes.triggers.describe import Preview, Shown, describe, preview
from foureyes.triggers.local import Fold, Gap, instants_of
from foureyes.triggers.misfire import Decision, Span, Verdict, decide, newest
from foureyes.triggers.notes import Note, note_on_wall, notes
from foureyes.triggers.trigger import Interval, Trigger, forget_rules, trigger_for
from foureyes.triggers.zones import rules_edition, similar_zones, zone_named, zone_names

__all__ = [
    "DayRule",
    "Decision",
    "Fold",
    "Gap",
    "Interval",
    "Note",
    "Preview",
    "Shown",
    "Span",
    "Trigger",
    "Verdict",
    "decide",
    "describe",
    "forget_rules",
    "instants_of",
    "newest",
    "note_on_wall",
    "notes",
    "parse_crontab",
    "preview",
    "rules_edition",
    "similar_zones",
    "trigger_for",
    "zone_named",
    "zone_names",
]
