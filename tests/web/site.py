"""A real installation for browser tests, with the cast: alice requests, bob and carol approve, dave sees nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.serving import PASSWORD, Server, own_database, serving

JOBS = Path(__file__).with_name("jobs")
NAMES = {"alice": ("Alice", "Arden"), "bob": ("Bob", "Berg"), "carol": ("Carol", "Cruz"), "dave": ("Dave", "Dorn")}
EVERYTHING = ["extras.job", "extras.scheduledjob", "extras.jobresult", "extras.joblogentry", "extras.worker"]


@dataclass(slots=True)
class Site:
    """The server, and the jobs by name."""

    server: Server
    folder: Path
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    def call(self, method: str, path: str, **options: Any) -> Any:
        """What the administrator's request to the API answers; it must succeed."""
        answer = self.server.call(method, path, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def run_path(self, job: str) -> str:
        """The page of a job's run form."""
        return f"/jobs/{self.jobs[job]['slug']}/run/"


@contextmanager
def site(folder: Path, *, name: str) -> Iterator[Site]:
    """A started server with its people, and every job enabled."""
    with own_database(name) as url, serving(folder, "--jobs", str(JOBS), FOUREYES_DATABASE_URL=url) as server:
        made = Site(server, folder)
        for job in made.call("GET", "/api/extras/jobs/?limit=50")["results"]:
            made.jobs[job["name"]] = job
            made.call("PATCH", f"/api/extras/jobs/{job['id']}/", json={"enabled": True})
        _people(made)
        yield made


def _people(made: Site) -> None:
    ids = {}
    for name, (first, last) in NAMES.items():
        person = {"username": name, "password": PASSWORD, "first_name": first, "last_name": last}
        ids[name] = made.call("POST", "/api/users/users/", json=person)["id"]
    _permit(made, "See jobs, schedules and runs", ["view"], EVERYTHING, [ids["alice"], ids["bob"], ids["carol"]])
    _permit(made, "Run jobs", ["run"], ["extras.job"], [ids["alice"], ids["bob"]])
    _permit(made, "Own schedules", ["add", "change", "delete"], ["extras.scheduledjob"], [ids["alice"]])
    _permit(made, "Approve jobs", ["approve"], ["extras.job"], [ids["bob"], ids["carol"]])
    _permit(made, "Decide", ["change", "delete"], ["extras.scheduledjob"], [ids["bob"], ids["carol"]])


def _permit(made: Site, name: str, actions: list[str], types: list[str], users: list[str]) -> None:
    wanted = {"name": name, "actions": actions, "object_types": types, "users": users, "enabled": True}
    made.call("POST", "/api/users/permissions/", json=wanted)
