"""What goes over the seam, in words: each command with its name and each status word with its meaning.

Data are shown as a length only, unless they are asked for: what a genuine card says is nobody's business, and
its number opens it. A trace is for people; a program reads a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from virtual_card.apdu import Command, meaning
from virtual_card.errors import CardError
from virtual_card.layouts import AIDS
from virtual_card.transports import Transport

_NAMES: Final = {
    0x20: "VERIFY",
    0x82: "MUTUAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0xA4: "SELECT",
    0xAE: "SET SESSION KEY",
    0xB0: "READ BINARY",
    0xCA: "GET DATA",
    0xD6: "UPDATE BINARY",
    0xDA: "PUT DATA",
}
_DFS: Final = {aid: df for df, aid in AIDS.items()}


class Tracing:
    """A transport that tells every step to `say`.

    `show_data`: data in full instead of their length. `clock`: a monotonic clock in seconds, for the time
    that each command takes; a trace without one is the same every time. `language`: `ja` or `en`.
    """

    def __init__(
        self,
        inner: Transport,
        say: Callable[[str], None],
        *,
        show_data: bool = False,
        clock: Callable[[], float] | None = None,
        language: str = "en",
    ) -> None:
        self._inner = inner
        self._say = say
        self._show_data = show_data
        self._clock = clock
        self._language = language

    def connect(self) -> bytes:
        """As the inner transport does."""
        atr = self._inner.connect()
        self._say(f"connect     ATR {atr.hex().upper()}")
        return atr

    def transmit(self, command: bytes) -> bytes:
        """As the inner transport does."""
        self._say(f"> {described(command, show_data=self._show_data)}")
        begun = self._clock() if self._clock else None
        try:
            answer = self._inner.transmit(command)
        except CardError as error:
            self._say(f"! {error.message}")
            raise
        seconds = None if begun is None or self._clock is None else self._clock() - begun
        self._say(f"< {answered(answer, show_data=self._show_data, language=self._language)}{_ms(seconds)}")
        return answer

    def reset(self) -> bytes:
        """As the inner transport does."""
        atr = self._inner.reset()
        self._say(f"reset       ATR {atr.hex().upper()}")
        return atr

    def disconnect(self) -> None:
        """As the inner transport does."""
        self._inner.disconnect()
        self._say("disconnect")


def described(raw: bytes, *, show_data: bool = False) -> str:
    """A command in one line."""
    command = Command.parse(raw)
    if command is None:
        return f"{_shown(raw, show_data=show_data)}  no command"
    head = f"{command.cla:02X} {command.ins:02X} {command.p1:02X} {command.p2:02X}"
    name = _NAMES.get(command.ins, "unknown instruction")
    parts = [head, name]
    if command.ins == 0xA4:
        parts.append(_DFS.get(command.data, command.data.hex().upper() or "MF"))
    elif command.ins == 0xB0:
        where = f"SFI {command.p1 & 0x1F:02X} at {command.p2}" if command.p1 & 0x80 else None
        parts.append(where or f"current file at {command.p1 << 8 | command.p2}")
    if command.cla in (0x08, 0x0C):
        parts.append("protected")
    if command.data and command.ins != 0xA4:
        parts.append(_shown(command.data, show_data=show_data))
    if command.ne is not None:
        parts.append(f"Le {command.ne}")
    return "  ".join(parts)


def answered(raw: bytes, *, show_data: bool = False, language: str = "en") -> str:
    """An answer in one line."""
    if len(raw) < 2:
        return f"{raw.hex().upper()}  no status word"
    sw = int.from_bytes(raw[-2:])
    data = f"{_shown(raw[:-2], show_data=show_data)}  " if len(raw) > 2 else ""
    return f"{data}{sw:04X} {meaning(sw, language)}"


def _shown(data: bytes, *, show_data: bool) -> str:
    return data.hex().upper() if show_data else f"[{len(data)} bytes]"


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"  {seconds * 1000:.2f} ms"
