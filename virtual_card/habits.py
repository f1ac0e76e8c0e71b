"""How real reading programs read: the table of facts: chip §8 as data, with one small interpreter.

A virtual card is of use when the programs that read genuine cards can read it. Each `Habit` is one program's
way, told apart from our own reader on purpose: it shares no reading code with it, only the cryptography.
`read` performs a habit as a talk and gives the files; `reads_all` says whether they are the card's.

One habit is bad, and known to be: it adds the length of the ciphertext to the offset in the file, so that
each further piece starts too late. No card can mend that. It must fail visibly, and a terminal that has it
must be found out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from virtual_card.apdu import Command, Response
from virtual_card.errors import ReaderError
from virtual_card.layouts import AIDS, MF, Access, CardProfile, FileKey, FileSpec, Generation
from virtual_card.reader.messaging import Channel, Handshake, get_challenge
from virtual_card.reader.talk import Talk, ask
from virtual_card.suites import suite_of

ALL: Final = 0
CAP: Final = 0x69E  # what phones take at once
CHUNK: Final = 0x100
SHORT_MAX: Final = 256
EXTENDED_MAX: Final = 65536


class Plain(StrEnum):
    """How a program reads a file without protection."""

    HEADER_FIRST = "2-byte header, then exactly what it announces"
    SHORT_CHUNKS = "Le 00, 256 bytes at a time, offset in P1 P2"
    EXTENDED_ALL = "extended Le 0000"
    CAPPED = "extended Le 069E"


class Protected(StrEnum):
    """How a program reads a file with protection; what it puts into object 96."""

    ALL = "0000, all"
    EXACT = "the file's capacity"
    CHUNKS = "0100 at a time"
    CAPPED = "069E at a time"
    CIPHERTEXT_OFFSETS = "069E at a time, offsets counted in ciphertext"


@dataclass(frozen=True, slots=True)
class Habit:
    """One program's way. `generations`: those that it reads. `good`: it works on a genuine card."""

    id: str
    program: str
    plain: Plain
    protected: Protected
    selects_mf: bool = False
    asks_uid: bool = False
    mutual_le: int = SHORT_MAX
    generations: tuple[Generation, ...] = (Generation.FIRST, Generation.SECOND)
    good: bool = True


HABITS: Final = (
    Habit(
        "eri-first",
        "zairyu-card-reader (ERI), its way with the first generation",
        Plain.HEADER_FIRST,
        Protected.ALL,
    ),
    Habit(
        "eri-second",
        "zairyu-card-reader (ERI), its way with the second generation",
        Plain.HEADER_FIRST,
        Protected.EXACT,
    ),
    Habit(
        "eri-chunks",
        "zairyu-card-reader (ERI) through readers without extended length",
        Plain.SHORT_CHUNKS,
        Protected.CHUNKS,
    ),
    Habit(
        "swift",
        "the open iOS reader (SWIFT), its offsets mended",
        Plain.CAPPED,
        Protected.CAPPED,
        selects_mf=True,
        mutual_le=0x28,
    ),
    Habit(
        "nfc-bridge",
        "NFC Bridge (NFCB)",
        Plain.SHORT_CHUNKS,
        Protected.CHUNKS,
        selects_mf=True,
        asks_uid=True,
    ),
    Habit("rust", "the open Rust reader", Plain.SHORT_CHUNKS, Protected.ALL),
    Habit("extended", "whoever takes extended length for granted", Plain.EXTENDED_ALL, Protected.ALL),
    Habit(
        "swift-ciphertext-offsets",
        "the open iOS reader (SWIFT) as it is: ciphertext lengths added to file offsets",
        Plain.CAPPED,
        Protected.CIPHERTEXT_OFFSETS,
        selects_mf=True,
        mutual_le=0x28,
        good=False,
    ),
)


def read(
    habit: Habit, profile: CardProfile, number: str, random: Callable[[int], bytes]
) -> Talk[dict[FileKey, bytes]]:
    """Perform a habit on a card of a known profile; the files as that program would hold them.

    Raises:
        ReaderError: where the program would have given up.
    """
    if habit.asks_uid:
        yield from _expect(Command(0xFF, 0xCA, 0, 0, ne=SHORT_MAX), "identifier from the reader")
    if habit.selects_mf:
        yield from _expect(Command(0, 0xA4, 0, 0, b"\x3f\x00"), "SELECT MF")
    files: dict[FileKey, bytes] = {}
    for spec in profile.files:
        if spec.df == MF:
            files[spec.key] = yield from _read_plain(habit, spec)
    channel = yield from _open(habit, profile, number, random)
    here = MF
    for spec in profile.files:
        if spec.df == MF:
            continue
        if spec.df != here:
            yield from _expect(Command(0, 0xA4, 4, 0x0C, AIDS[spec.df]), f"SELECT {spec.df}")
            here = spec.df
        if spec.access is Access.NUMBER_SM:
            files[spec.key] = yield from _read_protected(habit, spec, channel)
        else:
            files[spec.key] = yield from _read_plain(habit, spec)
    return files


