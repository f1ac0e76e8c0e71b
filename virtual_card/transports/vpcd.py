"""Cards in a virtual reader: the card's side of the vpcd protocol, in forward mode.

vpcd is a driver of pcscd that listens on a TCP port for each slot; the card connects to it. Every message is
a length of two bytes, big-endian, and a body. A body of one byte is a control (00 power off, 01 power on,
02 reset, 04 give the answer to reset), every other one a command (facts on the chip §6.1).

Three things that cost others days (§6.4): vpcd sends length and body in two pieces, so without TCP_QUICKACK
before every receive each command takes 44 ms instead of 0.14; a message can come in any number of fragments;
and the other mode, in which pcscd dials out, aborts pcscd when no card listens, so it is not offered here.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Final, Self

from virtual_card.errors import CardError, CardRemoved, TransportError
from virtual_card.transports import Transport

FIRST_PORT: Final = 0x8C7B
"""Where vpcd listens for its first slot as it is installed; the second slot has the next port."""

_OFF: Final = b"\x00"
_ON: Final = b"\x01"
_RESET: Final = b"\x02"
_ATR: Final = b"\x04"
_LONGEST: Final = 0xFFFF
_PIECE: Final = 1 << 16
_LOOK: Final = 0.45
"""A little more than the 0.4 s between two looks of pcscd at a slot."""
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)


class VirtualSlot:
    """One card in one slot, served by a thread of its own until it is taken out.

    The card is whatever the transport leads to: a chip in this process, a recording, a real card elsewhere.
    A card that is removed (`CardRemoved`) leaves the slot, as a real one would.
    """

    def __init__(
        self,
        card: Transport,
        port: int = FIRST_PORT,
        *,
        host: str = "127.0.0.1",
        patience: float = 5.0,
        farewell: float = 1.0,
    ) -> None:
        """`patience`: seconds to wait until the driver listens; `farewell`: until it has seen the card go."""
        self._card = card
        self._patience = patience
        self._farewell = farewell
        self._leaving = False
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._thread: Thread | None = None
        self.failure: CardError | None = None
        """What ended the service, None while it runs and after a clean end."""

    def insert(self) -> None:
        """Puts the card in.

        Raises:
            TransportError: nothing listens there, or the card cannot be reached.
        """
        if self._socket is not None:
            raise TransportError("the card is in the slot already", where=self._where)
        self.failure = None
        self._leaving = False
        atr = self._card.connect()
        try:
            self._socket = self._connected()
        except TransportError:
            self._card.disconnect()
            raise
        self._thread = Thread(target=self._serve, args=(self._socket, atr), daemon=True, name=self._where)
        self._thread.start()

    def take_out(self) -> None:
        """Takes the card out and waits until the driver has seen it go; does nothing when no card is in.

        pcscd looks every 400 ms. A card that comes between two looks after another has gone is not seen as a
        new one, and then not at all.
        """
        if self._socket is None or self._thread is None:
            return
        self._leaving = True
        if self.failure is not None:  # it left during a command, and nobody will tell us of the next look
            time.sleep(min(self._farewell, _LOOK))
        with suppress(OSError):  # the driver may have hung up before us
            self._socket.shutdown(socket.SHUT_WR)
        self._thread.join(self._farewell)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self._socket = self._thread = None
        self._card.disconnect()

    @property
    def inserted(self) -> bool:
        """Whether the card is in the slot and being served."""
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        self.insert()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.take_out()

    @property
    def _where(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _connected(self) -> socket.socket:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                found = socket.create_connection(self._address, timeout=max(self._patience, 0.1))
                break
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise TransportError(
                        "no virtual reader listens there",
                        expected="pcscd with the driver vpcd",
                        received=str(error),
                        where=self._where,
                        remedy="run `renkei card doctor`",
                    ) from None
                time.sleep(0.02)
        found.settimeout(None)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found

    def _serve(self, line: socket.socket, atr: bytes) -> None:
        """Answers what comes in until either side hangs up."""
        waiting = b""
        try:
            while True:
                if _QUICKACK is not None:
                    line.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
                piece = line.recv(_PIECE)
                if not piece:
                    return
                if self._leaving:
                    continue  # only the driver's hanging up is still of interest
                waiting += piece
                while len(waiting) >= 2 and len(waiting) >= (end := 2 + int.from_bytes(waiting[:2])):
                    answer = self._answer(waiting[2:end], atr)
                    waiting = waiting[end:]
                    if answer is not None:
                        line.sendall(len(answer).to_bytes(2) + answer)
        except CardError as error:
            self.failure = error
        except OSError as error:
            if not self._leaving:
                self.failure = TransportError(
                    "the virtual reader hung up", received=str(error), where=self._where
                )
        finally:
            # Hanging up is how a card leaves; `take_out` may have done it already, from another thread.
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _answer(self, body: bytes, atr: bytes) -> bytes | None:
        if body == _ATR:
            return atr
        if len(body) <= 1:
            if body in (_ON, _OFF, _RESET):
                self._card.reset()
            return None  # an unknown control wants no answer
        answer = self._card.transmit(body)
        if len(answer) > _LONGEST:
            raise CardRemoved(
                "the answer is longer than the driver's protocol can say",
                expected=f"at most {_LONGEST} bytes",
                received=f"{len(answer)} bytes",
                where=self._where,
            )
        return answer
