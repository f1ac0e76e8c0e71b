"""Around a card under test: a reader that works as counters' readers do, and one that tries what is wrong.

The card is read with the harness's own reader; what it gave becomes a line for each file, field and image.
What rests on the assumed profile of specified cards is written down under kinds of its own, which begin with
`specified_`, so that no firm check ever looks at it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from conformance.protocol import cards as wire
from conformance.protocol.conversation import Conversation
from conformance.scenes.card_bench import Bench, Halted
from conformance.scenes.card_probes import BY_WORDS, Probe
from conformance.scenes.card_samples import PLAIN, card_of, days_after_issue
from conformance.scenes.card_way import CardWay
from conformance.stage import Stage
from sim.base.errors import HarnessError
from sim.base.instant import Instant, japan_datetime
from sim.base.journal import Line
from virtual_card.cardfile import Card, dump
from virtual_card.draws import Draws
from virtual_card.errors import ReaderError
from virtual_card.layouts import MF, CardProfile, Generation, profile_of
from virtual_card.reader.images import Picture, Undecodable
from virtual_card.reader.reading import CardReading, interpret
from virtual_card.reader.session import RawCard, read_card
from virtual_card.reader.strategies import STRATEGIES, WHOLE, Strategy
from virtual_card.reader.talk import converse
from virtual_card.reader.verify import pinned_test_anchors, verify

NUL: Final = b"\0"


class CardDesk:
    """A reader and the card under test in it. Set `lay` before the case's first instant."""

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        self._stage = stage
        self._conversation = conversation
        self._laid: Card | None = None
        self._number = ""
        self._given = False
        self._prefix = ""
        self.now = Instant(0)
        self.way = CardWay(conversation, self.note)

    # --- the stage --------------------------------------------------------------------------------------
    def lay(self, card_type: str, variant: str = PLAIN) -> None:
        """Which card is to lie in the reader."""
        self._laid = card_of(card_type, variant)
        self._prefix = "specified_" if self.profile.generation is Generation.SPECIFIED else ""

    def begin(self, case: str, at: Instant) -> None:
        """Has the card laid into the reader and powers it up."""
        self.now = at
        card, content = self.card, self.card.content
        request = wire.Reset(
            case=case,
            at=japan_datetime(at),
            card_type=content.card_type.value,
            number=content.number,
            card_file=dump(card),
        )
        self.note(
            "card_asked",
            {"card_type": content.card_type.value, "number": content.number, "sha256": _digest(dump(card))},
        )
        told = self._conversation.ask(request, wire.ResetAnswer)
        self._number, self._given = told.number, told.as_given
        self.note("card_there", {"as_given": told.as_given, "own_number": told.number != content.number})
        self.way.connect()

    def advance(self, until: Instant) -> None:
        """A chip has no clock."""
        self.now = until

    def lines(self) -> list[Line]:
        """Nobody but the stage writes."""
        return []

    def note(self, kind: str, data: dict[str, Any]) -> None:
        """Writes a line, under a kind of its own for specified cards."""
        self._stage.note(self._prefix + kind, data)

    # --- what steps do ----------------------------------------------------------------------------------
    def read(self, strategy: Strategy = WHOLE) -> CardReading | None:
        """Reads the whole card as a counter does; each thing it gave becomes a line."""
        random = self._stage.draws("reader", strategy.name).octets
        atr = self.way.reset()
        try:
            raw = converse(self.way, read_card(self._number, random, strategy))
        except ReaderError as error:
            self.note("card_read", {"strategy": strategy.name, "read": False, "told": _one_line(error)})
            return None
        reading = interpret(raw, atr)
        self.note("card_read", {"strategy": strategy.name, "read": True, "sha256": _whole(raw)})
        if strategy is WHOLE:
            self._tell(raw, reading)
        return reading

    def read_each_way(self) -> None:
        """Reads the card once with every strategy."""
        for strategy in STRATEGIES.values():
            self.read(strategy)

    def probe(self, words: str) -> Probe:
        """Tries what a probe tries on the freshly powered card, and writes the answer down."""
        probe = BY_WORDS[words]
        bench = self.bench()
        try:
            sw, halted = bench_answer(probe, bench), ""
        except Halted as stopped:
            sw, halted = f"{stopped.sw:04X}", stopped.step
        self.note(
            "answered",
            {"probe": probe.id, "sw": sw, "halted": halted, "proved": bench.proved},
        )
        return probe

    def bench(self) -> Bench:
        """A bench with the card on it, freshly powered."""
        self.way.reset()
        draws = self._stage.draws("bench", self._stage.case)
        return Bench(self.way, self.profile, self._number, draws.octets)

    def draws(self, *path: str) -> Draws:
        """Draws for the case."""
        return self._stage.draws(*path)

    # --- facts ------------------------------------------------------------------------------------------
    @property
    def card(self) -> Card:
        """The harness's own card."""
        if self._laid is None:
            raise HarnessError("no step of the case says which card lies in the reader")
        return self._laid

    @property
    def profile(self) -> CardProfile:
        """The layout of the card that lies there."""
        return profile_of(self.card.content.card_type)

    @property
    def number(self) -> str:
        """The number that opens the card that lies there."""
        return self._number

    # --- what a reading gave ----------------------------------------------------------------------------
    def _tell(self, raw: RawCard, reading: CardReading) -> None:
        given = self.card.content.files() if self._given else {}
        for spec in self.profile.files:
            content = raw.files.get(spec.key)
            line = {
                "file": spec.place,
                "length": None if content is None else len(content),
                "capacity": spec.capacity,
                "sha256": None if content is None else _digest(content),
            }
            if spec.key in given:
                line["given"] = _digest(given[spec.key])
            self.note("file_read", line)
        self.note(
            "type_told",
            {"declared": reading.declared, "files_of": reading.card_type.value, "unexpected": raw.unexpected},
        )
        for problem in reading.problems:
            self.note(
                "oddity_seen",
                {"reason": problem.reason.value, "where": problem.where, "told": problem.detail},
            )
        for name, found in reading.fields.items():
            self.note("field_read", {"field": name, "file": found.file, **_field(found.value, found.text)})
            if found.picture is not None:
                self.note(
                    "image_read", {"image": name, **_image(found.picture, found.value, found.field.size)}
                )
            elif found.field.kind.value in ("tiff", "jpeg2000"):
                self.note("image_read", {"image": name, "empty": True})
        self._verify(reading)

    def _verify(self, reading: CardReading) -> None:
        day = days_after_issue(self.card, 60)
        found = verify(reading, pinned_test_anchors(), day)
        self.note(
            "signature_read",
            {
                "signed": found.signed,
                "given": self._given,
                "holds": found.holds,
                "wrong": [problem.reason.value for problem in found.problems],
                "authority": found.authority,
                "certificate": found.certificate is not None,
            },
        )

    def free(self, sfi: int) -> None:
        """Reads a file of the MF without authentication, header first; tag and value become a line."""
        bench = self.bench()
        spec = next(spec for spec in self.profile.files if spec.df == MF and spec.sfi == sfi)
        head = bench.plain(spec, wanted=2)
        size = 2 + head.data[1] if len(head.data) > 1 else 2
        whole = bench.plain(spec, wanted=size)
        self.note(
            "free_file_read",
            {
                "file": spec.place,
                "sw": f"{whole.sw:04X}",
                "tag": whole.data[:1].hex().upper(),
                "value": whole.data[2:size].decode("ascii", "backslashreplace"),
                "header_first": head.data == whole.data[:2],
            },
        )


