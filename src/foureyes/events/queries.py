"""Questions about facts that more than one caller has."""

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from foureyes.events.kinds import Kind
from foureyes.models import Event
from foureyes.models.event import FREQUENT

# As in the index, by the letter: SQLite uses it for nothing else.
_NOT_FREQUENT = RawSQL(  # noqa: S611 - names of ours
    f"NOT (extras_event.kind IN ({', '.join(repr(kind) for kind in FREQUENT)}))",
    [],
    output_field=BooleanField(),
)


def about(rows: QuerySet[Event], subject: str) -> QuerySet[Event]:
    """Those of the rows of that kind, or of the kinds that begin with that subject: `approval`, `run`.

    Rare ones are found by index.
    """
    kinds = [kind for kind in Kind.values if subject in (kind, kind.partition(".")[0])]
    found = rows.filter(kind__in=kinds)
    return found if set(kinds) & set(FREQUENT) else found.filter(_NOT_FREQUENT)