def reads_all(held: Mapping[FileKey, bytes], truth: Mapping[FileKey, bytes]) -> bool:
    """Whether a habit got every file as the card holds it."""
    return all(held.get(key) == content for key, content in truth.items())


def shows_damage(profile: CardProfile, held: Mapping[FileKey, bytes]) -> bool:
    """Whether a program can see, without knowing the card, that it did not get what is there: a file of
    another length than its capacity."""
    return any(len(held.get(spec.key, b"")) != spec.capacity for spec in profile.files)


def _open(habit: Habit, profile: CardProfile, number: str, random: Callable[[int], bytes]) -> Talk[Channel]:
    suite = suite_of(profile.suite)
    challenge = yield from _expect(get_challenge(), "GET CHALLENGE")
    handshake = Handshake(suite, suite.derive(number), challenge.data, random(8), random(16))
    command = handshake.command()._replace(ne=habit.mutual_le)
    answer = yield from _expect(command, "MUTUAL AUTHENTICATE")
    channel = Channel(suite, handshake.session_key(answer.data))
    yield from _expect(channel.verify(number), "VERIFY")
    return channel


def _expect(command: Command, step: str) -> Talk[Response]:
    answer = yield from ask(command, step)
    if not answer.ok:
        raise ReaderError("the card does not bear with this habit", received=f"{answer.sw:04X}", where=step)
    return answer


def _read_plain(habit: Habit, spec: FileSpec) -> Talk[bytes]:
    step = f"READ BINARY {spec.df}/{spec.name}"
    first = 0x80 | spec.sfi
    match habit.plain:
        case Plain.HEADER_FIRST if spec.capacity < CHUNK:
            header = yield from _expect(Command(0, 0xB0, first, 0, ne=2), step)
            if len(header.data) != 2:
                raise ReaderError("the header is cut off", received=header.data.hex(), where=step)
            # The header tells of the first object only; a file with several is read to its capacity.
            size = header.data[1] + 2 if len(spec.fields) == 1 else spec.capacity
            whole = yield from _expect(Command(0, 0xB0, first, 0, ne=size), step)
            return whole.data
        case Plain.CAPPED:
            whole = yield from _expect(Command(0, 0xB0, first, 0, ne=CAP, extended=True), step)
            return whole.data
        case Plain.SHORT_CHUNKS:
            return (yield from _read_chunks(first, step))
    whole = yield from _expect(Command(0, 0xB0, first, 0, ne=EXTENDED_MAX, extended=True), step)
    return whole.data


def _read_chunks(first: int, step: str) -> Talk[bytes]:
    content = b""
    while True:
        p1, p2 = divmod(len(content), 0x100) if content else (first, 0)
        answer = yield from ask(Command(0, 0xB0, p1, p2, ne=SHORT_MAX), step)
        if answer.sw >> 8 == 0x6C:
            answer = yield from ask(Command(0, 0xB0, p1, p2, ne=answer.sw & 0xFF), step)
        if content and answer.sw == 0x6B00:
            return content
        if answer.sw not in (0x9000, 0x6282):
            raise ReaderError("the card does not bear with chunks", received=f"{answer.sw:04X}", where=step)
        content += answer.data
        if len(answer.data) < SHORT_MAX:
            return content


def _read_protected(habit: Habit, spec: FileSpec, channel: Channel) -> Talk[bytes]:
    step = f"READ BINARY {spec.df}/{spec.name}, protected"
    first = 0x80 | spec.sfi
    if habit.protected in (Protected.ALL, Protected.EXACT):
        wanted = ALL if habit.protected is Protected.ALL else spec.capacity
        answer = yield from _expect(channel.read(first, 0, wanted, short=False), step)
        return channel.open(answer.data, step)
    size = CHUNK if habit.protected is Protected.CHUNKS else CAP
    counted_in_ciphertext = habit.protected is Protected.CIPHERTEXT_OFFSETS
    content, offset = b"", 0
    while True:
        p1, p2 = divmod(offset, 0x100) if offset else (first, 0)
        answer = yield from ask(channel.read(p1, p2, size, short=False), step)
        if content and answer.sw == 0x6B00:
            return content
        if answer.sw not in (0x9000, 0x6282):
            raise ReaderError("the card does not bear with chunks", received=f"{answer.sw:04X}", where=step)
        piece = channel.open(answer.data, step)
        content += piece
        # The padded piece is what was encrypted; its length is not how far the file was read.
        padded = len(piece) + channel.block - len(piece) % channel.block
        offset += padded if counted_in_ciphertext else len(piece)
        if len(piece) < size:
            return content
