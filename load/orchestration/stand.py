"""The server of a load test: our own as a child process, or somebody's elsewhere.

Our own is made in a folder of the run with the keys that endpoints have, started, looked at while it runs,
killed and started again when the test asks for it, and stopped before its journal is read. Of a server
elsewhere only the address is known: what became of the records is then told by its answers alone.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import quote, urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from load.endpoints import Door, Link, tls_of
from load.keys import Keys
from load.orchestration.balance import LOST, PENDING
from load.orchestration.children import Child, Said, command
from load.orchestration.watch import Told
from load.plan import Arrival
from sim.base.errors import HarnessError, UsageError
from sim.base.journal import Line

READY: Final = "renkei: listening on port "
ADMIN: Final = "renkei: admin on port "
FOLDER: Final = "ministry"
# Seconds: for the server to start, and for one answer of its operators' side.
_START_WITHIN: Final = 120.0
_PATIENCE: Final = 5.0
_LOOK: Final = 0.2


class Stand(Protocol):
    """A server under load, as the test sees it."""

    @property
    def store(self) -> str:
        """Where it keeps everything, in words."""
        ...

    def version(self) -> str:
        """Of that; empty when it is not known."""
        ...

    @property
    def restarts(self) -> int: ...

    @property
    def pid(self) -> int | None: ...

    @property
    def gone(self) -> bool:
        """Whether it has ended although nobody asked it to."""
        ...

    def addresses(self) -> tuple[str, ...]:
        """HOST:PORT, one or several."""
        ...

    def told(self) -> Told | None:
        """What it tells of itself; None when it does not."""
        ...

    def kill(self) -> None:
        """Kills it (SIGKILL) and starts it again."""
        ...

    def settle(self, within: float) -> bool:
        """Waits until it has decided all that it has kept; whether it has."""
        ...

    def stop(self) -> None:
        """Asks it to stop, and waits."""
        ...

    def journal(self) -> Iterable[Line] | None:
        """All that its node wrote; None when that cannot be had. After `stop`."""
        ...

    def size(self) -> int:
        """Bytes of its database; 0 when that is not known."""
        ...


class Ministry:
    """`renkei ministry serve` as a child process. As a context manager it is stopped on the way out."""

    def __init__(
        self, folder: Path, keys: Keys, endpoints: Sequence[Arrival], database: str | None, log: Path
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._allowed = {one.code: one.name for one in endpoints}
        self._database = database
        self._log = log
        self._child: Child | None = None
        self._port = self._admin = 0
        self._turn = threading.Lock()
        self._stopped = False
        self.restarts = 0

    @property
    def store(self) -> str:
        return "SQLite" if self._database is None else "PostgreSQL"

    @property
    def pid(self) -> int | None:
        child = self._child
        return None if child is None or child.ended() else child.pid

    @property
    def gone(self) -> bool:
        with self._turn:
            return self._child is not None and self._child.ended() and not self._stopped

    def __enter__(self) -> Self:
        from sim.drivers.live.ministry import issuing

        issuing.make(self._folder, self._allowed, ready=self._keys.folder, kits=False)
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.kill()

    def addresses(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self._port}",)

    def told(self) -> Told | None:
        try:
            answer = httpx.get(f"http://127.0.0.1:{self._admin}/metrics", timeout=_PATIENCE, trust_env=False)
        except httpx.HTTPError:
            return None
        figures = {
            family.name: family.samples[0].value
            for family in text_string_to_metric_families(answer.text)
            if family.name in ("renkei_kept", "renkei_oldest_kept_seconds") and family.samples
        }
        if "renkei_kept" not in figures:
            return None
        oldest = figures.get("renkei_oldest_kept_seconds", 0.0)
        return Told(int(figures["renkei_kept"]), round(oldest * 1e6))

    def kill(self) -> None:
        with self._turn:
            child = self._child
            if child is None or self._stopped:
                return
            child.kill()
            self.restarts += 1
            self._start()

    def settle(self, within: float) -> bool:
        end = time.monotonic() + within
        while time.monotonic() < end:
            told = self.told()
            if told is not None and not told.kept:
                return True
            time.sleep(_LOOK)
        return False

    def stop(self) -> None:
        with self._turn:
            self._stopped = True
            if self._child is not None and (code := self._child.stop()) != 0:
                raise self._child.died(f"exit code 0, not {code}")

    def version(self) -> str:
        if self._database is None:
            return sqlite3.sqlite_version
        import sqlalchemy as sa

        engine = sa.create_engine(self._database)
        try:
            with engine.connect():
                found = engine.dialect.server_version_info or ()
        finally:
            engine.dispose()
        return ".".join(str(part) for part in found)

    def journal(self) -> Iterable[Line]:
        from sim.drivers.live.ministry import folder as folders
        from sim.drivers.topology import MINISTRY
        from sim.nodes.ministry import MinistryState
        from sim.stores.database import open_database
        from sim.stores.sql import SqlStore

        place = folders.read(self._folder)
        opened = open_database(self._database or place.database, key=place.store_key())
        try:
            yield from SqlStore(opened, MINISTRY, MinistryState).journal()
        finally:
            opened.dispose()

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob("ministry.sqlite*"))

    def _start(self) -> None:
        """Starts it, at the ports that it had before if it had any."""
        ports = ("--port", str(self._port), "--admin-port", str(self._admin))
        url = () if self._database is None else ("--database", self._database)
        said = Said()
        child = command(
            "renkei ministry serve", ("ministry", "serve", str(self._folder), *ports, *url), self._log, said
        )
        self._child = child
        try:
            self._admin = int(said.first(ADMIN, child, _START_WITHIN))
            self._port = int(said.first(READY, child, _START_WITHIN))
        except BaseException:
            child.kill()
            raise


class Elsewhere:
    """A server that runs already, at these addresses (`https://HOST:PORT` or `HOST:PORT`).

    Raises:
        UsageError: an address is none.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = tuple(_place(one) for one in addresses)
        self.restarts = 0

    store = "elsewhere"
    pid = None
    gone = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """It is not ours to stop."""

    def addresses(self) -> tuple[str, ...]:
        return self._addresses

    def told(self) -> Told | None:
        return None

    def kill(self) -> None:
        raise UsageError(
            "a server elsewhere cannot be killed from here",
            remedy="leave out --kill-server-every or --server",
        )

    def version(self) -> str:
        return ""

    def settle(self, within: float) -> bool:
        return True

    def stop(self) -> None:
        """It is not ours to stop."""

    def journal(self) -> None:
        return None

    def size(self) -> int:
        return 0


