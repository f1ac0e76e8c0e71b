"""What can be said of specified cards, on Individual Number Cards: all of it by an assumed profile.

Source: facts on the chip §3 (one source each): the residence application is selected before DF1 to DF3, a new
selection of it clears the session key, the data are those of the second generation. How keys are delivered
and messages protected is not public; the harness's own layout has one row for each open question.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from conformance.checks.cards.found import found
from conformance.checks.declare import check
from conformance.evidence import Case
from conformance.verdicts import Assumption, Finding, Severity

ASSUMED: Final = Assumption(
    ja="特定在留カードのセキュアチャネルと短縮ファイル番号は公開資料で確かめられず、仮定した仕様による。",
    en="Secure channel and short file ids of specified cards are in no public source that was at hand;"
    " the harness assumes them.",
    since=date(2026, 11, 21),
)


@check(
    "card_specified_application",
    Severity.MUST,
    ("C-12",),
    ("specified_selected",),
    ja="特定在留カード：在留APの選択とカード種別",
    assumed=ASSUMED,
)
def card_specified_application(case: Case, type: str) -> Iterator[Finding]:
    """The residence application is selected first, and tells the card's type."""
    for line in case.lines("specified_selected", step="select-ap"):
        if line.data.get("sw") != "9000":
            yield found(line, "在留APを選択できません。", "No application.", "9000", line.data.get("sw"))
    for line in case.lines("specified_selected", step="type"):
        if line.data.get("value") != type:
            yield found(line, "カード種別が違います。", "Another type.", type, line.data.get("value"))


@check(
    "card_specified_reading",
    Severity.MUST,
    ("C-12",),
    ("specified_card_read", "specified_file_read", "specified_signature_read"),
    ja="特定在留カード：すべてのファイルの読出しと署名",
    assumed=ASSUMED,
)
def card_specified_reading(case: Case, files: int) -> Iterator[Finding]:
    """With a delivered key all files are read, hold what they were given, and are signed."""
    for line in case.lines("specified_card_read", read=False):
        yield found(line, "カードを読めません。", "It cannot be read.", "all files", line.data.get("told"))
    read = case.lines("specified_file_read")
    if read and len(read) != files:
        yield found(read[-1], "ファイルの数が違います。", "Another number of files.", files, len(read))
    for line in read:
        if line.data.get("length") != line.data.get("capacity") or (
            "given" in line.data and line.data["given"] != line.data.get("sha256")
        ):
            yield found(
                line,
                "ファイルの内容が違います。",
                "A file holds something else.",
                f"{line.data.get('file')} as given, {line.data.get('capacity')} bytes",
                f"{line.data.get('length')} bytes",
            )
    for line in case.lines("specified_signature_read"):
        if line.data.get("holds") is not True:
            yield found(
                line, "署名が一致しません。", "No signature holds.", "one that holds", line.data.get("wrong")
            )


@check(
    "card_specified_reselection",
    Severity.MUST,
    ("C-12",),
    ("specified_selected",),
    ja="特定在留カード：在留APを選び直すとセッション鍵が消える",
    assumed=ASSUMED,
)
def card_specified_reselection(case: Case, sw: list[str]) -> Iterator[Finding]:
    """Selecting the residence application again clears the session key and what rests on it."""
    for line in case.lines("specified_selected", step="read-after-reselection"):
        if line.data.get("sw") not in sw:
            yield found(
                line,
                "在留APを選び直した後も読み出せます。",
                "Files are given although the application was selected again.",
                sw,
                line.data.get("sw"),
            )
