"""All measurements of this product, and all their figures at the end. The module of each measures it alone.

python -m bench
"""

from collections.abc import Callable

from bench import lists, pages, process_tree, runs, schedules
from bench.figures import Figure, machine, table

MEASURED: dict[str, Callable[[], list[Figure]]] = {
    "Runs": runs.measure,
    "Process tree": process_tree.measure,
    f"Lists over {lists.ROWS:,} results": lists.measure,
    f"Pages over {pages.RESULTS:,} results": pages.measure,
    "Schedules": lambda: schedules.measure(schedules.OTHERS, with_server=True),
}

if __name__ == "__main__":
    print(machine())
    figures: list[Figure] = []
    for title, measure in MEASURED.items():
        found = measure()
        print(table(title, found), flush=True)
        figures += found
    print(table("All", figures))
