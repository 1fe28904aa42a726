"""A script as people write it with `pynautobot` 3. It gets address and tokens from its environment."""

import os

import pynautobot
import requests
from pynautobot.core.endpoint import DetailEndpoint

URL, TOKEN, APPROVER = (os.environ[name] for name in ("SERVER", "TOKEN", "APPROVER"))
FUTURE = "2030-01-01T01:00:00.000Z"


def decide(schedule_id, verdict):
    """By a plain request: the client has no word for it."""
    answer = requests.post(
        f"{URL}/api/extras/scheduled-jobs/{schedule_id}/{verdict}/", headers={"Authorization": f"Token {APPROVER}"}
    )
    assert answer.status_code == 200, answer.text
    return answer


nautobot = pynautobot.api(URL, token=TOKEN)  # as usual: no version is named
assert nautobot.version == "1.6"
assert nautobot.status()["celery-workers-running"] == 1
assert "/extras/jobs/{id}/run/" in nautobot.openapi()["paths"]
assert {job.name for job in nautobot.extras.jobs.all()} == {"Say hello", "Open the vault", "Take a while"}
assert [len(nautobot.extras.jobs.all(limit=1)), nautobot.extras.jobs.count()] == [3, 3]
assert [job.name for job in nautobot.extras.jobs.filter(approval_required=True)] == ["Open the vault"]
assert [job.name for job in nautobot.extras.jobs.filter(name__ic="HELLO", depth=1)] == ["Say hello"]
assert "scheduled_jobs" in dir(nautobot.extras)
for job in nautobot.extras.jobs.filter(enabled=False):
    assert job.update({"enabled": True})
job = nautobot.extras.jobs.get(name="Say hello")
assert job.enabled

answer = nautobot.extras.jobs.run_and_wait(
    job_id=nautobot.extras.jobs.get(name="Take a while").id, interval=0.1, max_rechecks=600
)
assert (str(answer.job_result.status), answer.job_result.data.output.strip()) == ("Completed", "done")

answer = nautobot.extras.jobs.run_and_wait(job_name="Say hello", data={"who": "3"}, interval=0.1, max_rechecks=600)
result = nautobot.extras.job_results.get(answer.job_result.id)
assert (result.status.value, result.data["output"].strip(), str(result.user)) == ("completed", "greeted 3", "admin")
assert [line["message"] for line in DetailEndpoint(result, "logs").list()] == ["Hello, 3!"]
assert [line.log_level for line in nautobot.extras.job_logs.filter(job_result=result.id)] == ["success"]
assert result.id in {row.id for row in nautobot.extras.job_results.filter(status="completed", job_model=job.slug)}
threaded = pynautobot.api(URL, token=TOKEN, threading=True, exclude_m2m=True)
assert len(threaded.extras.job_results.all()) == nautobot.extras.job_results.count()

later = {"name": "of 3", "interval": "future", "start_time": FUTURE}
stored = job.run(data={"who": "later"}, schedule=later)
assert (stored.job_result, stored.schedule.name) == (None, "of 3")
assert nautobot.extras.scheduled_jobs.get(name="of 3").interval == "future"

vault = nautobot.extras.jobs.get(name="Open the vault")
waiting = vault.run().schedule
assert nautobot.extras.scheduled_jobs.get(waiting.id).approved_at is None
assert decide(waiting.id, "approve").json()["approved_by_user"]["username"] == "approver"
assert nautobot.extras.job_results.filter(job_model=vault.slug)

refused = vault.run(schedule={"name": "no", "interval": "future", "start_time": FUTURE})
decide(refused.schedule.id, "deny")
assert nautobot.extras.scheduled_jobs.get(refused.schedule.id) is None

group = nautobot.users.groups.create(name="of 3")
assert nautobot.users.groups.delete([group])
