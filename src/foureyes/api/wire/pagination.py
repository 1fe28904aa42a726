"""The list envelope `{count, next, previous, results}` with `limit` and `offset`, under the rules of 1.x."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from foureyes.conf import get_conf

DEEP = 1000


class WirePagination(LimitOffsetPagination):
    """A bad `limit` counts as none; `limit=0` means as much as is allowed; an offset past the end is an empty page."""

    def get_limit(self, request: Request) -> int:
        """Rows of the page; 0: all."""
        conf = get_conf()
        try:
            asked = int(request.query_params["limit"])
        except (KeyError, ValueError):
            asked = conf.page_size
        if asked < 0:
            asked = conf.page_size
        if conf.max_page_size == 0:
            return asked
        return min(asked, conf.max_page_size) if asked else conf.max_page_size

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page, read with one query besides the count."""
        self.request = request
        self.count = self.get_count(queryset)
        self.limit = self.get_limit(request) or self.count
        self.offset = self.get_offset(request)
        if self.offset >= self.count:
            return []
        return _rows(queryset, self.offset, self.limit)

    def get_next_link(self) -> str | None:
        """The following page; none of an empty list, whose `limit=0` would lead to itself."""
        return super().get_next_link() if self.limit else None


def _rows(queryset: Any, offset: int, limit: int) -> list[Any]:
    """Rows of a page. Far down the list the ids are looked for first: they are skipped in an index, rows are not."""
    if offset < DEEP:
        return list(queryset[offset : offset + limit])
    keys = list(queryset.values_list("pk", flat=True)[offset : offset + limit])
    found = {row.pk: row for row in queryset.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]
