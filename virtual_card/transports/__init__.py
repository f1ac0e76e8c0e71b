"""The ways to a card, behind one seam: a chip in this process, a virtual reader, a real one, a recording.

Only here (and in the commands) does virtual_card do any I/O. Tracing and fault injection wrap a transport
and are transports themselves.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Transport(Protocol):
    """A way to one card. Bytes go in, bytes come out; nothing here knows what they mean."""

    def connect(self) -> bytes:
        """Powers the card up; its answer to reset.

        Raises:
            CardRemoved: there is no card.
            TransportError: there is no way to it.
        """
        ...

    def transmit(self, command: bytes) -> bytes:
        """A command to the card; its answer, status word included.

        Raises:
            CardRemoved: the card is gone.
            TransportError: the way broke, or the transport is not connected.
        """
        ...

    def reset(self) -> bytes:
        """Resets the card, which forgets every state; its answer to reset.

        Raises:
            TransportError: as `transmit`.
        """
        ...

    def disconnect(self) -> None:
        """Powers the card down and leaves it; does nothing when not connected."""
        ...
