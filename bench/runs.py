"""Runs: from POST to finished, and how fast a stored heap of them is drained.

python -m bench.runs
"""

import time
from datetime import UTC, datetime

from bench.figures import Figure, machine, percentile, table
from bench.server import Server, running

SINGLE_RUNS = 200
STORED_RUNS = 1000


def one_run(server: Server, job_id: str) -> tuple[float, float]:
    """Milliseconds from sending the POST to the end of the run as its record has it, and to when a watcher knows it."""
    sent_at, started = datetime.now(UTC), time.perf_counter()
    run = server.post(f"/api/extras/jobs/{job_id}/run/")["job_result"]["id"]
    with server.session.get(f"{server.url}/api/runs/{run}/events/", stream=True, timeout=30) as stream:
        if not any(line == b"event: end" for line in stream.iter_lines(chunk_size=1)):
            raise SystemExit(f"run {run} never ended")
    known = time.perf_counter() - started
    completed = datetime.fromisoformat(server.get(f"/api/runs/{run}/")["completed"])
    return (completed - sent_at).total_seconds() * 1000, known * 1000


def latency() -> list[Figure]:
    with running() as server:
        job = server.enabled_job()["id"]
        for _ in range(10):
            one_run(server, job)
        ended, known = zip(*(one_run(server, job) for _ in range(SINGLE_RUNS)), strict=True)
    return [
        Figure(name="POST run to finished, p50", value=percentile(ended, 0.5), unit="ms", at_most=40),
        Figure(name="POST run to finished, p95", value=percentile(ended, 0.95), unit="ms", at_most=100),
        Figure(name="POST run to a watcher that knows it, p50", value=percentile(known, 0.5), unit="ms"),
        Figure(name="POST run to a watcher that knows it, p95", value=percentile(known, 0.95), unit="ms"),
    ]


def wait_until_drained(server: Server) -> None:
    while server.get("/api/extras/job-results/", limit=1, status=["pending", "running"])["count"]:
        time.sleep(0.25)  # asking more often would take processor time from the runs


def drain() -> list[Figure]:
    with running() as server:
        job = server.enabled_job()["id"]
        server.post("/api/workers/drain/")
        # A drained worker takes no runs, and the run path refuses without a worker: the heap is stored by dry runs.
        for _ in range(STORED_RUNS):
            server.post(f"/api/jobs/{job}/dry-run/")
        started, used = time.perf_counter(), server.cpu_seconds()
        server.post("/api/workers/resume/")
        wait_until_drained(server)
        stored = STORED_RUNS / (time.perf_counter() - started)
        processor = (server.cpu_seconds() - used) / STORED_RUNS * 1000
        started = time.perf_counter()
        for _ in range(STORED_RUNS):
            server.post(f"/api/extras/jobs/{job}/run/")
        wait_until_drained(server)
        posted = STORED_RUNS / (time.perf_counter() - started)
        completed = server.get("/api/extras/job-results/", limit=1, status="completed")["count"]
    if completed != 2 * STORED_RUNS:
        raise SystemExit(f"{completed} of {2 * STORED_RUNS} runs completed")
    return [
        Figure(name="stored no-op runs drained by two slots", value=stored, unit="/s", at_least=100),
        Figure(name="the same, POSTs included", value=posted, unit="/s", at_least=50),
        Figure(name="processor time of the whole tree per stored run", value=processor, unit="ms"),
    ]


def measure() -> list[Figure]:
    return latency() + drain()


if __name__ == "__main__":
    print(machine())
    print(table("Runs", measure()))
