"""Sources for the page's tests: what a server, a network and a terminal would say, to be changed at will."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from sim.drivers.live.network.lines import LineStatus
from sim.drivers.live.network.outages import OutageStatus
from sim.drivers.live.network.proxy import Status as NetworkStatus
from sim.drivers.live.terminal.standing import Fault as TerminalFault
from sim.drivers.live.terminal.standing import Status as TerminalStatus
from sim.drivers.live.wire import Overview, Seen

NOW = "2026-04-01T22:00:00+09:00"
SHINJUKU, OSAKA, SAPPORO = "131041", "271004", "011002"


def seen(code: str = SHINJUKU, name: str = "新宿区", last: str = NOW, waiting: int = 0, up: int = 0) -> Seen:
    """A municipality as the server sees it."""
    return Seen(code, last, 3, 40, 2, 10, up, 0, 0, waiting, name)


def overview(*municipalities: Seen, kept: int = 0, decided: int = 0, ready: bool = True) -> Overview:
    """What the server says."""
    faults = ((SHINJUKU, "terminal-131041", "disk_failed", NOW),) if kept else ()
    return Overview(
        NOW, "1.0", ("renkei-open/1",), ready, kept, 12.5 if kept else 0.0, decided, 7, faults, municipalities
    )


def line(code: str = SHINJUKU, up: int = 0, outage: str = "", rate: int = 64_000) -> LineStatus:
    """A line as the network sees it."""
    return LineStatus(
        code, "", "127.13.1.4:9", rate, 40.0, 0.0, False, outage, 1, 2, 0, 0, 0, up, 0, 1.0, None, None
    )


def network(*lines: LineStatus, outages: tuple[OutageStatus, ...] = ()) -> NetworkStatus:
    """What the network says."""
    up = sum(one.bytes_up for one in lines)
    return NetworkStatus(
        NOW, NOW, "1.0", "127.0.0.1:8443", 9443, 1, 2, 5, 0, up, 0, 0, 0, [], list(outages), list(lines)
    )


def terminal(code: str = SHINJUKU, *, connected: bool = True, operator: str = "") -> TerminalStatus:
    """What a terminal says."""
    return TerminalStatus(
        now=NOW,
        code=code,
        version="1.0",
        profile="renkei-open/1",
        connected=connected,
        closed=False,
        trouble="",
        last_exchange=NOW,
        queue=4,
        answers=3,
        waiting=1,
        unanswered=2,
        outbox=0,
        sent=0,
        stopped=0,
        quarantine=0,
        held_back=0,
        operator=operator,
        serial="A-1",
        phase="",
        session=False,
        last_fault=TerminalFault(NOW, "NOT_REACHED"),
    )


class Speakers:
    """Says what it is told to say, path by path; None says nothing and closes."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.says: dict[str, bytes | int] = {}

    def say(self, path: str, what: object) -> None:
        self.says[path] = msgspec.json.encode(what)


@contextmanager
def speaking() -> Iterator[Speakers]:
    """Runs an HTTP server on loopback."""
    speakers: Speakers

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = speakers.says.get(self.path, 404)
            self.send_response(said if isinstance(said, int) else 200)
            content = b"" if isinstance(said, int) else said
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    speakers = Speakers(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield speakers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
