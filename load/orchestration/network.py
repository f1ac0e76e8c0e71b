"""The network of a load test: `renkei lgwan` as a child process, its outages, and what each line carried."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
import msgspec

from load.orchestration.children import Child, Said, command
from load.orchestration.results import Carried
from load.plan import Cut
from sim.base.errors import HarnessError

READY: Final = "renkei: listening on port "
CONTROL: Final = "renkei: control on port "
# Seconds: for some two thousand lines to listen, and for an answer.
_START_WITHIN: Final = 120.0
_PATIENCE: Final = 30.0


class Lgwan:
    """The network in front of a server. As a context manager it is stopped on the way out.

    Args:
        folder: its own.
        table: CSV of the municipalities' codes and names.
        ministry: HOST:PORT of the server.
        rate: bits a second of each line, 0 for no limit; `latency`: microseconds, one way; `loss`: share of
            segments that go again.
    """

    def __init__(
        self, folder: Path, table: Path, ministry: str, *, rate: int, latency: int, loss: float, log: Path
    ) -> None:
        self._folder = folder
        self._table = table
        self._ministry = ministry
        self._quality = (
            *("--rate", str(rate) if rate else "unlimited"),
            *("--latency", f"{latency}us" if latency % 1000 else f"{latency // 1000}ms"),
            *("--loss", f"{loss:g}"),
        )
        self._log = log
        self._child: Child | None = None
        self.port = 0
        self._control = 0
        self._alarms: list[threading.Timer] = []
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        arguments = ("--ministry", self._ministry, "--codes-file", str(self._table), "--port", "0")
        making = command(
            "renkei lgwan init",
            ("lgwan", "init", str(self._folder), *arguments, *self._quality),
            self._log,
            lambda _line: None,
        )
        with making:
            if making.wait(_START_WITHIN) != 0:
                raise making.died("a folder for the network")
        said = Said()
        self._child = command(
            "renkei lgwan run", ("lgwan", "run", str(self._folder), "--control-port", "0"), self._log, said
        )
        try:
            self.port = int(said.first(READY, self._child, _START_WITHIN))
            self._control = int(said.first(CONTROL, self._child, _START_WITHIN))
        except BaseException:
            self._child.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for alarm in self._alarms:
            alarm.cancel()
        child = self._child
        assert child is not None
        try:
            child.ask_to_stop()
            child.wait(_PATIENCE)
        except HarnessError:
            pass  # it is killed in a moment; what it carried was read before
        finally:
            child.kill()

    def cut(self, cuts: Sequence[Cut], begins: float, night: int = 0) -> None:
        """Declares outages when they are due. `begins`: of the night, by `time.monotonic`."""
        for number, one in enumerate(cuts, start=1):
            # One that begins with the night is declared before anybody calls.
            after = max(begins + one.start / 1e6 - time.monotonic(), 0.0) if one.start else 0.0
            end = begins + one.end / 1e6
            alarm = threading.Timer(after, self._declare, (f"cut-{night + 1}-{number}", end))
            alarm.daemon = True
            self._alarms.append(alarm)
            alarm.start()

    def _declare(self, name: str, end: float) -> None:
        lasts = max(round((end - time.monotonic()) * 1e6), 1)
        try:
            token = (self._folder / "keys" / "control.token").read_text("ascii").strip()
            answer = httpx.post(
                f"http://127.0.0.1:{self._control}/outages",
                json={"name": name, "for": f"{lasts}us"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=_PATIENCE,
                trust_env=False,
            )
            if answer.is_error:
                self.faults.append(f"the outage {name} was refused: {answer.text[:200]}")
        except (httpx.HTTPError, OSError) as error:
            self.faults.append(f"the outage {name} was not declared: {error}")

    def carried(self) -> dict[str, Carried]:
        """What each line carried until now, by code.

        Raises:
            HarnessError: the network does not say.
        """
        try:
            answer = httpx.get(f"http://127.0.0.1:{self._control}/status", timeout=_PATIENCE, trust_env=False)
            answer.raise_for_status()
            found = msgspec.json.decode(answer.content, type=_Status)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise HarnessError(
                "the network does not say what it carried", where=str(self._folder), received=str(error)
            ) from error
        self.faults += found.faults
        return {
            one.code: Carried(one.bytes_up, one.bytes_down, round(one.busy_s * 1e6)) for one in found.lines
        }


class _Line(msgspec.Struct, frozen=True):
    """What is read of a line's status."""

    code: str
    bytes_up: int
    bytes_down: int
    busy_s: float


class _Status(msgspec.Struct, frozen=True):
    lines: list[_Line]
    faults: list[str]