def _place(address: str) -> str:
    parts = urlsplit(address if "//" in address else f"https://{address}")
    with contextlib.suppress(ValueError):
        if parts.scheme == "https" and parts.hostname and parts.port and parts.path in ("", "/"):
            return f"{parts.hostname}:{parts.port}"
    raise UsageError(
        "this is no address of a server",
        expected="https://HOST:PORT",
        received=address[:80],
        where="--server",
    )


def standing_of(keys: Keys, address: str, code: str, key: str) -> str:
    """What the server says of a batch that it has taken: `PENDING` while it has it, `LOST` when it has not.

    Raises:
        HarnessError: it does not say.
    """
    host, _, port = address.rpartition(":")
    connection = Link(Door(host, int(port)), tls_of(keys, code), _PATIENCE)
    try:
        connection.request("GET", f"/v1/batches/{quote(key, safe='')}")
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == http.client.NOT_FOUND:
            return LOST
        if answer.status == http.client.OK and json.loads(content)["key"] == key:
            return PENDING
    except (OSError, ssl.SSLError, http.client.HTTPException, ValueError, KeyError) as error:
        raise HarnessError(
            "the server does not say what became of a batch", where=f"{code}, {key}", received=str(error)
        ) from error
    finally:
        connection.close()
    raise HarnessError(
        "the server does not say what became of a batch", where=f"{code}, {key}", received=str(answer.status)
    )
