"""What the guide to the pages sets in bold is what the pages say."""

import re
from functools import cache
from html import unescape

import pytest
from tests.docs.guide import TREE

PRODUCT = TREE / "src" / "foureyes"
# Pages of the browser, not of the command line or for authors.
GUIDES = (
    "account-and-tokens", "approve", "ask-for-approval", "audit-log", "follow-a-run", "manage-jobs", "manage-schedules",
    "overview-and-calendar", "people-and-permissions", "run-a-job", "schedule-a-job", "workers-and-settings",
)  # fmt: skip
# Labels that the page puts together, as its template has them.
MADE = {
    "Why high risk": "Why {{ review.risk.level }} risk",
    "Show 4 unchanged": "Show {{ review.inputs.unchanged }} unchanged",
}


@cache
def words_of_pages() -> str:
    """Templates, what prepares their values, and the scripts."""
    files = [*(PRODUCT / "templates").rglob("*.html"), *PRODUCT.rglob("*.py"), *(PRODUCT / "static").rglob("*.js")]
    return unescape("\n".join(file.read_text() for file in files))


@pytest.mark.parametrize("guide", GUIDES)
def test_pages_have_the_labels_that_the_guide_names(guide: str) -> None:
    text = (TREE / "docs" / "user-guide" / f"{guide}.md").read_text()
    bold = [label.replace("\n", " ") for label in re.findall(r"\*\*([^*]+)\*\*", text)]
    labels = {part for label in bold for part in label.split(" > ")}
    assert labels
    assert {label for label in labels if MADE.get(label, label) not in words_of_pages()} == set()
