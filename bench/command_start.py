"""Row "starting the command line": `renkei --help` as a whole process, beside Python doing nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import CannotRun, Figure, Goal, Options, Say, spread

ROW: Final = "command start"
SECONDS: Final = Goal(0.3)
# A start is short, so there are twice as many as of everything else: ten, unless told otherwise.
TIMES: Final = 2

NOTES: Final = ("command start: whole processes, in turn, after one of each that is not counted.",)


def measure(options: Options, say: Say, folder: Path | None = None) -> list[Figure]:
    """The figures of this row; the console script is looked for beside the interpreter, or in `folder`.

    Raises:
        CannotRun: there is no console script, or it fails.
    """
    beside = Path(sys.executable).parent if folder is None else folder
    program = shutil.which("renkei", path=str(beside))
    if program is None:
        raise CannotRun(
            "the console script `renkei` is not installed beside this Python: pip install --editable ."
        )
    helping, bare = (program, "--help"), (sys.executable, "-c", "pass")
    ours: list[float] = []
    floor: list[float] = []
    with TemporaryDirectory() as elsewhere:  # never the working directory of whoever measures
        for command in (helping, bare):
            harness.wall(command, Path(elsewhere))
        for _ in range(TIMES * options.repeats):
            ours.append(harness.wall(helping, Path(elsewhere)))
            floor.append(harness.wall(bare, Path(elsewhere)))
    say(f"{len(ours)} starts")
    return [
        Figure(ROW, "renkei --help", "s", spread(ours), SECONDS),
        Figure(ROW, "python -c pass", "s", spread(floor)),
        Figure(ROW, "renkei --help / python -c pass", "×", spread(harness.ratios(ours, floor))),
    ]
