"""All measurements of this product, and all their figures at the end. The module of each measures it alone.

python -m bench

FOUREYES_BENCH_BEAT may name a Python with django-celery-beat, to be measured beside ours in the same run.
"""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from bench import lists, live_log, pages, process_tree, runs, schedules
from bench.figures import Figure, machine, table

MEASURED: dict[str, Callable[[], list[Figure]]] = {
    "Runs": runs.measure,
    "Process tree": process_tree.measure,
    f"Lists over {lists.ROWS:,} results": lists.measure,
    f"Pages over {pages.RESULTS:,} results": pages.measure,
    "Live log": live_log.measure,
    "Schedules": partial(schedules.measure, schedules.OTHERS, with_server=True),
}

BEAT = os.environ.get("FOUREYES_BENCH_BEAT", "")


def beat() -> list[Figure]:
    """django-celery-beat, by a Python that has it."""
    command = [BEAT, str(Path(__file__).with_name("beat.py"))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures = []
    for line in done.stdout.splitlines():
        cells = line.strip("| ").split(" | ")
        if len(cells) == 2 and cells[1][:1].isdigit():
            value, unit = cells[1].split(" ", 1)
            figures.append(
                Figure(name=f"django-celery-beat: {cells[0]}", value=float(value.replace(",", "")), unit=unit)
            )
    if not figures:
        raise SystemExit(f"{command} told no figure:\n{done.stdout}")
    return figures


if BEAT:
    MEASURED["django-celery-beat"] = beat

if __name__ == "__main__":
    print(machine())
    figures: list[Figure] = []
    for title, measure in MEASURED.items():
        with ProcessPoolExecutor(1, get_context("spawn")) as own:  # Django is set up once in a process
            found = own.submit(measure).result()
        print(table(title, found), flush=True)
        figures += found
    print(table("All", figures))
