"""Row "card read": a whole card, chip and reader in one process, against pycryptodome and the limit of DES.

As a program of its own it is one side: `card_read.py {ours|naive|floor|whole-1|whole-05} READS`.
The limit is the same TDES messages of both sides through one context each, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import harness
from bench.harness import CannotRun, Figure, Goal, Options, Sample, Say, spread

if TYPE_CHECKING:
    from virtual_card.content import CardContent
    from virtual_card.layouts import CardType
    from virtual_card.transports import Transport

ROW: Final = "card read"
NUMBER: Final = "AA12345678BB"
SEED: Final = 7
READS: Final = 5
BATCHES: Final = 40

OURS, NAIVE, FLOOR = "ours", "naive", "floor"
WHOLE: Final = {"whole-1": "1", "whole-05": "05"}

RATIO: Final = Goal(4, at_least=True)
LIMIT: Final = Goal(40, at_least=True)
MILLISECONDS: Final = Goal(6)

NOTES: Final = (
    "card read: both sides are chip and reader together, first generation, reads of 256 bytes; the other side"
    " makes a new pycryptodome cipher for each message. Commands and answers of both are equal byte for byte,"
    " or nothing is compared. Both ratios are of processor time: on a busy machine the wall clock flatters"
    " the shorter side. Milliseconds are of the wall clock.",
    "card read: the limit is the TDES of the same messages, sealed and opened, in two kept contexts. Each"
    " time is the quickest of many short batches: other programs on the machine would show in a mean.",
)


# --- one side, once ------------------------------------------------------------------------------------
def content_of(card_type: CardType) -> CardContent:
    """A card whose fields are full: nothing is quicker because it is empty."""
    from virtual_card.content import CardContent
    from virtual_card.draws import Draws
    from virtual_card.layouts import profile_of

    given = ("spec_version", "card_type", "number")
    values = {
        name: Draws(SEED, name).octets(field.size - 1) + b"\1"
        for name, field in profile_of(card_type).fields.items()
        if name not in given
    }
    return CardContent(card_type, NUMBER, values)


def reading(transport: Transport, strategy: str) -> Callable[[], dict[str, bytes]]:
    """What reads a whole card by the house's reader; imports are done before anybody measures."""
    from virtual_card.draws import Draws
    from virtual_card.reader.session import read_card
    from virtual_card.reader.strategies import strategy_of
    from virtual_card.reader.talk import converse

    way = strategy_of(strategy)

    def once() -> dict[str, bytes]:
        transport.connect()
        raw = converse(transport, read_card(NUMBER, Draws(SEED, "reader").octets, way))
        return {"/".join(key): data for key, data in raw.files.items()}

    return once


def read(transport: Transport, strategy: str) -> dict[str, bytes]:
    """A whole card by the house's reader, once."""
    return reading(transport, strategy)()


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """What files are compared by."""
    return {place: digest(data) for place, data in files.items()}


def ours(reads: int, kind: str = "1", strategy: str = "pieces") -> Sample:
    """Our chip and our reader."""
    from virtual_card.chip.chip import Chip
    from virtual_card.draws import Draws
    from virtual_card.layouts import CardType
    from virtual_card.transports.in_process import InProcess
    from virtual_card.transports.recording import COMMAND, Recorder

    def chip() -> Chip:
        return Chip(content, Draws(SEED, "chip").octets)

    content = content_of(CardType(kind))
    recorder = Recorder(InProcess(chip()))
    files = digests(read(recorder, strategy))
    talk = [(step.sent, step.came) for step in recorder.steps if step.what == COMMAND]
    transport = InProcess(chip())
    return timed(reading(transport, strategy), reads, {"files": files, "talk": transcript(talk)})


def naive(reads: int) -> Sample:
    """The other side."""
    from bench.naive_card import Card, Reader
    from virtual_card.draws import Draws
    from virtual_card.layouts import CardType

    content = content_of(CardType.RESIDENCE_1)
    whole = content.files()
    files = {(spec.df, spec.sfi): whole[spec.key] for spec in content.profile.files}
    names = {(spec.df, spec.sfi): spec.place for spec in content.profile.files}
    talk: list[tuple[bytes, bytes]] = []

    def one(recorded: bool = False) -> dict[str, bytes]:
        card = Card(NUMBER, files, Draws(SEED, "chip").octets)

        def send(command: bytes) -> bytes:
            answer = card.transmit(command)
            talk.append((command, answer))
            return answer

        reader = Reader(send if recorded else card.transmit, NUMBER, Draws(SEED, "reader").octets)
        return {names[key]: data for key, data in reader.read().items()}

    found = digests(one(recorded=True))
    return timed(one, reads, {"files": found, "talk": transcript(talk)})


