"""What people are told about a job."""

from typing import Any

import pytest

from foureyes.catalog.notes import notes_of, receivers_that_ignore_approval

GATED = {"approval_required": True, "gated": True}


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        ({}, []),
        (GATED, []),
        ({"is_job_hook_receiver": True}, []),
        ({**GATED, "is_job_hook_receiver": True}, ["approval_ignored"]),
        ({"gated": True, "is_job_hook_receiver": True}, ["approval_ignored"]),
        ({"gated": True}, ["gate_stays"]),
        ({"uses_database": True}, ["uses_database"]),
    ],
)
def test_flags_that_surprise_are_told(make_job: Any, columns: dict[str, bool], codes: list[str]) -> None:
    job = make_job(**columns)
    assert [note.code for note in notes_of(job)] == codes
    assert receivers_that_ignore_approval().exists() == ("approval_ignored" in codes)
