"""A script as people have it for `pynautobot` 1.5 and a 1.x server. It gets address and tokens from its environment."""

import os
import time

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


def ended(nautobot, result_id):
    """As such scripts wait."""
    while str((result := nautobot.extras.job_results.get(result_id)).status) in ("Pending", "Running"):
        time.sleep(0.1)
    return result


# Without a version: 1.2, where a job is its class.
old = pynautobot.api(URL, token=TOKEN)
assert old.version == "1.2"
greet = next(job for job in old.extras.jobs.all() if job.name == "Say hello")
assert greet.id == "local/for_clients/SayHello"

# With a version: rows.
nautobot = pynautobot.api(URL, token=TOKEN, api_version="1.3")
assert nautobot.version == "1.3"
assert nautobot.status()["celery-workers-running"] == 1
assert "/extras/jobs/{id}/run/" in nautobot.openapi()["paths"]
assert {job.name for job in nautobot.extras.jobs.all()} == {"Say hello", "Open the vault", "Take a while"}
assert nautobot.extras.jobs.count() == 3
assert [job.name for job in nautobot.extras.jobs.filter(approval_required=True)] == ["Open the vault"]
assert [job.name for job in nautobot.extras.jobs.filter("hello")] == ["Say hello"]
job = nautobot.extras.jobs.get(name="Say hello")
if not job.enabled:
    assert job.update({"enabled": True})
vault = nautobot.extras.jobs.get(slug="local-for_clients-openthevault")
vault.enabled = True
vault.save()

started = old.extras.jobs.run(class_path=greet.id, data={"who": "old"}, commit=True)
assert ended(nautobot, started.result.id).data["output"].strip() == "greeted old"

started = nautobot.extras.jobs.run(job_id=job.id, data={"who": "1.5"}, commit=True)
assert started.schedule is None
result = ended(nautobot, started.job_result.id)
assert (str(result.status), result.status.value) == ("Completed", "completed")
assert (result.data["output"].strip(), result.job_kwargs["data"]["who"]) == ("greeted 1.5", "1.5")
assert (str(result.user), result.job_model.name) == ("admin", "Say hello")
assert [line["message"] for line in DetailEndpoint(result, "logs").list()] == ["Hello, 1.5!"]
assert [line.log_level for line in nautobot.extras.job_logs.filter(job_result=result.id)] == ["success"]
assert result.id in {row.id for row in nautobot.extras.job_results.filter(status="completed", job_model=job.slug)}

later = {"name": "of 1.5", "interval": "custom", "start_time": FUTURE, "crontab": "*/15 * * * *"}
stored = nautobot.extras.jobs.run(job_id=job.id, data={"who": "later"}, schedule=later)
assert (stored.job_result, stored.schedule.name, stored.schedule.crontab) == (None, "of 1.5", "*/15 * * * *")
assert nautobot.extras.scheduled_jobs.get(name="of 1.5").interval == "custom"

waiting = nautobot.extras.jobs.run(job_id=vault.id).schedule
assert nautobot.extras.scheduled_jobs.get(waiting.id).approved_at is None
assert decide(waiting.id, "approve").json()["approved_by_user"]["username"] == "approver"
while not (runs := nautobot.extras.job_results.filter(job_model=vault.slug)):
    time.sleep(0.1)
assert ended(nautobot, runs[0].id).data["output"].strip() == "opened"

refused = nautobot.extras.jobs.run(job_id=vault.id, schedule={"name": "no", "interval": "future", "start_time": FUTURE})
decide(refused.schedule.id, "deny")
assert nautobot.extras.scheduled_jobs.get(refused.schedule.id) is None
refusal = ""
try:
    nautobot.extras.jobs.run(job_id=job.id, data={"nobody": 1})
except pynautobot.RequestError as error:
    refusal = error.error
assert "unknown property" in refusal
