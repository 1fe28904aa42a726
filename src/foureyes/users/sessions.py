"""Sessions in the database that know when they end. Django finds the class by the name of this module."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends import db

KEPT_SHARE = 0.9  # of its life that a session must still have, so as not to be written anew with each page


class SessionStore(db.SessionStore):
    """A session. Its cookie goes with the browser, so that only the row has an end."""

    _stored_end: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When it ends unless it is prolonged, in this tab or another."""
        self.keys()  # reads the row, where that was not done yet
        return self.get_expiry_date() if self.modified or self._stored_end is None else self._stored_end

    def use(self, *, now: datetime) -> None:
        """A person did something: from here it has its whole life again."""
        if self.ends_at - now < timedelta(seconds=self.get_expiry_age()) * KEPT_SHARE:
            self.prolong()

    def prolong(self) -> None:
        """Give it its whole life again. Nothing else of it is written, which another request may be writing."""
        self._stored_end = self.get_expiry_date()
        self.model.objects.filter(session_key=self.session_key).update(expire_date=self._stored_end)

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]
        self._stored_end = row.expire_date if row else None
        return row
