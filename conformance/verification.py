"""What came of verifying a bundle, as values and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from conformance.results import Results
from conformance.verdicts import Words
from sim.base.version import VERSION

SAID: Final = {
    "missing": Words("ファイルがない", "a file is missing"),
    "added": Words("目録にないものがある", "something is there that the manifest does not list"),
    "changed": Words("ファイルが変わっている", "a file was changed"),
    "unreadable": Words("読めない", "it cannot be read"),
    "verdict": Words("判定が、記録からの判定と異なる", "another verdict follows from the journals"),
    "journal": Words("記録がケースと合わない", "a journal is not that of its case"),
    "capabilities": Words(
        "宣言された機能が、記録と異なる", "the journals tell of other declared capabilities"
    ),
    "content": Words("記録から作り直したものと異なる", "something else follows from the journals"),
    "signature": Words("署名が成り立たない", "the signature does not hold"),
    "unsigned": Words("署名がない", "it is not signed"),
    "key": Words("別の鍵で署名されている", "it is signed with another key"),
}
"""What can differ."""

SHOWN: Final = 40
"""Differences that are printed for people; `--json` has them all."""

WORDS_SIGNED: Final = {
    "unsigned": Words(
        "署名がないので、誰が作ったかは分からない",
        "unsigned: nothing tells who made it",
    ),
    "signed": Words(
        "一式の中に書かれた鍵で署名されている。誰の鍵かは、指紋を別の経路で確かめる",
        "signed with the key that it names itself; whose key that is, its fingerprint must tell otherwise",
    ),
    "verified": Words("与えられた鍵で署名されている", "signed with the key that was given"),
    "other": Words(
        "与えられた鍵とは別の鍵で署名されている",
        "signed with another key than the one that was given",
    ),
    "broken": Words("署名は成り立たない", "the signature does not hold"),
}
"""What the signature is worth."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be. `where`: a file, or a case with its check."""

    code: str
    where: str
    expected: str = ""
    received: str = ""

    @property
    def words(self) -> Words:
        """What it is, in words."""
        return SAID[self.code]


@dataclass(slots=True)
class Verification:
    """What came of it. `made_by`: the release that the bundle says it was made by."""

    signature: str = "unsigned"
    key: str = ""
    made_by: str = ""
    results: Results | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def code(self) -> int:
        """The exit code: 0 if it holds, else 1."""
        return 0 if self.holds else 1

    @property
    def other_release(self) -> bool:
        """Whether another release than this one made the bundle."""
        return self.made_by != VERSION

    def as_json(self) -> str:
        """The result, the same bytes for the same bundle."""
        told = {
            "holds": self.holds,
            "exit_code": self.code,
            "made_by": self.made_by,
            "verified_by": VERSION,
            "signature": self.signature,
            "key": self.key,
            "verdict": self.results.verdict if self.results else None,
            "certificate": self.results.granted if self.results else None,
            "stopped": self.results.stopped if self.results else None,
            "differences": [
                msgspec.structs.asdict(one) | {"ja": one.words.ja, "en": one.words.en}
                for one in self.differences
            ],
        }
        return msgspec.json.format(msgspec.json.encode(told, order="deterministic"), indent=2).decode()

    def show(self, say: Callable[[str], None]) -> None:
        """Prints everything for people."""
        for one in self.differences[:SHOWN]:
            say(f"{one.where}\n    {one.words.ja} / {one.words.en}")
            for label, text in (("expected", one.expected), ("received", one.received)):
                if text:
                    say(f"    {label}: " + text.replace("\n", "\n              "))
        if len(self.differences) > SHOWN:
            more = len(self.differences) - SHOWN
            say(f"ほか {more} 件 / and {more} more (--json)")
        if self.other_release:
            say(f"作成した版 made by renkei {self.made_by or '?'}; 検証した版 verified by renkei {VERSION}")
        worth = WORDS_SIGNED[self.signature]
        say(f"{worth.ja} / {worth.en}" + (f": SHA-256 {self.key}" if self.key else ""))
        if self.results is not None and self.results.partial:
            say(f"途中で終了した実行の一式 / of a run that ended early: {self.results.stopped}")
        say(
            "検証に合格した。記録から同じ一式ができる / it holds: the same bundle follows from its journals"
            if self.holds
            else f"検証に合格しない（{len(self.differences)}件） / it does not hold: {len(self.differences)}"
        )