def bench_answer(probe: Probe, bench: Bench) -> str:
    """The status word of the probe's last command.

    Raises:
        Halted: a command that prepares it was not done.
    """
    return f"{probe.run(bench).sw:04X}"


def _field(value: bytes, text: str | None) -> dict[str, Any]:
    bare = value.rstrip(NUL)
    return {
        "length": len(bare),
        "empty": not bare,
        "sha256": _digest(value),
        "text": text,
        "mark": value.startswith(b"\xef\xbb\xbf"),
    }


def _image(picture: Picture | Undecodable, value: bytes, size: int) -> dict[str, Any]:
    line: dict[str, Any] = {"empty": False, "length": len(value.rstrip(NUL)), "most": size}
    if isinstance(picture, Undecodable):
        return line | {"container": None, "told": picture.why}
    return line | {"container": picture.container, "width": picture.width, "height": picture.height}


def _whole(raw: RawCard) -> str:
    """One digest of all files in the order of the layout; refused ones count as what was said of them."""
    parts = []
    for spec in raw.profile.files:
        content = raw.files.get(spec.key)
        told = f"{raw.refused.get(spec.key, 0):04X}" if content is None else _digest(content)
        parts.append(f"{spec.place} {told}")
    return _digest("\n".join(parts))


def _digest(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _one_line(error: ReaderError) -> str:
    return f"{type(error).__name__}: {error.message}, {error.where or ''}, {error.received or ''}"
