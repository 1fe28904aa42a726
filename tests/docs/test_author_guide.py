"""The examples of the author guide are jobs that discovery takes."""

import re
import sys
from pathlib import Path
from types import ModuleType

from foureyes.jobs.describe import describe, is_job_class

GUIDE = Path(__file__).parents[2] / "docs" / "user-guide" / "jobs.md"


def test_every_python_example_is_a_job() -> None:
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        module = ModuleType(f"guide_example_{number}")
        sys.modules[module.__name__] = module
        exec(compile(example, str(GUIDE), "exec"), module.__dict__)
        jobs = [job for job in vars(module).values() if is_job_class(job) and job.__module__ == module.__name__]
        assert [describe(job, grouping="Housekeeping")["name"] for job in jobs] == ["Remove old builds"]
