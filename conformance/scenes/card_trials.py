"""Longer trials of a card: fresh challenges, pieces, habits of known readers, writing, nonsense.

Each writes lines of its own; what is right stands in the checks and the features.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from conformance.scenes.card import CardDesk
from conformance.scenes.card_bench import Bench, Halted
from virtual_card import tlv
from virtual_card.apdu import Command, Response
from virtual_card.errors import MessageError, ReaderError, TlvError
from virtual_card.habits import HABITS, read, shows_damage
from virtual_card.layouts import AIDS, AP, Access, FileKey, FileSpec
from virtual_card.protected import PROTECTED
from virtual_card.reader.session import read_card
from virtual_card.reader.talk import converse

CHALLENGES: Final = 8
POWERED: Final = 3
"""Challenges after which the card is powered down and up again."""
PIECES: Final = ((0, 16), (1, 15), (7, 100), (100, 256), (250, 300))
"""Offsets and lengths, over and beside the blocks of either cipher."""

WRITING: Final = (
    ("D6", "UPDATE BINARY"),
    ("D0", "WRITE BINARY"),
    ("0E", "ERASE BINARY"),
    ("DA", "PUT DATA"),
    ("DC", "UPDATE RECORD"),
    ("E0", "CREATE FILE"),
    ("E4", "DELETE FILE"),
    ("24", "CHANGE REFERENCE DATA"),
    ("2C", "RESET RETRY COUNTER"),
)
"""Instructions of ISO/IEC 7816-4, -8 and -9 that change a card."""

NONSENSE: Final = (
    ("unknown-instruction", "00FE0000"),
    ("unknown-class", "60B08B0000"),
    ("wrong-parameters", "00A4030C02D392"),
    ("other-channel", "01B08B0000"),
    ("chained", "10B08B0000"),
    ("challenge-with-data", "00840000045A5A5A5A08"),
    ("empty-sealed-read", "08B08500000000"),
)
"""Commands that mean nothing to a card, and are yet whole commands that any reader carries."""


def challenges(desk: CardDesk) -> None:
    """Asks for several challenges in a row, and for some more after each time the card was powered down."""
    bench = desk.bench()
    for number in range(CHALLENGES):
        if number and number % POWERED == 0:
            desk.way.reset()
        answer = bench.send(Command(0, 0x84, 0, 0, ne=8))
        desk.note(
            "challenge_given",
            {
                "sw": f"{answer.sw:04X}",
                "length": len(answer.data),
                "sha256": hashlib.sha256(answer.data).hexdigest(),
            },
        )


def locked(desk: CardDesk) -> None:
    """Tries to read each file behind the number: before authentication, and after it without protection.

    A refused file is asked for once more at an offset: what was refused may have become the current file.
    """
    for opened in (False, True):
        for spec in desk.profile.files:
            plain_is_right = spec.access is Access.FREE or (opened and spec.access is Access.NUMBER)
            if plain_is_right:
                continue
            bench = desk.bench()
            try:
                if opened:
                    bench.open()
                bench.must(f"SELECT {spec.df}", bench.select(spec.df))
                answers = [bench.plain(spec), bench.plain(spec, 0, 16), bench.plain(spec, 1, 16)]
                line: dict[str, Any] = {"sw": [f"{one.sw:04X}" for one in answers], "halted": ""}
                line["data"] = sum(len(one.data) for one in answers)
            except Halted as stopped:
                line = {"sw": [], "halted": stopped.step, "data": 0}
            desk.note("locked_file_tried", {"file": spec.place, "opened": opened} | line)


def sessions(desk: CardDesk) -> None:
    """Opens two sessions with the same values of the reader, and reads the same file in each, sealed.

    Equal ciphertexts show that the card put nothing of its own into the session key.
    """
    for _ in range(2):
        desk.way.reset()
        bench = Bench(desk.way, desk.profile, desk.number, desk.draws("the same reader").octets)
        try:
            bench.open()
            sealed = bench.must("READ BINARY", bench.protected(bench.at(Access.NUMBER_SM)))
            line = {"sealed": hashlib.sha256(sealed.data).hexdigest(), "halted": ""}
        except Halted as stopped:
            line = {"sealed": "", "halted": f"{stopped.step}: {stopped.sw:04X}"}
        desk.note("session_opened", line)


def pieces(desk: CardDesk) -> None:
    """Reads pieces at offsets, of a protected and of a plain file, and holds them against the whole."""
    bench = desk.bench()
    try:
        bench.open()
        spec = bench.at(Access.NUMBER_SM)
        big = max((one for one in desk.profile.files if one.df == spec.df), key=lambda one: one.capacity)
        _sealed_pieces(desk, bench, big)
        plain = max(
            (one for one in desk.profile.files if one.access is Access.NUMBER), key=lambda one: one.capacity
        )
        bench.must(f"SELECT {plain.df}", bench.select(plain.df))
        whole = bench.must("READ BINARY", bench.plain(plain, wanted=65536, extended=True)).data
        for offset, wanted in PIECES:
            answer = bench.plain(plain, offset, min(wanted, 256))
            _piece(desk, plain.place, offset, whole[offset : offset + min(wanted, 256)], answer.data)
    except Halted as stopped:
        desk.note("piece_read", {"file": "", "offset": 0, "halted": f"{stopped.step}: {stopped.sw:04X}"})


def _sealed_pieces(desk: CardDesk, bench: Bench, spec: FileSpec) -> None:
    whole = bench.unsealed(bench.must("READ BINARY", bench.protected(spec)))
    if whole is None:
        raise Halted("READ BINARY", 0)
    for offset, wanted in PIECES:
        answer = bench.protected(spec, offset, wanted)
        got = bench.unsealed(answer) if answer.ok else None
        _piece(desk, spec.place, offset, whole[offset : offset + wanted], got or b"", sealed=answer)


def _piece(
    desk: CardDesk, place: str, offset: int, wanted: bytes, got: bytes, sealed: Response | None = None
) -> None:
    line = {"file": place, "offset": offset, "wanted": len(wanted), "length": len(got), "same": got == wanted}
    if sealed is not None:
        objects = _objects(sealed.data)
        line |= {"tag": objects[0], "indicator": objects[1], "sealed": objects[2]}
    desk.note("piece_read", line)


def _objects(answer: bytes) -> tuple[str, str, int]:
    """Tag, padding indicator and length of the ciphertext of a protected answer; empty if it is none."""
    try:
        (only,) = tlv.parse(answer)
    except (TlvError, ValueError):  # no TLV, or more than one object
        return "", "", 0
    return f"{only.tag:X}", only.value[:1].hex().upper(), len(only.value) - 1


def habits(desk: CardDesk) -> None:
    """Reads the card as the programs do that read genuine cards; each is told from the others by its id."""
    truth = _truth(desk)
    for habit in HABITS:
        if not habit.good or habit.asks_uid or desk.profile.generation not in habit.generations:
            continue
        desk.way.reset()
        talk = read(habit, desk.profile, desk.number, desk.draws(habit.id).octets)
        try:
            held = converse(desk.way, talk)
        except (ReaderError, MessageError, TlvError) as error:
            desk.note("habit_tried", {"habit": habit.id, "read": False, "told": error.message})
            continue
        same = truth is not None and all(held.get(key) == value for key, value in truth.items())
        whole = not shows_damage(desk.profile, held)
        desk.note("habit_tried", {"habit": habit.id, "read": same and whole, "told": ""})


def _truth(desk: CardDesk) -> dict[FileKey, bytes] | None:
    """All files as our own reader gets them."""
    desk.way.reset()
    try:
        raw = converse(desk.way, read_card(desk.number, desk.draws("truth").octets))
    except ReaderError:
        return None
    return dict(raw.files)


def writing(desk: CardDesk) -> None:
    """Tries to write after authentication, plain and protected; then reads the card again."""
    before = _truth(desk)
    spec = desk.profile.address_file
    for ins, name in WRITING:
        for cla in (0, PROTECTED):
            bench = desk.bench()
            try:
                bench.open()
                if spec is not None:
                    bench.must(f"SELECT {spec.df}", bench.select(spec.df))
                sfi = 0x80 | (spec.sfi if spec is not None else 1)
                content = b"\xff" * 16
                answer = bench.send(
                    bench.sealed(int(ins, 16), sfi, 0, content)
                    if cla
                    else Command(0, int(ins, 16), sfi, 0, content)
                )
                desk.note(
                    "write_tried",
                    {"instruction": name, "protected": bool(cla), "sw": f"{answer.sw:04X}", "halted": ""},
                )
            except Halted as stopped:
                desk.note(
                    "write_tried",
                    {"instruction": name, "protected": bool(cla), "sw": "", "halted": stopped.step},
                )
    after = _truth(desk)
    desk.note("card_compared", {"same": before is not None and before == after})


def nonsense(desk: CardDesk) -> None:
    """Sends what means nothing, and sees after each whether the card still answers."""
    for name, sent in NONSENSE:
        bench = desk.bench()
        answer = bench.send(bytes.fromhex(sent))
        spec = desk.profile.files[1]
        after = bench.plain(spec, wanted=spec.capacity)
        desk.note(
            "nonsense_answered",
            {"sent": name, "sw": f"{answer.sw:04X}", "answer": len(answer.data), "alive": f"{after.sw:04X}"},
        )


def specified(desk: CardDesk) -> None:
    """The selection of the residence application of a specified card, and what a new selection forgets."""
    card = desk.way
    card.reset()
    steps = [("select-ap", Command(0, 0xA4, 4, 0x0C, AIDS[AP])), ("type", Command(0, 0xB0, 0x8A, 0, ne=4))]
    for name, command in steps:
        answer = _parsed(card.transmit(command.encode()))
        value = answer.data[2:4].decode("ascii", "replace") if name == "type" else ""
        desk.note("selected", {"step": name, "sw": f"{answer.sw:04X}", "value": value})
    if desk.read() is None:
        return
    answers = [
        _parsed(card.transmit(one.encode()))
        for one in (
            Command(0, 0xA4, 4, 0x0C, AIDS[AP]),
            Command(0, 0xA4, 4, 0x0C, AIDS["DF2"]),
            Command(0, 0xB0, 0x80 | _unsigned(desk).sfi, 0, ne=256),
        )
    ]
    desk.note("selected", {"step": "read-after-reselection", "sw": f"{answers[-1].sw:04X}", "value": ""})


def _unsigned(desk: CardDesk) -> FileSpec:
    """The first file of DF2."""
    return next(spec for spec in desk.profile.files if spec.df == "DF2")


def _parsed(raw: bytes) -> Response:
    return Response.parse(raw) if len(raw) > 1 else Response(b"", 0)
