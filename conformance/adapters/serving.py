"""Serves an implementation as an adapter: over standard input and output, or over HTTP on this machine.

`renkei conform reference` gives whoever writes an adapter a correct one to compare with.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import BinaryIO, Final

from conformance.protocol.conversation import Channel

HERE: Final = "127.0.0.1"
LONGEST: Final = 128 << 20
"""Bytes of the longest request that is read."""


def is_bye(line: bytes) -> bool:
    """Whether a line is the last word."""
    try:
        found = json.loads(line)
    except ValueError:  # the answer to it says so
        return False
    return isinstance(found, dict) and found.get("op") == "bye"


def serve_lines(channel: Channel, reading: BinaryIO, writing: BinaryIO) -> None:
    """Answers each line that comes, until the last word or the end of the input."""
    try:
        for line in reading:
            if not line.strip():
                continue
            writing.write(channel.talk(line.rstrip(b"\r\n")) + b"\n")
            writing.flush()
            if is_bye(line):
                return
    finally:
        channel.close()


def server(make: Callable[[], Channel], port: int) -> HTTPServer:
    """A server on this machine that makes a new implementation for each `hello`; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        channel: Channel | None = None

        def do_POST(self) -> None:
            """Answers a line."""
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > LONGEST:
                self._say(411, b"a content-length is wanted")
                return
            line = self.rfile.read(int(length))
            try:
                op = json.loads(line).get("op")
                if op == "hello" or Handler.channel is None:
                    if Handler.channel is not None:
                        Handler.channel.close()
                    Handler.channel = make()
                answered = Handler.channel.talk(line)
            except (ValueError, AttributeError):
                self._say(400, b"this is no line of the protocol")
                return
            self._say(200, answered)

        def _say(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return HTTPServer((HERE, port), Handler)
