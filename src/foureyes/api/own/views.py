"""Base of the views on our own addresses: errors with codes, pages by cursor."""

from typing import ClassVar

from foureyes.api.own.paging import CursorPagination
from foureyes.api.wire.views import Versioned, WireView


class OwnView(Versioned):
    """A view without rows."""

    own_errors = True


class OwnRows(WireView):
    """A view on rows. `paging_parameters` are read by the pages, and so are no unknown filters."""

    own_errors = True
    pagination_class = CursorPagination
    paging_parameters: ClassVar[tuple[str, ...]] = ("cursor",)
    cursor_fields: ClassVar[tuple[str, ...]] = ("pk",)
