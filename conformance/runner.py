"""Runs the cases against an implementation, and gives their journals and verdicts.

pytest runs as a library in a child process of the same interpreter: a run cannot disturb the next one or
the caller, a mutant cannot leave anything behind, and pytest sees neither the caller's working directory
nor its environment. The child works in an empty folder, with our configuration file and our plugins only;
it imports along the caller's path, which `renkei.py` has checked. What it leaves are journals: the
verdicts are judged again here, and a child that reported anything else is a fault of the harness.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from conformance.judge import judge
from conformance.register import Register, load
from conformance.verdicts import Verdicts
from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.journal import Line

if TYPE_CHECKING:
    from conformance.worker import Info, Result

PATIENCE: Final = 600
"""Seconds after which a run that does not end is given up."""

BOOT: Final = """
import json, sys
job = json.loads(sys.argv[1])
sys.path[:] = job["path"]
import msgspec
from conformance.worker import Job, work
sys.exit(work(msgspec.convert(job, Job)))
"""
FINISHED: Final = (0, 1)
"""pytest's exit codes after it has run every case: all passed, or some did not."""

DROPPED: Final = ("PYTHONPATH", "PYTHONWARNINGS", "PYTHONHASHSEED", "PY_COLORS", "FORCE_COLOR")
"""Variables that could change what the child imports or how it behaves; all of pytest's own go too."""


@dataclass(frozen=True, slots=True)
class Run:
    """All cases against one implementation. `journals`: by the id of the case."""

    cases: tuple[Info, ...]
    journals: dict[str, tuple[Line, ...]]
    verdicts: Verdicts


def collect() -> tuple[Info, ...]:
    """All cases of the feature files, in their order."""
    with _folder() as out:
        return _work(out, collect_only=True).cases


def run(mutant: str = "", register: Register | None = None) -> Run:
    """Runs every case against the built-in reference, or against a mutant of it.

    Raises:
        HarnessError: the child process failed, or says something else than its journals.
    """
    with _folder() as out:
        result = _work(out, mutant=mutant)
        journals = {info.id: tuple(journal.read(Path(out, f"{info.id}.ndjson"))) for info in result.cases}
    verdicts = judge(journals, register or load())
    judged = {case.case: case.verdict for case in verdicts.cases if case.case in journals}
    if judged != result.verdicts:
        raise HarnessError(
            "the child process reports other verdicts than its journals give",
            expected=str(judged),
            received=str(result.verdicts),
            remedy="please report this: judging must not depend on where it is done",
        )
    return Run(result.cases, journals, verdicts)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="renkei-")


def _work(out: str, *, mutant: str = "", collect_only: bool = False) -> Result:
    """Has a child process do a job in the folder `out`."""
    from conformance.worker import HOME, RESULT, Job, Result

    job = Job(path=_path(HOME), out=out, mutant=mutant, collect_only=collect_only)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", BOOT, msgspec.json.encode(job).decode()],
            cwd=out,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError("the cases could not be run", received=str(error)) from error
    left = Path(out, RESULT)
    if done.returncode not in FINISHED or not left.is_file():
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise HarnessError(
            "the child process that runs the cases failed",
            where=f"mutant {mutant}" if mutant else "reference",
            expected=f"exit code {FINISHED[0]} or {FINISHED[1]}",
            received=f"exit code {done.returncode}\n{said[-4000:]}",
            remedy="please report this",
        )
    return msgspec.json.decode(left.read_bytes(), type=Result)


def _path(home: Path) -> tuple[str, ...]:
    """The caller's import path without the working directory, and with our own packages on it."""
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    return tuple(path if str(home) in path else [str(home), *path])


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith(("PYTEST_", "_PYTEST"))
    }
    # A plugin that merely happens to be installed takes no part.
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
