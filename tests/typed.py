"""A command of `renkei` typed in this process: a new one for each would take a second every time.

What is a matter of the process itself is typed `apart`: that a command imports all that it needs, and that
its bytes do not depend on the seed of Python's hashes.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Final

import pytest

from renkei import main

RENKEI: Final = Path(sys.executable).with_name("renkei")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def typed(*arguments: str | Path, cwd: Path | None = None) -> Done:
    """Types a command, in the folder `cwd`, and gives its exit code and what it wrote."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        pytest.MonkeyPatch.context() as patch,
        chdir(cwd or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["renkei", *map(str, arguments)])
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return Done(code, *(_text(stream) for stream in (out, err)))


def apart(*arguments: str | Path, cwd: Path | None = None) -> Done:
    """Types a command in a process of its own."""
    done = subprocess.run([RENKEI, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def _text(stream: TextIOWrapper) -> str:
    """What was written to it."""
    buffer = stream.detach()
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue().decode("utf-8")
