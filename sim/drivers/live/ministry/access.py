"""Who comes in: a terminal's certificate for the link, not taken back, whose name is on the allow-list.

TLS has seen to it that the certificate is the authority's and within its validity. Here it is looked at what
it is for, whether it was taken back (by a list that is read again whenever its file changes, so that a
connection that stands is shut out too), and whose it is. That a batch is its own sender's, the node decides.
"""

from __future__ import annotations

import csv
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from sim.base.errors import UsageError
from sim.base.node import NodeId
from sim.drivers.live.ministry.problems import Refused
from sim.drivers.live.wire import NOT_LISTED, NOT_READY, REVOKED, WRONG_USAGE
from sim.drivers.topology import places_of
from sim.exchange import pki
from sim.exchange.municipality import check_digit, is_municipality
from sim.exchange.pki import Revocations, Usage

ALLOWED: Final = "municipalities.csv"
# Certificates that are remembered as read. There are as many as municipalities, and a few that were renewed.
_REMEMBERED: Final = 8192


@dataclass(frozen=True, slots=True)
class Caller:
    """A municipality's terminal, as the server knows it."""

    code: str
    node: NodeId


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a certificate says that counts here."""

    name: str
    serial: int
    usage: Usage | None


def read_allowed(path: Path) -> dict[str, str]:
    """The allow-list: a municipality's code and perhaps its name a line. Gives names by code, in order.

    Raises:
        UsageError: it cannot be read, or a line is none; with its place.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError("the allow-list cannot be read", where=str(path), received=str(error)) from error
    allowed: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#") or (number == 1 and cells[0] == "code"):
            continue
        code = cells[0]
        if not is_municipality(code):
            digits = code[:5] if code[:5].isascii() and code[:5].isdecimal() and len(code) in (5, 6) else ""
            raise UsageError(
                f"{code[:20]!r} is no municipality's code",
                where=f"{path}, line {number}",
                expected="six digits of which the last is the check digit",
                remedy=f"was {digits}{check_digit(digits)} meant?"
                if len(digits) == 5
                else "give CODE or CODE,NAME",
            )
        if code in allowed:
            raise UsageError(f"{code} stands on the list twice", where=f"{path}, line {number}")
        allowed[code] = cells[1] if len(cells) > 1 else ""
    if not allowed:
        raise UsageError("the allow-list is empty", where=str(path), remedy="add a municipality's code")
    return allowed


class Crl:
    """The authority's list of what it took back, as its file has it at any time."""

    def __init__(self, path: Path, trust: x509.Certificate) -> None:
        self._path = path
        self._trust = trust
        self._lock = threading.Lock()
        self._stamp = self._stamp_now()
        self._list = self._read()
        self.fault = ""
        self.changed: list[Callable[[Revocations], None]] = []

    def current(self) -> Revocations:
        """The list. A file that cannot be read leaves the list that was read before, and is a `fault`."""
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return self._list
        with self._lock:
            if stamp == self._stamp:
                return self._list
            try:
                found = self._read()
                if found.number < self._list.number:
                    raise UsageError(
                        "the list of revoked certificates is older than the one before",
                        expected=f"number {self._list.number} or later",
                        received=f"number {found.number}",
                    )
                self._list, self.fault = found, ""
            except UsageError as error:
                self.fault = f"{error.message}: {self._path.name}"
            self._stamp = stamp
        for told in self.changed:
            told(self._list)
        return self._list

    def _read(self) -> Revocations:
        try:
            pem = self._path.read_bytes()
        except OSError as error:
            raise UsageError(
                "the list of revoked certificates cannot be read",
                where=str(self._path),
                received=error.strerror,
                remedy="put the authority's list there",
            ) from error
        return pki.read_revocations(pem, self._trust, str(self._path))

    def _stamp_now(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)


class Access:
    """Decides for each request who is calling."""

    def __init__(
        self,
        allowed: Mapping[str, str],
        crl: Crl,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._callers = {code: Caller(code, places_of(code).terminal) for code in allowed}
        self._crl = crl
        self._now = now
        self._shown: dict[bytes, _Shown] = {}

    def admit(self, certificate: bytes | None) -> Caller:
        """Who the bearer of this certificate (DER) is.

        Raises:
            Refused: the certificate is for something else, was taken back, or nobody listed bears its name;
                or the list of what was taken back has run out.
        """
        shown = self._look(certificate or b"")
        if shown.usage is not Usage.TLS_CLIENT:
            raise Refused(
                WRONG_USAGE,
                f"expected a certificate for {Usage.TLS_CLIENT}, received one for"
                f" {shown.usage or 'nothing known'}",
            )
        revocations, now = self._crl.current(), self._now()
        if not revocations.holds_on(now):
            raise Refused(
                NOT_READY,
                f"the list of revoked certificates has run out on {revocations.until.isoformat()}",
                {"Retry-After": "60"},
            )
        entry = revocations.revoked.get(shown.serial)
        if entry is not None and entry[0] <= now:
            raise Refused(REVOKED, f"this certificate was taken back on {entry[0].isoformat()}")
        caller = self._callers.get(shown.name)
        if caller is None:
            raise Refused(NOT_LISTED, "no municipality of the allow-list bears this certificate's name")
        return caller

    def remember(self, certificates: Iterable[bytes]) -> None:
        """Reads certificates (DER) before their bearers come, so that they are let in sooner."""
        for certificate in certificates:
            self._look(certificate)

    def name_of(self, certificate: bytes | None) -> str:
        """The name in a certificate as a log may show it: what anybody could write there is cut short."""
        return re.sub(r"[^A-Za-z0-9_.-]", "?", self._look(certificate or b"").name)[:64]

    def _look(self, certificate: bytes) -> _Shown:
        shown = self._shown.get(certificate)
        if shown is None:
            try:
                read = x509.load_der_x509_certificate(certificate)
                shown = _Shown(pki.common_name(read) or "", read.serial_number, pki.usage_of(read))
            except ValueError:
                shown = _Shown("", 0, None)
            if len(self._shown) >= _REMEMBERED:
                self._shown.clear()
            self._shown[certificate] = shown
        return shown
