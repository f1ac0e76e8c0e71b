"""Row "ministry intake": one measurement. A lean client starts a side's server and sends it what was made.

The client is one process with a thread for each connection that it has at a time; requests are whole before
the clock runs, and the contexts of TLS with their keys are loaded. It checks the server's certificate and
name, as a terminal does.
"""

from __future__ import annotations

import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

from bench.harness import CannotRun
from bench.intake_plan import MINISTRY, SEALED, Lane, Plan, Upload, digest_of, line_of, read
from bench.intake_server import BARE, OURS, READY
from load.keys import TLS, Keys, default_folder
from sim.drivers.live.wire import KEY, REF

AT_ONCE: Final = 64
"""New connections that the client has at a time."""
_SERVER: Final = Path(__file__).with_name("intake_server.py")
# Seconds: for a start, an answer, the decisions, an end; between two questions whether all is decided.
_START_WITHIN: Final = 120.0
_ANSWER_WITHIN: Final = 120.0
_DECIDED_WITHIN: Final = 600.0
_STOP_WITHIN: Final = 60.0
_LOOK: Final = 0.05
_UNDECIDED: Final = "SELECT count(*) FROM kept WHERE decided_at IS NULL"


class Server:
    """A side's server process. `port`: where it listens."""

    def __init__(self, side: str, place: Path, database: Path, log: IO[bytes]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, str(_SERVER), side, str(place), str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
        self._log = log
        self.port = 0

    def wait(self) -> None:
        """Until it listens.

        Raises:
            CannotRun: it does not.
        """
        watch = threading.Timer(_START_WITHIN, self._child.kill)
        watch.start()
        try:
            assert self._child.stdout is not None
            for line in self._child.stdout:
                if line.startswith(READY):
                    self.port = int(line.removeprefix(READY))
                    return
        finally:
            watch.cancel()
        raise CannotRun(f"the server does not listen: {self._last()}")

    def stop(self) -> None:
        """Asks it to stop, and waits until it has.

        Raises:
            CannotRun: it ended with a fault.
        """
        self._child.terminate()
        code = self._child.wait(_STOP_WITHIN)
        if code not in (0, -signal.SIGTERM):
            raise CannotRun(f"the server ended with exit code {code}: {self._last()}")

    def kill(self) -> None:
        """Ends it in any case."""
        self._child.kill()
        self._child.wait(_STOP_WITHIN)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def _last(self) -> str:
        lines = Path(self._log.name).read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextmanager
def serving(side: str, place: Path, database: Path) -> Iterator[Server]:
    """A side's server, which listens; it is gone afterwards. Its log lies beside its database."""
    with database.with_suffix(".log").open("wb") as log:
        server = Server(side, place, database, log)
        try:
            server.wait()
            yield server
        finally:
            server.kill()


def measure(side: str, folder: Path, database: Path) -> dict[str, Any]:
    """Seconds from the first byte until the last answer, and until everything is decided; what was stored.

    Where the answer tells the decision, both are the same; where nothing is decided, there is no second.

    Raises:
        CannotRun: a batch was not taken in, or the server failed.
    """
    plan = read(folder)
    sealed = (folder / SEALED).read_bytes()
    with serving(side, folder / MINISTRY, database) as server:
        client = Client(plan, sealed, server.port)
        client.warm()
        if side == OURS:
            _all_decided(database, time.perf_counter())
        begun, answered = client.run()
        decided: float | None = answered
        if side == BARE:
            decided = None
        elif side == OURS:
            decided = _all_decided(database, begun)
        server.stop()
    return {"answered": answered, "decided": decided, "stored": _stored(side, folder / MINISTRY, database)}


class Client:
    """All endpoints of a plan."""

    def __init__(self, plan: Plan, sealed: bytes, port: int) -> None:
        self._plan = plan
        self._port = port
        codes = {lane.code for lane in (*plan.warm, *plan.lanes)}
        keys = Keys(default_folder())
        self._tls = {code: _context(keys, code) for code in codes}
        self._requests = {
            upload.ref: _request(upload, sealed)
            for lane in (*plan.warm, *plan.lanes)
            for upload in lane.uploads
        }
        self._faults: list[BaseException] = []

    def warm(self) -> None:
        """What goes before the clock runs, one after the other."""
        for lane in self._plan.warm:
            self._send(lane, self._connect(lane))

    def run(self) -> tuple[float, float]:
        """Sends everything; gives when it began (`time.perf_counter`), and seconds until the last answer."""
        lanes: SimpleQueue[tuple[Lane, ssl.SSLSocket | None]] = SimpleQueue()
        for lane in self._plan.lanes:
            lanes.put((lane, self._connect(lane) if self._plan.kept else None))
        go = threading.Event()

        def work() -> None:
            go.wait()
            try:
                while True:
                    lane, connection = lanes.get_nowait()
                    self._send(lane, connection or self._connect(lane))
            except Empty:
                return
            except BaseException as error:
                self._faults.append(error)

        many = len(self._plan.lanes) if self._plan.kept else min(AT_ONCE, len(self._plan.lanes))
        threads = [threading.Thread(target=work, daemon=True) for _ in range(many)]
        for thread in threads:
            thread.start()
        begun = time.perf_counter()
        go.set()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
        if self._faults:
            raise CannotRun(f"a batch was not taken in: {self._faults[0]!r}") from self._faults[0]
        return begun, seconds

    def _connect(self, lane: Lane) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self._port), _ANSWER_WITHIN)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls[lane.code].wrap_socket(raw, server_hostname="localhost")

    def _send(self, lane: Lane, connection: ssl.SSLSocket) -> None:
        with connection:
            for upload in lane.uploads:
                connection.sendall(self._requests[upload.ref])
                _answer(connection)


