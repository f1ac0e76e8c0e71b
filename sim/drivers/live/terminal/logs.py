"""JSON lines on standard error: what happens to the terminal, never what is in a record, a PIN or a token."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import msgspec

from sim.base.instant import Instant, iso

NAME: Final = "renkei.terminal"
_logger: Final = logging.getLogger(NAME)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": iso(Instant(round(record.created * 1_000_000))),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        told |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = type(record.exc_info[1]).__name__
        return msgspec.json.encode(told).decode()


def to_standard_error() -> None:
    """From now on the log goes to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    _logger.handlers[:] = [handler]
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def log(event: str, *, level: int = logging.INFO, **told: Any) -> None:
    """One line. `told`: names and counts only."""
    _logger.log(level, event, extra={"told": told})
