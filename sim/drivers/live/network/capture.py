"""Every byte of chosen lines, in files that any reader of packet captures opens (pcap, LINKTYPE_RAW).

The proxy sees streams, not packets, so the packets are made up around the bytes as they were read: an IPv4
and a TCP header whose addresses say which line and which connection it was. `10.PP.C.NN` is the terminal with
the code `PPCNNX`; its port and the identification field hold the connection's number; `10.0.0.1:443` is the
server.

Source: pcap file format, draft-ietf-opsawg-pcap, sections 3 and 4; RFC 791, section 3.1; RFC 9293, section
3.1.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from sim.base.errors import UsageError
from sim.drivers.live.network.settings import Capture
from sim.exchange.municipality import check_digit

PATTERN: Final = "capture-*.pcap"

_MAGIC: Final = 0xA1B2C3D4
_FILE: Final = struct.Struct("<IHHiIII")
_RECORD: Final = struct.Struct("<IIII")
_HEADERS: Final = struct.Struct(">BBHHHBBH4s4sHHIIBBHHH")
_RAW_IP: Final = 101
_LONGEST: Final = 65_535
_MOST: Final = _LONGEST - _HEADERS.size
_SERVER: Final = ipaddress.IPv4Address("10.0.0.1").packed
_SERVER_PORT: Final = 443
_FIRST_PORT: Final = 1024
_PORTS: Final = 60_000
_PUSH: Final = 0x18  # PSH and ACK
_END: Final = 0x11  # FIN and ACK


class Packet(NamedTuple):
    """Bytes of a captured connection. `at`: microseconds since 1970 UTC; `up`: towards the server."""

    at: int
    code: str
    connection: int
    up: bool
    data: bytes


class Recorder:
    """Writes the files. When the disk fails, recording stops and `fault` says why; the network goes on."""

    def __init__(self, folder: Path, limits: Capture, tell: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._limits = limits
        self._tell = tell
        self._file: IO[bytes] | None = None
        self._size = 0
        self._sequences: dict[tuple[str, int, bool], int] = {}
        self.bytes = 0
        self.dropped = 0
        self.fault = ""

    def write(self, at: int, code: str, connection: int, up: bool, data: bytes) -> None:
        """Bytes as they were read from one end; none at its end."""
        if self.fault:
            return
        key = (code, connection, up)
        sequence = self._sequences.get(key, 0)
        packets = bytearray()
        for start in range(0, len(data) or 1, _MOST):
            part = data[start : start + _MOST]
            headers = _headers(code, connection, up, sequence, len(part), bool(data))
            length = len(headers) + len(part)
            packets += _RECORD.pack(at // 1_000_000, at % 1_000_000, length, length) + headers + part
            sequence = (sequence + len(part)) % 2**32
        if data:
            self._sequences[key] = sequence
        else:
            self._sequences.pop(key, None)
        try:
            file = self._room(len(packets))
            file.write(packets)
        except OSError as error:
            self.fault = str(error.strerror or error)
            self._tell("capture_stopped", self.fault)
            return
        self._size += len(packets)
        self.bytes += len(data)

    def flush(self) -> None:
        """What was written so far can be read."""
        if self._file is not None and not self.fault:
            try:
                self._file.flush()
            except OSError as error:
                self.fault = str(error.strerror or error)
                self._tell("capture_stopped", self.fault)

    def close(self) -> None:
        """Ends the last file."""
        self.flush()
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.fault = self.fault or str(error.strerror or error)
            self._file = None

    def _room(self, length: int) -> IO[bytes]:
        if self._file is not None and self._size + length > self._limits.largest:
            self._file.close()
            self._file = None
        if self._file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            known = files(self._folder)
            number = int(known[-1].stem.rpartition("-")[2]) + 1 if known else 1
            for path in known[: max(0, len(known) + 1 - self._limits.files)]:
                path.unlink()
                self.dropped += 1
                self._tell("capture_dropped", path.name)
            path = self._folder / f"capture-{number:06d}.pcap"
            # Open until the network stops or the next file begins.
            self._file = path.open("xb")
            path.chmod(0o600)
            self._file.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, _LONGEST, _RAW_IP))
            self._size = _FILE.size
        return self._file


def files(folder: Path) -> list[Path]:
    """The files of a capture, oldest first."""
    return sorted(folder.glob(PATTERN))


def packets(path: Path) -> Iterator[Packet]:
    """What a file holds, in order. A last packet that a crash cut short is left out.

    Raises:
        UsageError: not a file that `Recorder` wrote.
    """
    with path.open("rb") as file:
        head = file.read(_FILE.size)
        if len(head) < _FILE.size or _FILE.unpack(head)[::6] != (_MAGIC, _RAW_IP):
            raise UsageError(
                "this is no capture of renkei",
                where=str(path),
                expected="pcap in little-endian order, microseconds, LINKTYPE_RAW",
                received=repr(head[:24]),
                remedy="give a file that `renkei lgwan run` wrote",
            )
        while len(record := file.read(_RECORD.size)) == _RECORD.size:
            seconds, rest, length, _ = _RECORD.unpack(record)
            packet = file.read(length)
            if len(packet) < length:
                return
            yield _packet(seconds * 1_000_000 + rest, packet)


def streams(paths: Iterable[Path]) -> dict[tuple[str, int, bool], bytes]:
    """Whole streams by (code, connection, up), whatever file or packet their bytes lie in."""
    found: dict[tuple[str, int, bool], bytearray] = {}
    for path in paths:
        for packet in packets(path):
            found.setdefault((packet.code, packet.connection, packet.up), bytearray()).extend(packet.data)
    return {key: bytes(data) for key, data in found.items()}


def _headers(code: str, connection: int, up: bool, sequence: int, length: int, more: bool) -> bytes:
    terminal = bytes((10, int(code[:2]), int(code[2]), int(code[3:5])))
    port = _FIRST_PORT + connection % _PORTS
    ends = (terminal, _SERVER, port, _SERVER_PORT) if up else (_SERVER, terminal, _SERVER_PORT, port)
    number = connection // _PORTS % 65_536
    # Checksums are left out (zero): they would prove nothing of bytes that no wire carried like this.
    return _HEADERS.pack(
        *(0x45, 0, _HEADERS.size + length, number, 0x4000, 64, 6, 0),
        *ends,
        *(sequence, 0, 0x50, _PUSH if more else _END, 65_535, 0, 0),
    )


def _packet(at: int, packet: bytes) -> Packet:
    head = _HEADERS.unpack_from(packet)
    number, source, target, source_port, target_port = head[3], *head[8:12]
    up = target == _SERVER
    terminal, port = (source, source_port) if up else (target, target_port)
    five = f"{terminal[1]:02d}{terminal[2]}{terminal[3]:02d}"
    connection = number * _PORTS + port - _FIRST_PORT
    return Packet(at, five + check_digit(five), connection, up, packet[_HEADERS.size :])
