"""Ids of rows: UUIDv7, so that inserts stay local to the end of an index."""

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new time-ordered id, later than every one this process made before."""
    return uuid_utils.compat.uuid7()
