"""Breaches of a chip and of what reads cards, from the rows of seed 000."""

from __future__ import annotations

from typing import Final

from conformance.mutants.shape import Body
from conformance.mutants.strangers.shape import Between, Stranger
from conformance.protocol.conversation import Channel
from virtual_card.cardfile import Card
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.transports import Transport
from virtual_card.transports.in_process import InProcess
from virtual_card.verdicts import Reason


# --- the chip -------------------------------------------------------------------------------------------
class Remembering(InProcess):
    """What was opened stays open when the card leaves the reader."""

    def connect(self) -> bytes:
        self._connected = True
        return self._chip.atr

    def disconnect(self) -> None:
        self._connected = False


def _remembering(card: Card) -> Transport:
    return Remembering(Chip(card.content, Draws("conformance", "chip").octets))


CARD: Final = (
    Stranger(
        "stranger-open-after-power-down",
        "電源を切っても認証済みの状態が残る",
        "What was opened stays open after the power was cut",
        breaches=("S0-036",),
        extra=_remembering,
    ),
)
"""One of a chip: its rows are in the chip's own specification, which is no seed."""


# --- the application ------------------------------------------------------------------------------------
class Judging(Between):
    """Judges otherwise, and keeps what it said."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self._outcomes: dict[str, str] = {}

    def judged(self, answer: Body) -> Body:
        """What is said of a card."""
        return answer

    def told(self, op: str, body: Body, answer: Body) -> Body:
        if op == "reset":
            self._outcomes = {}
        if op == "read_card":
            answer = self.judged(answer)
            self._outcomes[body["visit"]] = answer["outcome"]
        if op == "kept":
            results = [
                one | {"outcome": self._outcomes.get(one["visit"], one["outcome"])}
                for one in answer["results"]
            ]
            return answer | {"results": results}
        return answer


class NoDayOfTheCard(Judging):
    """The end of a card's validity is not looked at."""

    def judged(self, answer: Body) -> Body:
        if answer["outcome"] == "review" and answer["reason"] == Reason.CARD_EXPIRED:
            return answer | {"outcome": "match", "reason": ""}
        return answer


class StatusNotCompared(Judging):
    """The status of residence of face and chip is not compared."""

    def judged(self, answer: Body) -> Body:
        if "status" not in answer["differs"]:
            return answer
        differs = [item for item in answer["differs"] if item != "status"]
        if differs or answer["reason"] != Reason.FACE_DIFFERS:
            return answer | {"differs": differs}
        return answer | {"differs": [], "outcome": "match", "reason": ""}


class RightKept(Between):
    """A right to write that was granted once serves for the card ever after."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self._granted: set[str] = set()
        self._active = False

    def asked(self, op: str, body: Body) -> Body | None:
        if op == "reset":
            self._granted, self._active = set(), body.get("write_policy") == "active"
        if op == "write_address" and self._active and body["number"] in self._granted:
            return None
        return body

    def instead(self, op: str, body: Body) -> Body:
        return {"written": False, "reason": "unsupported"}

    def called(self, call: str, body: Body, result: Body) -> None:
        if call == "authorise_write" and result.get("granted") is True:
            self._granted.add(body["number"])


def _reading_unlogged(op: str, request: Body, answer: Body) -> Body:
    if op not in ("to_medium", "from_medium"):
        return answer
    return answer | {"log": [use for use in answer["log"] if use["action"] != "read"]}


APPLICATION: Final = (
    Stranger(
        "stranger-expired-card-matches",
        "有効期間の満了したカードを真正とだけ答える",
        "A card whose validity has ended is a match and nothing else",
        breaches=("S0-054", "X-19"),
        wrap=NoDayOfTheCard,
    ),
    Stranger(
        "stranger-status-not-compared",
        "在留資格を券面とICチップの間で比べない",
        "The status of residence of face and chip is not compared",
        breaches=("S0-031",),
        wrap=StatusNotCompared,
    ),
    Stranger(
        "stranger-right-to-write-kept",
        "一度得た書込みの権限認証を次の書込みにも使う",
        "A right to write is used again for the next write",
        breaches=("S0-036",),
        wrap=RightKept,
    ),
    Stranger(
        "stranger-reading-a-medium-unlogged",
        "媒体からの取込みを使用の記録に残さない",
        "To take extracts off a medium leaves no line in the log of its uses",
        breaches=("S0-066",),
        answers=_reading_unlogged,
    ),
)
"""Judging, writing, media."""