def floor(reads: int) -> Sample:
    """The TDES of one read by two kept contexts, without anything around it."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    from virtual_card.layouts import CardType, profile_of
    from virtual_card.suites import TDES_SUITE

    messages = [TDES_SUITE.pad(NUMBER.encode()), bytes(32), bytes(32)]
    for spec in profile_of(CardType.RESIDENCE_1).files:
        if spec.access == "number+sm":
            left = spec.capacity
            while left > 0:
                messages.append(TDES_SUITE.pad(bytes(min(256, left))))
                left -= 256
    cipher = Cipher(TripleDES(bytes(range(24))), modes.CBC(bytes(8)))
    seal, open_ = cipher.encryptor().update, cipher.decryptor().update

    def one() -> None:
        for message in messages:
            open_(seal(message))

    return timed(one, reads, {"messages": len(messages)})


def timed(work: Callable[[], object], reads: int, outcome: dict[str, Any]) -> Sample:
    """Seconds of one `work`: of the quickest of several batches of `reads`."""
    work()
    seconds, cpu = [], []
    for _ in range(BATCHES):
        begun, worked = time.perf_counter(), time.process_time()
        for _ in range(reads):
            work()
        seconds.append((time.perf_counter() - begun) / reads)
        cpu.append((time.process_time() - worked) / reads)
    return Sample(min(seconds), min(cpu), harness.peak_mb(), outcome)


def digest(data: bytes) -> str:
    """What bytes are compared by."""
    return hashlib.sha256(data).hexdigest()


def transcript(talk: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """A conversation: how many commands, and a digest over all commands and answers with their lengths."""
    whole = b"".join(len(part).to_bytes(4, "big") + part for step in talk for part in step)
    return {"commands": len(talk), "digest": digest(whole)}


# --- all of it -----------------------------------------------------------------------------------------
def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: the two sides did not say the same.
        CannotRun: pycryptodome is missing, or a side failed.
    """
    try:
        import Crypto  # noqa: F401
    except ImportError:
        raise CannotRun("pycryptodome is not installed: pip install --editable '.[dev]'") from None
    sides = (OURS, NAIVE, FLOOR, *WHOLE)
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    for number in range(1, options.repeats + 1):
        for side in sides:
            samples[side].append(harness.sample(Path(__file__), side, str(READS)))
        harness.assert_equal(samples[OURS][-1].outcome, samples[NAIVE][-1].outcome)
        say(
            f"{number} of {options.repeats}: " + ", ".join(f"{s} {_ms(samples[s])[-1]:.2f} ms" for s in sides)
        )
    return figures(samples)


def figures(samples: dict[str, list[Sample]]) -> list[Figure]:
    """The comparison, from samples that were taken in turn."""
    cpu = {side: [sample.cpu for sample in taken] for side, taken in samples.items()}
    share = [100 * ratio for ratio in harness.ratios(cpu[FLOOR], cpu[OURS])]
    against = spread(harness.ratios(cpu[NAIVE], cpu[OURS]))
    return [
        Figure(ROW, "pycryptodome per call / ours", "×", against, RATIO),
        Figure(ROW, "ours, of what DES alone permits", "%", spread(share), LIMIT),
        Figure(ROW, "ours, 256-byte reads", "ms", spread(_ms(samples[OURS]))),
        Figure(ROW, "pycryptodome per call", "ms", spread(_ms(samples[NAIVE]))),
        Figure(ROW, "DES alone", "ms", spread(_ms(samples[FLOOR]))),
        *(
            Figure(ROW, f"ours, whole files, type {kind}", "ms", spread(_ms(samples[side])), MILLISECONDS)
            for side, kind in WHOLE.items()
        ),
    ]


def _ms(samples: list[Sample]) -> list[float]:
    return [1000 * sample.seconds for sample in samples]


SIDES: Final[dict[str, Callable[[int], Sample]]] = {
    OURS: ours,
    NAIVE: naive,
    FLOOR: floor,
    "whole-1": lambda reads: ours(reads, "1", "whole"),
    "whole-05": lambda reads: ours(reads, "05", "whole"),
}

if __name__ == "__main__":
    print(json.dumps(asdict(SIDES[sys.argv[1]](int(sys.argv[2])))))