def _context(keys: Keys, code: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(keys.root)
    context.load_cert_chain(*keys.pair(TLS, code))
    return context


def _request(upload: Upload, sealed: bytes) -> bytes:
    head = (
        f"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\n{KEY}: {upload.ref}\r\n{REF}: {upload.ref}\r\n"
        f"Content-Type: application/cms\r\nContent-Length: {upload.size}\r\n\r\n"
    )
    return head.encode() + sealed[upload.offset : upload.offset + upload.size]


def _answer(connection: ssl.SSLSocket) -> None:
    """Reads an answer to its end.

    Raises:
        CannotRun: it says something else than that the batch was taken in.
    """
    got = b""
    while (cut := got.find(b"\r\n\r\n")) < 0:
        piece = connection.recv(65536)
        if not piece:
            raise CannotRun(f"the server hung up after {got[:200]!r}")
        got += piece
    head, body = got[:cut].lower(), got[cut + 4 :]
    _, _, length = head.partition(b"\r\ncontent-length:")
    size = int(length.partition(b"\r\n")[0])
    while len(body) < size:
        piece = connection.recv(65536)
        if not piece:
            raise CannotRun(f"the server hung up after {got[:200]!r}")
        body += piece
    if not head.startswith(b"http/1.1 202 "):
        raise CannotRun(f"{head.partition(bytes([13]))[0].decode()}: {body[:300].decode('utf-8', 'replace')}")


def _all_decided(database: Path, begun: float) -> float:
    """Waits until our server has decided all that it has kept; seconds since `begun`.

    Its database is asked, over a connection of ours: to ask the server would take of its time.

    Raises:
        CannotRun: it takes too long.
    """
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        while (seconds := time.perf_counter() - begun) < _DECIDED_WITHIN:
            (waiting,) = connection.execute(_UNDECIDED).fetchone()
            if not waiting:
                return seconds
            time.sleep(_LOOK)
    finally:
        connection.close()
    raise CannotRun(f"not everything is decided after {_DECIDED_WITHIN:.0f} s")


def _stored(side: str, place: Path, database: Path) -> dict[str, Any]:
    if side == OURS:
        return of_ours(place, database)
    if side == BARE:
        from bench import intake_bare

        return intake_bare.stored(database)
    from bench import intake_orm

    return intake_orm.stored(database)


def of_ours(folder: Path, database: Path) -> dict[str, Any]:
    """What our server has kept, and what its journal says that it accepted."""
    from sim.drivers.live.ministry import folder as folders
    from sim.drivers.topology import MINISTRY as NODE
    from sim.nodes.ministry import MinistryState
    from sim.stores.database import open_database
    from sim.stores.sql import SqlStore

    place = folders.read(folder)
    opened = open_database(database, key=place.store_key())
    try:
        with opened.reading() as cursor:
            digests = [digest for (digest,) in cursor.execute("SELECT digest FROM kept").fetchall()]
        batches = 0
        lines = []
        for line in SqlStore(opened, NODE, MinistryState).journal():
            if line.kind == "batch_accepted":
                batches += 1
            elif line.kind == "record_accepted":
                lines.append(line_of(str(line.data["record"]), line.subject))
    finally:
        opened.dispose()
    return {
        "batches": batches,
        "records": len(lines),
        "sealed": digest_of(digests),
        "read": digest_of(lines),
    }
