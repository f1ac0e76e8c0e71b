"""A medium (媒体) as bytes: what the registry or the terminal writes onto it, and what a reader makes of it.

It is that of `sim.exchange.folders`: a label with a MAC, and beside it the files that the label lists, sealed
with the key of the place. Here the one file holds the messages as the line would carry them, byte for byte,
so that both ways give the same. Whoever finds a medium has ciphertext: AES-256-GCM under a key that
never leaves the two machines. The label, which stands there in plain, says whose the medium is, its number
and the size of the file; it names no person.

Sealing needs a nonce that is never used twice, and a node draws nothing. So the nonce is derived with the
key from the id of the medium, the name and the content (a synthetic one): equal nonces mean equal bytes, also
when the numbers of a place begin again. On a real disk the driver seals with a random nonce
(`sim.drivers.folders`), and both open alike. Antivirus is that driver's too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.exchange.batch import DOWN, UP
from sim.exchange.folders import (
    NONCE_BYTES,
    FolderCode,
    Found,
    Label,
    file_name,
    item_of,
    judge_item,
    judge_medium,
    open_at_rest,
    seal_at_rest,
    write_label,
)
from sim.nodes.link.state import LinkState, Medium, Message
from sim.nodes.messages import decode_body, encode_body
from sim.nodes.messages.registry import Inbound, Outbound

_LETTER: Final = {UP: "U", DOWN: "D"}
_OTHER_WAY: Final = {UP: DOWN, DOWN: UP}
# What a forger would use who does not have the key of the place.
_FORGERS_KEY: Final = hashlib.sha256(b"somebody else's key").digest()


def medium_id(code: str, direction: str, sequence: int, issue: int) -> str:
    """The number on the sticker: `131041-U000012-1`; a medium that takes a lost one's place is issue 2."""
    return f"{code}-{_LETTER[direction]}{sequence:06d}-{issue}"


def write_medium(
    medium: str,
    code: str,
    direction: str,
    sequence: int,
    messages: Sequence[Message],
    key: bytes,
    now: Instant,
) -> Medium:
    """Messages, in order, sealed on a labelled medium."""
    content = _packer.encode([encode_body(message) for message in messages])
    name = file_name(f"{code}-LINK-{direction.upper()}-{sequence:08d}", "csv")
    sealed = seal_at_rest(content, name, key, _nonce(key, medium, name, content))
    label = Label(medium, code, direction, sequence, now, (item_of(name, sealed),))
    records = sum(len(message.records) for message in messages)
    return Medium(medium, direction, sequence, write_label(label, key), ((name, sealed),), records, now)


def read_medium(
    medium: Medium, code: str, direction: str, key: bytes, due: int, used: frozenset[str]
) -> tuple[Message, ...] | Found:
    """The messages on a medium, in order, or why nothing of it is taken in. Total over any bytes.

    Args:
        code, direction: of the reader; what the medium says of itself must agree.
        due: the sequence that comes next.
        used: ids of media that were taken in.
    """
    judged = judge_medium(medium.label, key, code, direction, due, used)
    if isinstance(judged, Found):
        return judged
    files = dict(medium.files)
    messages: list[Message] = []
    for item in judged.items:
        sealed = files.get(item.name)
        if sealed is None:
            return Found(FolderCode.MEDIUM_INCOMPLETE, "medium", item.name, f"{item.size} bytes", "no file")
        if (found := judge_item(item, sealed)) is not None:
            return found
        content = open_at_rest(sealed, "medium", item.name, key)
        if isinstance(content, Found):
            return content
        messages += [_message(packed, medium.id) for packed in _unpacker.decode(content)]
    return tuple(messages)


def drill_medium(
    fault: str, state: LinkState, code: str, direction: str, key: bytes, now: Instant
) -> Medium | None:
    """A medium that a reader of `direction` must refuse, as the leg stands now; it holds no record.

    None where there can be none yet: before the first medium was taken in, none is used or stale.
    """
    due = state.due(direction)
    drill = f"{code}-drill-{state.next_number('drill')}"
    if fault in ("used", "stale"):
        if due == 1:
            return None
        name = state.used_last(direction) if fault == "used" else drill
        return write_medium(name, code, direction, due - 1, (), key, now)
    if fault == "early":
        return write_medium(drill, code, direction, due + 1, (), key, now)
    if fault == "foreign":  # the one that was to go the other way
        other = _OTHER_WAY[direction]
        return msgspec.structs.replace(
            write_medium(drill, code, other, state.due(other), (), key, now), direction=direction
        )
    if fault == "forged":
        return write_medium(drill, code, direction, due, (), _FORGERS_KEY, now)
    right = write_medium(drill, code, direction, due, (), key, now)
    if fault == "unlabelled":
        return msgspec.structs.replace(right, label=None)
    if fault == "incomplete":
        return msgspec.structs.replace(right, files=())
    raise HarnessError(f"there is no drill {fault!r}", where=drill)


_packer: Final = msgspec.msgpack.Encoder()
_unpacker: Final = msgspec.msgpack.Decoder(list[bytes])


def _message(packed: bytes, medium: str) -> Message:
    message = decode_body(packed)
    if isinstance(message, Outbound | Inbound):
        return message
    raise HarnessError(f"a medium carries a {type(message).__name__}", where=medium)


def _nonce(key: bytes, medium: str, name: str, content: bytes) -> bytes:
    told = b"\x00".join((b"renkei medium nonce", medium.encode(), name.encode(), content))
    return hmac.new(key, told, hashlib.sha256).digest()[:NONCE_BYTES]
