"""Captured traffic as files: what others read, what is left of it at a limit, and what is none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sim.base.errors import UsageError
from sim.drivers.live.network.capture import Recorder, files, packets, streams
from sim.drivers.live.network.settings import Capture
from tests.live.network.helpers import OSAKA, SHINJUKU

AT = 1_775_000_000_123_456


def recorder(folder: Path, **limits: int) -> tuple[Recorder, list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    return Recorder(
        folder, Capture.model_validate(limits), lambda kind, what: told.append((kind, what))
    ), told


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"short", b"\0" * 40):
        path = tmp_path / "other.pcap"
        path.write_bytes(content)
        with pytest.raises(UsageError, match="no capture of renkei"):
            list(packets(path))


def test_a_packet_that_a_crash_cut_short_is_left_out(tmp_path: Path) -> None:
    one, _ = recorder(tmp_path)
    for data in (b"whole", b"cut short"):
        one.write(AT, SHINJUKU, 1, True, data)
    one.close()
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    assert streams([path]) == {(SHINJUKU, 1, True): b"whole"}


def test_the_oldest_file_makes_room_at_the_limit_and_that_is_told(tmp_path: Path) -> None:
    one, told = recorder(tmp_path, largest=65536, files=3)
    for number in range(10):
        one.write(AT, SHINJUKU, 1, True, bytes([number]) * 60_000)
    one.close()
    assert [path.name for path in files(tmp_path)] == [f"capture-{number:06d}.pcap" for number in (8, 9, 10)]
    assert one.dropped == 7
    assert told == [("capture_dropped", f"capture-{number:06d}.pcap") for number in range(1, 8)]
    assert streams(files(tmp_path))[SHINJUKU, 1, True][:1] == b"\x07"


def test_a_stream_is_whole_again_from_several_files_and_packets(tmp_path: Path) -> None:
    data = bytes(range(256)) * 800
    one, _ = recorder(tmp_path, largest=65536, files=100)
    for start in range(0, len(data), 70_001):
        one.write(AT, SHINJUKU, 70_000, True, data[start : start + 70_001])
        one.write(AT, OSAKA, 3, False, b"between")
    one.write(AT, SHINJUKU, 70_000, True, b"")
    one.close()
    assert len(files(tmp_path)) > 1
    found = streams(files(tmp_path))
    assert found[SHINJUKU, 70_000, True] == data
    assert found[OSAKA, 3, False] == b"between" * 3


def test_the_packets_are_ipv4_and_tcp_as_any_reader_of_captures_takes_them(tmp_path: Path) -> None:
    one, _ = recorder(tmp_path)
    one.write(AT, SHINJUKU, 17, True, b"hello")
    one.write(AT + 1, SHINJUKU, 17, True, b"again")
    one.close()
    raw = files(tmp_path)[0].read_bytes()
    assert struct.unpack("<IHHiIII", raw[:24]) == (0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    seconds, micros, length, whole = struct.unpack("<IIII", raw[24:40])
    assert (seconds * 1_000_000 + micros, length, whole) == (AT, 45, 45)
    ip = raw[40:85]
    assert (ip[0], struct.unpack(">H", ip[2:4])[0], ip[9]) == (0x45, 45, 6)
    assert (ip[12:16], ip[16:20]) == (bytes((10, 13, 1, 4)), bytes((10, 0, 0, 1)))
    assert struct.unpack(">HHI", ip[20:28]) == (1024 + 17, 443, 0)
    assert struct.unpack(">I", raw[85 + 16 + 24 : 85 + 16 + 28])[0] == 5  # the sequence goes on
    assert [(packet.at, packet.connection, packet.data) for packet in packets(files(tmp_path)[0])] == [
        (AT, 17, b"hello"),
        (AT + 1, 17, b"again"),
    ]
