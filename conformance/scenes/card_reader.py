"""A virtual PC/SC reader with a card in it, for applications that reach cards by a reader's name.

The daemon is the harness's own, started with the first card and ended with the process. An application finds
it by PCSCLITE_CSOCK_NAME, which PC/SC programs read before their first call.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sim.base.errors import HarnessError
from virtual_card.errors import CardError
from virtual_card.serving import LOOKED_FOR
from virtual_card.transports import Transport
from virtual_card.transports.pcscd import PrivateDaemon
from virtual_card.transports.vpcd import VirtualSlot

PREFIX: Final = "renkei-"


@cache
def _daemon() -> PrivateDaemon:
    """The daemon of this process.

    Raises:
        HarnessError: it cannot be started.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    daemon = PrivateDaemon(folder)
    try:
        daemon.start()
    except CardError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _of_ours(error) from error

    def end() -> None:
        daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return daemon


class VirtualReader:
    """A reader with this card in it, while the context lasts; without a card, none at all."""

    def __init__(self, card: Transport | None) -> None:
        self._card = card
        self._slot: VirtualSlot | None = None
        self.name = ""
        self.socket = ""

    def __enter__(self) -> Self:
        if self._card is not None:
            daemon = _daemon()
            slot = daemon.slots[0]
            self._slot = VirtualSlot(self._card, slot.port)
            try:
                self._slot.insert()
            except CardError as error:
                raise _of_ours(error) from error
            time.sleep(LOOKED_FOR)  # until then the daemon has seen the card, and any program finds it
            self.name, self.socket = slot.reader, str(daemon.socket)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._slot is not None:
            self._slot.take_out()
            self._slot = None


def _of_ours(error: CardError) -> HarnessError:
    return HarnessError(
        error.message,
        expected=error.expected,
        received=error.received,
        where=error.where,
        remedy=error.remedy,
    )
