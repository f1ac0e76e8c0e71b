"""The local console and status of a terminal: plain HTTP on 127.0.0.1, for nobody beyond this machine.

    GET  /status     how it stands (`station.Status`), for everybody on this machine
    POST /console    one job of an operator, `Authorization: Bearer TOKEN`; the token lies in DIR/keys

A PIN travels in a body over the loopback and nowhere else: not in an argument, a log or an address. A request
that bears another Host, or an Origin, comes from a page in a browser and is refused.
"""

from __future__ import annotations

import base64
import hmac
import logging
import os
import threading
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from sim.base.errors import HarnessError, RenkeiError, UsageError
from sim.base.node import Body, Reply
from sim.drivers.live.terminal import media, refusals
from sim.drivers.live.terminal.logs import log
from sim.drivers.live.terminal.settings import RUNNING, Place
from sim.drivers.live.terminal.standing import Status, counted, exchanged, put_aside
from sim.drivers.live.terminal.station import Station
from sim.drivers.topology import MINISTRY
from sim.exchange.batch import UP
from sim.exchange.folders import QUARANTINE
from sim.nodes.messages.network import MEDIA, HandOver
from sim.nodes.messages.terminal import (
    ChangePin,
    CollectNow,
    ExportLog,
    InstallSoftware,
    LogOff,
    LogOn,
    SendNow,
    Train,
    Unlock,
    View,
)

_LARGEST: Final = 64 * 1024
_WITHIN: Final = 30.0


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator wants done; each job reads what it needs."""

    job: str
    operator: str = ""
    pin: str = ""
    what: str = ""
    medium: str = ""
    path: str = ""
    outage: str = ""
    version: str = ""
    on: date | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came of a job. `content`: bytes for the caller to write, base64."""

    ok: bool
    code: str = ""
    detail: str = ""
    content: str = ""


def _plain(body: Body) -> Callable[[Station, Job], Answer]:
    return lambda station, job: _answer(station.told(body))


def _with(make: Callable[[Job], Body]) -> Callable[[Station, Job], Answer]:
    return lambda station, job: _answer(station.told(make(job)))


def _exchange(body: Body) -> Callable[[Station, Job], Answer]:
    def act(station: Station, job: Job) -> Answer:
        before = station.status()
        answer = _answer(station.told(body))
        if not answer.ok:
            return answer
        return msgspec.structs.replace(answer, detail=exchanged(before, station.status()))

    return act


def _view(station: Station, job: Job) -> Answer:
    answer = _answer(station.told(View(job.what)))
    if answer.ok and job.what == QUARANTINE:
        # The node knows what came down; what was put aside of outbox/ lies in the folder.
        status = station.status()
        told = f"{QUARANTINE}: {put_aside(status.quarantine, status.stopped)}"
        return msgspec.structs.replace(answer, detail=told)
    return answer


def _export_log(station: Station, job: Job) -> Answer:
    reply = station.told(ExportLog(job.medium))
    content = station.log_on_medium(job.medium) if reply.ok else None
    return msgspec.structs.replace(_answer(reply), content=base64.b64encode(content or b"").decode())


def _export_media(station: Station, job: Job) -> Answer:
    if (missing := _no_medium(job)) is not None:
        return missing
    if not job.outage:
        return Answer(False, "no_outage", "media serve in a declared outage only: say which")
    if station.operator:  # the node says itself that nobody is logged on
        try:
            obstacle = media.in_the_way(station, Path(job.path))
        except (OSError, UsageError) as error:
            return Answer(False, "no_medium", str(error))
        if obstacle is not None:
            found = [obstacle.code]
            log("medium_refused", level=logging.WARNING, direction=UP, found=found, outage=job.outage)
            return _answer(obstacle)
    reply = station.told(HandOver(MINISTRY, MEDIA))
    if not reply.ok and not (reply.code == refusals.NOTHING_WAITS and station.handed_over()):
        return _answer(reply)
    try:
        label = media.write(station, Path(job.path), job.outage)
    except (OSError, UsageError) as error:
        return Answer(False, "not_written", f"the batches wait for the next export, off the line; {error}")
    if station.operator:  # what an earlier job had set apart was no job of the node's
        station.told(LogOff())
    left = station.status().queue
    also = f"; left for the next exchange: {counted(left, 'record')}" if left else ""
    return Answer(True, detail=f"medium {label.sequence}, files: {len(label.items)}{also}")


def _import_media(station: Station, job: Job) -> Answer:
    if (missing := _no_medium(job)) is not None:
        return missing
    if not station.operator:
        return Answer(False, "no_session")
    found = media.take(station, Path(job.path))
    if isinstance(found, str):
        return Answer(False, "medium_refused", found)
    station.told(LogOff())
    return Answer(True, detail=f"medium {found.sequence}, files: {len(found.items)}")


def _no_medium(job: Job) -> Answer | None:
    """Told before anything is done: batches that a messenger is to have are off the line."""
    if os.path.isdir(job.path):
        return None
    return Answer(False, "no_medium", f"expected a folder, received {job.path or 'nothing'}")


