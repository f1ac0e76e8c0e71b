"""Structured logs: a JSON object a line on standard error. Nothing of a person, no payload, key or token.

What is logged is named by our own words (`event`) and a fixed set of fields. Of what a library says, its own
text is kept short, and of an exception its class and place only: its message could hold what somebody sent.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

FIELDS: Final = (
    "caller",
    "method",
    "route",
    "status",
    "code",
    "ms",
    "bytes",
    "fault",
    "n",
    "port",
    "admin_port",
    "municipalities",
    "database",
    "profiles",
    "connections",
    "kept",
    "municipality",
    "direction",
    "number",
    "files",
    "outage",
    "found",
)
"""What a line may say besides when, how grave, and what."""

_encode: Final = msgspec.json.Encoder().encode


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {"at": at, "level": record.levelname.lower()}
        if record.name.startswith("renkei."):
            told["event"] = record.getMessage()
            for name in FIELDS:
                if (value := getattr(record, name, None)) is not None:
                    told[name] = value
        else:
            told |= {"event": "library", "library": record.name, "said": str(record.msg)[:200]}
        if record.exc_info and record.exc_info[0] is not None:
            told["raised"] = record.exc_info[0].__name__
            told["in"] = _place(record.exc_info[2])
        return _encode(told).decode()


def _place(trace: Any) -> str:
    """The innermost line of ours, or of whoever raised."""
    found = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        found = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def begin(level: int = logging.INFO) -> None:
    """From now on this process logs so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("renkei").setLevel(level)
