"""Several short questions in one query: how many there are, whether there is one, when the first is."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

from foureyes.users.models import User


class CountOf(Subquery):
    """How many rows there are; of rows with a limit at most so many."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__((rows if rows.query.is_sliced else rows.order_by()).values("pk"))


def answers(*, to: User, **questions: Any) -> dict[str, Any]:
    """The answers by name. They come with the row of whoever asks, which is there once."""
    return dict(User.objects.filter(pk=to.pk).values(**questions).get())
