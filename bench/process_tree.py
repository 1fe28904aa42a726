"""What the process tree costs: time to the first answer, memory, and processor time while nothing happens.

python -m bench.process_tree
"""

import time

from bench.figures import Figure, machine, table
from bench.server import running

IDLE_SECONDS = 60


def measure() -> list[Figure]:
    with running() as server:
        server.get("/api/status/")
        time.sleep(10)
        before = server.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        idle = (server.cpu_seconds() - before) / IDLE_SECONDS * 100
        memory = server.proportional_mib()
        seconds = server.seconds_to_answer
    return [
        Figure(name="start to first answer, existing venv", value=seconds, unit="s", at_most=5),
        Figure(name="idle processor time of the tree", value=idle, unit="% of a core", at_most=1),
        Figure(name="proportional memory of the tree", value=memory, unit="MiB", at_most=300),
    ]


if __name__ == "__main__":
    print(machine())
    print(table("Process tree", measure()))
