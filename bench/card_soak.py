"""Row "chip soak": a million commands of every kind to chips of every type, and each gets a status word.

As a program of its own it is the whole soak: `card_soak.py COMMANDS`.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import card_read, harness
from bench.harness import Figure, Goal, Options, Sample, Say, Unequal, spread

if TYPE_CHECKING:
    from virtual_card.chip.chip import Chip

ROW: Final = "chip soak"
COMMANDS: Final = 1_000_000
FEW: Final = 20_000
SEED: Final = 7
SITTING: Final = 200
"""Commands to one chip before the next one is taken."""
NONE: Final = Goal(0)

NOTES: Final = (
    "chip soak: right conversations with commands left out, doubled, shuffled and changed, then made-up"
    " ones; a failure is an exception, an answer without a known status word, or a file that changed.",
)

_CLA: Final = (0x00, 0x00, 0x08, 0x08, 0x80, 0xFF)
_INS: Final = (0x20, 0x82, 0x84, 0xA4, 0xAE, 0xB0, 0xB0, 0xB0, 0xCA, 0xD6, 0xDA)
_P1: Final = (0, 0, 0, 2, 4, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x8A, 0x8B)
_DATA: Final = (
    *(bytes.fromhex(f"D392F0004F0{n}") + bytes(10) for n in (1, 2, 3, 4)),
    b"\x3f\0",
    b"\x96\2\0\0",
    b"\x96\2\1\0",
    b"\x86\x11\1" + bytes(16),
    bytes(40),
)


def soak(commands: int) -> Sample:
    """So many commands; the outcome counts status words and failures, the first of them in words."""
    from virtual_card.address import WritePolicy
    from virtual_card.apdu import MEANINGS
    from virtual_card.chip.chip import Chip
    from virtual_card.draws import Draws
    from virtual_card.layouts import CardType

    dice = random.Random(SEED)
    contents = {card_type: card_read.content_of(card_type) for card_type in CardType}
    right = {card_type: _right(card_type) for card_type in CardType}
    counted: Counter[str] = Counter()
    failures: list[str] = []
    begun, worked = time.perf_counter(), time.process_time()
    sent = 0
    while sent < commands:
        card_type = dice.choice(list(CardType))
        chip = Chip(
            contents[card_type],
            Draws(SEED, "chip").octets,
            policy=WritePolicy(enabled=dice.random() < 0.5, key=bytes(range(16))),
        )
        before = chip.contents()
        for raw in _stream(dice, right[card_type], min(SITTING, commands - sent)):
            sent += 1
            try:
                answer = chip.transmit(raw)
            except Exception as error:
                failures.append(f"{raw.hex()}: {error!r}")
                break
            sw = int.from_bytes(answer[-2:], "big")
            if len(answer) < 2 or (sw not in MEANINGS and sw >> 8 != 0x6C):
                failures.append(f"{raw.hex()}: {answer.hex()}")
            counted[f"{sw:04X}"] += 1
        if chip.contents() != before:
            failures.append(f"a file of a card of type {card_type} changed")
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    outcome = {"sent": sent, "status": dict(sorted(counted.items())), "failures": failures[:5]}
    return Sample(seconds, cpu, harness.peak_mb(), {**outcome, "failed": len(failures)})


def _right(card_type: str) -> list[bytes]:
    """The commands of a right conversation."""
    from virtual_card.chip.chip import Chip
    from virtual_card.draws import Draws
    from virtual_card.layouts import CardType
    from virtual_card.transports.in_process import InProcess
    from virtual_card.transports.recording import COMMAND, Recorder

    chip: Chip = Chip(card_read.content_of(CardType(card_type)), Draws(SEED, "chip").octets)
    recorder = Recorder(InProcess(chip))
    card_read.read(recorder, "069e")
    return [step.sent for step in recorder.steps if step.what == COMMAND]


def _stream(dice: random.Random, right: list[bytes], count: int) -> list[bytes]:
    """Commands for one sitting: a right conversation with damage, then made-up ones."""
    found: list[bytes] = []
    for command in right:
        fate = dice.random()
        if fate < 0.80:
            found.append(command)
        if fate < 0.05:
            found.append(command)
        if 0.85 < fate < 0.95:
            place = dice.randrange(len(command))
            found.append(command[:place] + bytes([dice.randrange(256)]) + command[place + 1 :])
        if fate > 0.97:
            found.append(command[: dice.randrange(len(command))])
    if dice.random() < 0.3:
        dice.shuffle(found)
    while len(found) < count:
        if dice.random() < 0.1:
            found.append(dice.randbytes(dice.randrange(24)))
        else:
            found.append(_made_up(dice))
    return found[:count]


def _made_up(dice: random.Random) -> bytes:
    """A command of the right shape around arbitrary values, short or extended."""
    head = bytes((dice.choice(_CLA), dice.choice(_INS), dice.choice(_P1), dice.choice((0, 0x0C, 0x86))))
    data = dice.choice((b"", dice.randbytes(dice.randrange(1, 60)), *_DATA))
    if dice.random() < 0.5:
        return head + (bytes([len(data)]) + data if data else b"") + dice.choice((b"", b"\0", b"\x28"))
    le = dice.choice((b"", bytes(2), b"\x06\x9e"))
    return head + b"\0" + (len(data).to_bytes(2, "big") + data if data else b"") + le


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row, from one soak.

    Raises:
        Unequal: a command did not get a status word.
        CannotRun: the soak did not end.
    """
    sample = harness.sample(Path(__file__), str(COMMANDS if options.full else FEW))
    sent, failed = sample.outcome["sent"], sample.outcome["failed"]
    say(f"{sent} commands, status words: {sample.outcome['status']}")
    if failed:
        raise Unequal(f"{failed} commands failed: " + "; ".join(sample.outcome["failures"]))
    return [
        Figure(ROW, f"failures in {sent:,} commands", "", spread([failed]), NONE),
        Figure(ROW, "time for each command", "µs", spread([1e6 * sample.seconds / sent])),
        Figure(ROW, "peak memory", "MB", spread([sample.peak_mb])),
    ]


if __name__ == "__main__":
    print(json.dumps(asdict(soak(int(sys.argv[1])))))