JOBS: Final[dict[str, Callable[[Station, Job], Answer]]] = {
    "log-on": _with(lambda job: LogOn(job.operator, job.pin)),
    "log-off": _plain(LogOff()),
    "view": _view,
    "send": _exchange(SendNow()),
    "collect": _exchange(CollectNow()),
    "change-pin": _with(lambda job: ChangePin(job.pin)),
    "unlock": _with(lambda job: Unlock(job.operator)),
    "train": _with(lambda job: Train(job.operator, job.on or date.min)),
    "install": _with(lambda job: InstallSoftware(job.version, job.on or date.max)),
    "export-log": _export_log,
    "export-media": _export_media,
    "import-media": _import_media,
}
"""What can be done at the console."""


def _answer(reply: Reply) -> Answer:
    return Answer(reply.ok, reply.code, reply.detail)


def _explained(station: Station, answer: Answer) -> Answer:
    """A refusal with what it means, where nothing else is said of it."""
    if answer.ok or answer.detail:
        return answer
    return msgspec.structs.replace(answer, detail=refusals.told(answer.code, station.status()))


# --- the server -------------------------------------------------------------------------------------------
class Console:
    """Listens while the terminal runs; where, stands in `DIR/running.json`."""

    def __init__(self, station: Station, port: int, token: str) -> None:
        handler = type("Handler", (_Handler,), {"station": station, "token": token})
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError as error:
            raise UsageError(
                "the console cannot listen",
                where=f"127.0.0.1:{port}",
                received=error.strerror,
                remedy="give another console.port, or 0 for any free one",
            ) from error
        self._server.daemon_threads = True
        self._running = station.place.folder / RUNNING
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> Console:
        part = self._running.with_suffix(".part")
        part.write_bytes(msgspec.json.encode({"port": self.port, "pid": os.getpid()}))
        part.chmod(0o600)
        os.replace(part, self._running)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._running.unlink(missing_ok=True)


class _Handler(BaseHTTPRequestHandler):
    station: Station
    token: str
    protocol_version = "HTTP/1.0"
    server_version = "renkei"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        if self._comes_from_here():
            if self.path == "/status":
                self._give(200, self.station.status())
            else:
                self._give(404, Answer(False, "not_found"))

    def do_POST(self) -> None:
        if not self._comes_from_here():
            return
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            self._give(401, Answer(False, "wrong_token"))
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/console" or not length.isascii() or not length.isdigit():
            self._give(404 if self.path != "/console" else 411, Answer(False, "not_found"))
            return
        if int(length) > _LARGEST:
            self._give(413, Answer(False, "too_large"))
            return
        try:
            job = msgspec.json.decode(self.rfile.read(int(length)), type=Job)
            act = JOBS[job.job]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            self._give(400, Answer(False, "unknown_job", ", ".join(JOBS)))
            return
        try:
            self._give(200, self.station.call(lambda: _explained(self.station, act(self.station, job))))
        except (RenkeiError, OSError) as error:  # such as a medium that was pulled out
            self._give(200, Answer(False, "failed", str(error)))

    def _comes_from_here(self) -> bool:
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host in ("127.0.0.1", "localhost") and "Origin" not in self.headers:
            return True
        self._give(403, Answer(False, "not_from_here"))
        return False

    def _give(self, status: int, value: Answer | Status) -> None:
        content = msgspec.json.encode(value)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: an access log of a console would tell who worked when."""


# --- the other side: a command ----------------------------------------------------------------------------
def status_of(place: Place) -> Status:
    """How the running terminal stands.

    Raises:
        UsageError: it does not run.
    """
    status: Status = _ask(place, Status, "GET", "/status", None)
    return status


def do(place: Place, job: Job) -> Answer:
    """Has the running terminal do a job.

    Raises:
        UsageError: it does not run.
    """
    answer: Answer = _ask(place, Answer, "POST", "/console", job)
    return answer


def _ask(place: Place, expected: Any, method: str, path: str, job: Job | None) -> Any:
    try:
        port = msgspec.json.decode((place.folder / RUNNING).read_bytes())["port"]
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise _not_running(place) from error
    headers = {"Authorization": f"Bearer {place.token()}"} if job is not None else {}
    try:
        with httpx.Client(trust_env=False, timeout=_WITHIN) as client:
            response = client.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                headers=headers,
                content=None if job is None else msgspec.json.encode(job),
            )
    except httpx.TransportError as error:
        raise _not_running(place) from error
    try:
        return msgspec.json.decode(response.content, type=expected)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HarnessError(
            "the console gave no answer", where=f"127.0.0.1:{port}", received=response.text[:200]
        ) from error


def _not_running(place: Place) -> UsageError:
    return UsageError(
        "the terminal does not run",
        where=str(place.folder),
        remedy=f"start it: renkei terminal run {place.folder}",
    )
