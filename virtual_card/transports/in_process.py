"""A chip in this very process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtual_card.errors import TransportError

if TYPE_CHECKING:
    from virtual_card.chip.chip import Chip


class InProcess:
    """The shortest way to a card: a function call."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._connected = False

    def connect(self) -> bytes:
        """Powers the chip up; its answer to reset."""
        self._connected = True
        return self._chip.reset()

    def transmit(self, command: bytes) -> bytes:
        """A command to the chip; its answer.

        Raises:
            TransportError: not connected.
        """
        if not self._connected:
            raise not_connected()
        return self._chip.transmit(command)

    def reset(self) -> bytes:
        """Resets the chip; its answer to reset.

        Raises:
            TransportError: not connected.
        """
        if not self._connected:
            raise not_connected()
        return self._chip.reset()

    def disconnect(self) -> None:
        """Powers the chip down."""
        if self._connected:
            self._chip.reset()
        self._connected = False


def not_connected() -> TransportError:
    """The error of a transport that is used before `connect` or after `disconnect`."""
    return TransportError("the transport is not connected", remedy="call connect() first")
