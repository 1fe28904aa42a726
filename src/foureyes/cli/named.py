"""What is done alike to things that have a name: groups, permissions, job hooks, webhooks."""

from foureyes.cli.asking import confirm
from foureyes.cli.lookup import find_named
from foureyes.cli.remote import Here
from foureyes.cli.screen import safe


def switch(here: Here, path: str, name: str, *, what: str, enabled: bool) -> None:
    """Enable or disable the row of that name."""
    found = find_named(here.client, path, name, what=what)
    row = here.client.patch(f"{path}{found['id']}/", {"enabled": enabled})
    here.screen.answer(row, f"The {what} {safe(row['name'])} is {'enabled' if enabled else 'disabled'}.")


def delete(here: Here, path: str, name: str, *, what: str, sure: bool) -> None:
    """Delete the row of that name, after a question."""
    found = find_named(here.client, path, name, what=what)
    confirm(f"Delete the {what} {found['name']}?", sure=sure)
    here.client.delete(f"{path}{found['id']}/")
    here.screen.answer({"deleted": found["id"]}, f"The {what} {safe(found['name'])} is deleted.")
