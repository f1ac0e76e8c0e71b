"""A whole exchange with curl and openssl, word for word as docs/live.md has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from sim.drivers.live.ministry import issuing
from sim.drivers.live.ministry.routes import ENDPOINTS
from sim.drivers.live.wire import PROBLEMS
from tests.live.served import Served

PAGE: Final = Path(__file__).parents[2] / "docs" / "live.md"
CODE: Final = "131041"

pytestmark = pytest.mark.real_peer


def script() -> str:
    """The only shell block of the page that is a script."""
    (found,) = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_exchange_of_the_document_works_as_it_stands_there(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for program in ("curl", "openssl"):
        record_property("peer", program)
        assert shutil.which(program), f"{program} is not installed"
    place = issuing.make(tmp_path / "server", {CODE: "新宿区"}, processes=1)
    work = tmp_path / "work"
    work.mkdir()
    with Served(place.folder) as server:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script()],
            check=False,
            cwd=work,
            env={
                **os.environ,
                "KIT": str(place.folder / "kits" / CODE),
                "SERVER": server.url,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    answer = (work / "answer.csv").read_bytes().decode()
    assert answer.count(",accepted\r\n") == 2
    assert '"state":"decided"' in done.stdout
    assert done.stdout.rstrip().endswith('{"ok":true,"code":"","detail":""}')


def test_the_document_names_every_route_and_every_problem() -> None:
    text = PAGE.read_text(encoding="utf-8")
    routes = [one for one in ENDPOINTS if not one.in_rehearsal]
    missing = [f"{one.method} {one.path}" for one in routes if f"`{one.method} {one.path}`" not in text]
    assert missing == []
    for code, (status, told) in PROBLEMS.items():
        assert f"| `{code}` | {status} | {told} |" in text
