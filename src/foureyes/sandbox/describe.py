"""Imports author code in a process of its own and says as JSON what is in it.

`python -P -m foureyes.sandbox.describe`, see `launch.py`: one `DescribeRequest` on the standard input, one answer on
the standard output. What the author's code prints goes to the error output.
"""

import importlib
import json
import os
import signal
import sys
from types import ModuleType
from typing import Any, NotRequired, TypedDict

import django

from foureyes.jobs.describe import describe, is_job_class, variables_of
from foureyes.jobs.job import Job
from foureyes.jobs.variables import ChoiceVar
from foureyes.sandbox.failures import headline, traceback_text
from foureyes.sandbox.linux import end_with
from foureyes.sandbox.source import SourceError, find_job, grouping_of, job_classes, load_module, loaded_files
from foureyes.sandbox.text import jsonable

# `do` is "describe" or "choices". With `folder`, `module` is a file or package in it; without, it is an installed one.
DescribeRequest = TypedDict(
    "DescribeRequest",
    {
        "do": str,
        "folder": NotRequired[str | None],
        "module": NotRequired[str | None],
        "entry_point": NotRequired[str | None],  # instead of the two: pkg.mod or pkg.mod:attribute
        "class": NotRequired[str],  # with "choices": of which job,
        "variable": NotRequired[str],  # and of which variable
        "parent": NotRequired[int],  # who asks: the answer is for nobody else
    },
)


def answer(request: DescribeRequest) -> dict[str, Any]:
    """The answer; an exception of the author's code is one too."""
    try:
        if request["do"] == "choices":
            return {"ok": True, "choices": _choices(request)}
        return {"ok": True, **_describe(request)}
    except BaseException as error:  # author's code: anything may come, SystemExit too
        return {
            "ok": False,
            "error": headline(error).splitlines()[0],
            "traceback": traceback_text(error, request.get("folder")),
        }


def _describe(request: DescribeRequest) -> dict[str, Any]:
    module, classes = _load(request)
    folder = request.get("folder")
    jobs: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for job_class in classes:
        try:
            home = module if folder else sys.modules[job_class.__module__]
            jobs[job_class.__name__] = describe(job_class, grouping=grouping_of(home))
        except Exception as error:  # author's defaults and choices
            skipped[job_class.__name__] = headline(error)
    return {
        "jobs": jobs,
        "module_doc_name": grouping_of(module),
        "files": loaded_files(folder) if folder else [],
        "skipped": skipped,
    }


def _load(request: DescribeRequest) -> tuple[ModuleType, list[type[Job]]]:
    entry_point = request.get("entry_point")
    if not entry_point:
        module = _module(request)
        return module, job_classes(module)
    name, _, attribute = entry_point.partition(":")
    module = importlib.import_module(name)
    if not attribute:
        return module, job_classes(module)
    named = getattr(module, attribute)
    return module, [one for one in (named if isinstance(named, list | tuple) else [named]) if is_job_class(one)]


def _module(request: DescribeRequest) -> ModuleType:
    module = request.get("module")
    if not module:
        raise SourceError("Nothing to load was named")
    return load_module(module, request.get("folder"))


def _choices(request: DescribeRequest) -> list[Any]:
    job_class = find_job(_module(request), request["class"])
    variable = variables_of(job_class).get(request["variable"])
    if not isinstance(variable, ChoiceVar):
        raise SourceError(f"{request['class']} has no variable {request['variable']} with choices")
    return variable.listed()


def main() -> None:
    """One request, one answer, and out, whatever threads the author's module has started."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request: DescribeRequest = json.load(sys.stdin)
    if parent := request.get("parent"):
        end_with(parent, signal.SIGKILL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    django.setup()
    output.write(json.dumps(jsonable(answer(request))))
    output.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
