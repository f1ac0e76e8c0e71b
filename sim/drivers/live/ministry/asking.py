"""A command's side of the admin listener: what is asked of the server that runs, with its token."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

import httpx
import msgspec

from sim.base.errors import HarnessError, UsageError
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.media import MediumDone, MediumJob
from sim.drivers.live.wire import KEY

# Seconds: a medium may be slow.
_WITHIN: Final = 120.0
_WITHIN_MEDIUM: Final = 600.0


def command(folder: Path, raw: bytes, key: str = "") -> httpx.Response:
    """The server's answer to a command. `key` names it; drawn when empty.

    Raises:
        UsageError: the server does not run, or does not answer.
    """
    return _post(folder, "/commands", raw, _WITHIN, {KEY: key or secrets.token_hex(16)})


def medium(folder: Path, job: MediumJob) -> MediumDone:
    """Has the server write a medium, or take one in.

    Raises:
        UsageError: the server does not run, or does not answer.
        HarnessError: it failed.
    """
    answer = _post(folder, "/media", msgspec.json.encode(job), _WITHIN_MEDIUM, {})
    if answer.status_code != 200:
        raise HarnessError(
            "the server could do nothing with the medium",
            received=f"status {answer.status_code}: {answer.text[:300]}",
            remedy="see its log; what was not done can be asked for again",
        )
    return msgspec.json.decode(answer.content, type=MediumDone)


def _post(folder: Path, path: str, raw: bytes, within: float, headers: dict[str, str]) -> httpx.Response:
    place, running = folders.read(folder), folders.running(folder)
    try:
        with httpx.Client(trust_env=False, timeout=within) as client:
            return client.post(
                f"http://127.0.0.1:{running.admin_port}{path}",
                content=raw,
                headers={**headers, "Authorization": f"Bearer {place.token()}"},
            )
    except httpx.TransportError as error:
        raise UsageError(
            "the ministry server does not answer",
            where=f"127.0.0.1:{running.admin_port}",
            received=type(error).__name__,
            remedy=f"renkei ministry serve {folder}",
        ) from error
