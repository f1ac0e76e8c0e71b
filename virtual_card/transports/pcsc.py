"""PC/SC through pyscard: any real reader, and the virtual ones.

pyscard is the extra `reader` and is imported when a reader is asked for, not before. Its low-level functions
are used, because they start no threads and keep no state between two readings.

libpcsclite fixes the daemon's socket (PCSCLITE_CSOCK_NAME) when a process first asks it anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from virtual_card.errors import CardRemoved, CardUsageError, TransportError, nearest
from virtual_card.transports.in_process import not_connected

if TYPE_CHECKING:
    from types import ModuleType

_POLL: Final = 0.02


def readers() -> tuple[str, ...]:
    """The names of all readers, in the daemon's order; none is a possible answer.

    Raises:
        TransportError: pyscard or the daemon is missing; the message says how to get them.
    """
    scard = _scard()
    context = _context(scard)
    try:
        return _listed(scard, context)
    finally:
        scard.SCardReleaseContext(context)


class Pcsc:
    """A card in a PC/SC reader.

    `reader`: its name, or a part of it that no other reader has. `wait`: seconds to wait for reader and card.
    The card is held exclusively: a reading is one long conversation, and another program's command in the
    middle of it would spoil both.
    """

    def __init__(self, reader: str, *, wait: float = 0.0) -> None:
        self._wanted = reader
        self._wait = wait
        self._scard: ModuleType | None = None
        self._context: int | None = None
        self._card: int | None = None
        self._protocol: int = 0

    def connect(self) -> bytes:
        """Powers the card up; its answer to reset.

        Raises:
            CardUsageError: no reader, or several, have such a name.
            CardRemoved: there is no card in it.
            TransportError: pyscard or the daemon is missing, or the reader is taken.
        """
        self.disconnect()
        scard = self._scard = _scard()
        deadline = time.monotonic() + self._wait
        self._context = _context(scard)
        try:
            while True:
                try:
                    return self._power_up(scard)
                except (CardRemoved, CardUsageError):
                    if time.monotonic() >= deadline:
                        raise
                time.sleep(_POLL)
        except BaseException:
            self.disconnect()
            raise

    def _power_up(self, scard: ModuleType) -> bytes:
        name = chosen(self._wanted, _listed(scard, self._context))
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(
            self._context, name, scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        _check(scard, result, f"connecting to {name}")
        self._card, self._protocol = card, protocol
        return self._atr(scard)

    def transmit(self, command: bytes) -> bytes:
        """A command to the card; its answer.

        Raises:
            CardRemoved: the card is gone.
            TransportError: not connected, or the reader cannot carry this command.
        """
        scard = self._scard
        if scard is None or self._card is None:
            raise not_connected()
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        result, answer = scard.SCardTransmit(self._card, pci, list(command))
        _check(scard, result, f"sending {command[:4].hex().upper()}")
        # pyscard gives signed bytes on some platforms.
        return bytes(value & 0xFF for value in answer)

    def reset(self) -> bytes:
        """Resets the card; its answer to reset.

        Raises:
            TransportError: as `transmit`.
        """
        scard = self._scard
        if scard is None or self._card is None:
            raise not_connected()
        result, self._protocol = scard.SCardReconnect(
            self._card,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            scard.SCARD_RESET_CARD,
        )
        _check(scard, result, "resetting the card")
        return self._atr(scard)

    def disconnect(self) -> None:
        """Powers the card down and leaves the reader."""
        if self._scard is not None:
            if self._card is not None:
                self._scard.SCardDisconnect(self._card, self._scard.SCARD_UNPOWER_CARD)
            if self._context is not None:
                self._scard.SCardReleaseContext(self._context)
        self._card = self._context = None

    def _atr(self, scard: ModuleType) -> bytes:
        result, _, _, _, atr = scard.SCardStatus(self._card)
        _check(scard, result, "asking for the answer to reset")
        return bytes(value & 0xFF for value in atr)


def chosen(wanted: str, names: tuple[str, ...]) -> str:
    """The one reader that is called so, or whose name holds `wanted`.

    Raises:
        CardUsageError: none is, or several are.
    """
    if wanted in names:
        return wanted
    holding = [name for name in names if wanted in name]
    if len(holding) == 1:
        return holding[0]
    near = nearest(wanted, names)
    raise CardUsageError(
        f"several readers are called {wanted!r}" if holding else f"no reader is called {wanted!r}",
        expected=", ".join(holding or names) or "a reader; none is there",
        remedy=f"did you mean {near}?" if near else "run `renkei card readers`",
    )


def _scard() -> ModuleType:
    try:
        from smartcard import scard
    except ImportError:
        raise TransportError(
            "pyscard is not installed, so there is no way to a reader",
            expected="the extra `reader`",
            remedy="pip install 'renkei[reader]'",
        ) from None
    module: ModuleType = scard
    return module


def _context(scard: Any) -> int:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(scard, result, "asking for the daemon")
    return int(context)


def _listed(scard: Any, context: int | None) -> tuple[str, ...]:
    result, names = scard.SCardListReaders(context, [])
    if result == scard.SCARD_E_NO_READERS_AVAILABLE:
        return ()
    _check(scard, result, "listing the readers")
    return tuple(names)


def _check(scard: Any, result: int, doing: str) -> None:
    """Turns the result of a PC/SC function into an exception.

    Raises:
        CardRemoved: there is no card, or no longer.
        TransportError: everything else but success.
    """
    if result == scard.SCARD_S_SUCCESS:
        return
    said = f"{scard.SCardGetErrorMessage(result)} ({result & 0xFFFFFFFF:08X})"
    if result in (
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_E_READER_UNAVAILABLE,
    ):
        raise CardRemoved("there is no card in the reader", received=said, where=doing)
    if result in (scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED):
        raise TransportError(
            "the smart card daemon does not run",
            expected="pcscd",
            received=said,
            where=doing,
            remedy="start pcscd, or run `renkei card doctor`",
        )
    if result == scard.SCARD_E_SHARING_VIOLATION:
        raise TransportError("another program holds the card", received=said, where=doing)
    raise TransportError("the reader failed", received=said, where=doing)
