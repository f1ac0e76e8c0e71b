"""Cards in virtual readers, played in a process of their own: a PC/SC client keeps the daemon it first met.

`python -m tests.conformance.card_peers NAME FOLDER` prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from conformance.adapters.pcsc import PcscChannel, PcscSettings, look
from conformance.reference.card import genuine
from conformance.reference.card_application import ReferenceReader
from conformance.scenes.card_samples import NUMBER, card_of
from conformance.scenes.card_shown import broken, forged
from conformance.scenes.card_shown import genuine as shown
from conformance.scenes.card_trials import habits, pieces, writing
from sim.base.errors import HarnessError
from tests.conformance.card_helpers import counter, desk, lines_of, verdict
from virtual_card.transports.pcsc import Pcsc
from virtual_card.transports.pcscd import PrivateDaemon, Slot
from virtual_card.transports.vpcd import VirtualSlot

Told = dict[str, Any]


def _settings(*cards: tuple[Slot, str]) -> PcscSettings:
    return PcscSettings.model_validate(
        {
            "kind": "pcsc",
            "test_cards": True,
            "cards": [
                {"reader": slot.reader, "card_type": card_type, "number": NUMBER, "as_given": True}
                for slot, card_type in cards
            ],
        }
    )


def _seen(slot: Slot) -> None:
    waiting = Pcsc(slot.reader, wait=10)
    waiting.connect()
    waiting.disconnect()


def _started(folder: Path, readers: int, stack: ExitStack) -> PrivateDaemon:
    daemon = stack.enter_context(PrivateDaemon(folder, readers))
    os.environ.update(daemon.environment)
    return daemon


def reads_cards(folder: Path) -> Told:
    """Two cards in two readers, tried as the cases do; then the first is taken out in the middle."""
    with ExitStack() as stack:
        daemon = _started(folder, 2, stack)
        slots = dict(zip(("1", "05"), daemon.slots, strict=True))
        settings = _settings(*((slot, card_type) for card_type, slot in slots.items()))
        empty = [point.state.value for point in look(settings)]
        virtual = {
            card_type: VirtualSlot(genuine(card_of(card_type)), slot.port)
            for card_type, slot in slots.items()
        }
        for card_type, slot in slots.items():
            stack.enter_context(virtual[card_type])
            _seen(slot)
        told: Told = {"empty": empty, "full": [point.state.value for point in look(settings)]}
        for card_type, files in (("1", 9), ("05", 10)):
            channel = PcscChannel(settings)
            stage = desk(channel, card_type)
            stage.scene.read_each_way()
            habits(stage.scene)
            pieces(stage.scene)
            writing(stage.scene)
            stage.scene.probe("違う番号の鍵で相互認証する")
            stage.expect("card_authentication", probe="wrong-number", sw=["6300"])
            for name, params in (
                ("card_atr", {}), ("card_strategies", {"ways": 5}), ("card_pieces", {}),
                ("card_padding", {}), ("card_writing", {}), ("card_content", {}),
                ("card_signature", {}), ("card_files", {"files": files}),
            ):  # fmt: skip
                stage.expect(name, **params)
            channel.close()
            found = verdict(stage, "card")
            told[card_type] = {one.check: one.verdict.value for one in found.checks if one.stated}
        channel = PcscChannel(settings)
        stage = desk(channel, "1")
        virtual["1"].take_out()
        try:
            stage.scene.read()
            told["removed"] = "nothing was said"
        except HarnessError as error:
            told["removed"] = [error.message, error.remedy]
        finally:
            channel.close()
        return told


def reads_for_applications(folder: Path) -> Told:
    """The reference application goes over PC/SC to cards that the harness lays into a virtual reader."""
    told: Told = {}
    for name, card in (
        ("genuine", shown("05")),
        ("first", shown("1")),
        ("forged", forged("05", "altered_text")),
        ("dead", broken("1", "dead")),
    ):
        stage = counter(ReferenceReader(way="reader"))
        stage.scene.show(card)
        stage.scene.read()
        (line,) = lines_of(stage, "card_read")
        (talk,) = lines_of(stage, "chip_talked")
        told[name] = [line["outcome"], talk["commands"] > 0]
    return told


PEERS: dict[str, Callable[[Path], Told]] = {
    "cards": reads_cards,
    "applications": reads_for_applications,
}

if __name__ == "__main__":
    print(json.dumps(PEERS[sys.argv[1]](Path(sys.argv[2]))))
