"""What the register does with agency notices, what copies say, and how the leg inside is set up.

Source: 住民記録システム標準仕様書 1.0版 4.5.6; 住民基本台帳法30条の50; seed 001, line 31; seed 002, line 88.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.municipal.register import LOOKED, item_of
from conformance.checks.municipal.sending import NOTICE, SENT, day_of, first_sent
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

# --- agency notices -------------------------------------------------------------------------------------
NOTICES: Final = ("notices_answered", "notice_seen")


def _notice(case: Case, look: int, person: str, nth: int) -> Line | None:
    case.lines("notices_answered")
    lines = [line for line in case.lines("notice_seen", look=look) if line.subject == person]
    return lines[nth - 1] if len(lines) >= nth else None


def _state(case: Case, look: int, person: str, state: str, nth: int) -> Iterator[Finding]:
    line = _notice(case, look, person, nth)
    received = "none" if line is None else line.data.get("state")
    if received != state:
        yield Finding(
            ja="入管庁通知の取込みの状態が違います。",
            en="The agency notice is in another state.",
            expected=state,
            received=said(received),
            evidence=() if line is None else (line.id,),
        )


@check("notice_imported", Severity.MUST, ("X-07", "S3-014"), NOTICES, ja="入管庁通知の自動取込み")
def notice_imported(case: Case, look: int, person: str, state: str, nth: int = 1) -> Iterator[Finding]:
    """An agency notice is received and taken in by itself, except a special permanent resident's."""
    yield from _state(case, look, person, state, nth)


@check("notice_backlog", Severity.MUST, ("X-08",), NOTICES, ja="取込みが済んでいない通知の一覧と手動の取込み")
def notice_backlog(case: Case, look: int, person: str, state: str, nth: int = 1) -> Iterator[Finding]:
    """What is not taken in stands in a list, whatever day it is of, and can be taken in by hand."""
    yield from _state(case, look, person, state, nth)


@check("notice_count", Severity.MUST, ("S3-003",), NOTICES, ja="届いた通知の件数")
def notice_count(case: Case, look: int, person: str, count: int) -> Iterator[Finding]:
    """As many notices about the person came in, however often the file came."""
    case.lines("notices_answered")
    lines = [line for line in case.lines("notice_seen", look=look) if line.subject == person]
    if len(lines) != count:
        yield Finding(
            ja="取り込まれた通知の件数が違います。",
            en="Another number of notices was taken in.",
            expected=str(count),
            received=str(len(lines)),
            evidence=tuple(line.id for line in lines),
        )


@check("slip", Severity.MUST, ("X-07",), NOTICES, ja="変更前と変更後を並べた確認票")
def slip(
    case: Case, look: int, person: str, item: str, before: str, after: str, nth: int = 1
) -> Iterator[Finding]:
    """The slip puts the item before and after side by side."""
    line = _notice(case, look, person, nth)
    for key, value in (("before", before), ("after", after)):
        received = None if line is None else line.data.get(key, {}).get(item, "")
        if received != value:
            yield Finding(
                ja="確認票の変更前又は変更後の記載が違います。",
                en="The slip says something else before or after the change.",
                expected=f"{key}: {value or 'empty'}",
                received=said(received),
                evidence=() if line is None else (line.id,),
            )


@check("after_confirmation", Severity.MUST, ("X-07",), LOOKED, ja="確認の前には住民票を更新しない")
def after_confirmation(case: Case, look: int, item: str, value: str) -> Iterator[Finding]:
    """Before a clerk has confirmed the slip, the record is as it was."""
    yield from item_of(
        case,
        look,
        item,
        value,
        "確認票の確認の前に、住民票が更新されています。",
        "The record was changed before a clerk had confirmed the slip.",
    )


@check("notice_called", Severity.MUST, ("S3-007",), NOTICES, ja="通知の名称と相手先")
def notice_called(case: Case, look: int, person: str, name: str, nth: int = 1) -> Iterator[Finding]:
    """A notice bears the name of its day: the Minister's before 2019-04-01, the agency's from then."""
    line = _notice(case, look, person, nth)
    received = None if line is None else str(line.data.get("called", ""))
    if received is None or name not in received:
        yield Finding(
            ja="通知の名称又は相手先が、その日のものではありません。",
            en="The notice does not bear the name of its day.",
            expected=name,
            received=said(received),
            evidence=() if line is None else (line.id,),
        )


# --- copies ---------------------------------------------------------------------------------------------
COPIES: Final = ("copy_decided",)


@check("copy_option", Severity.SHOULD, ("S1-008",), COPIES, ja="写しの記載は宣言した方針による")
def copy_option(case: Case, visit: str, item: str, value: str) -> Iterator[Finding]:
    """A copy after a renewal says what the declared option wants: the record, or the card that was shown."""
    for line in case.lines("copy_decided", visit=visit):
        received = line.data.get("items", {}).get(item, "")
        if line.data.get("issued") is not True or received != value:
            yield Finding(
                ja="住民票の写しの記載が、宣言した方針と違います。",
                en="The copy does not say what the declared option wants.",
                expected=value,
                received=received or said(line.data.get("reason")),
                evidence=(line.id,),
            )


@check("copy_noted", Severity.SHOULD, ("S1-008",), COPIES, ja="古い写しを交付したことが記録に残る")
def copy_noted(case: Case, visit: str, noted: bool) -> Iterator[Finding]:
    """The log tells when a copy says less than the card that was shown."""
    for line in case.lines("copy_decided", visit=visit):
        yield from differing(
            line,
            "noted",
            noted,
            "カードの記載より古い写しを交付したことが、記録から分かりません。",
            "The log does not tell that the copy says less than the card.",
        )


@check(
    "copy_correction_told",
    Severity.MUST,
    ("S1-008", "S3-011"),
    ("record_seen", *SENT),
    ja="カードに合わせた住民票の修正を通知する",
)
def copy_correction_told(
    case: Case, look: int, person: str, item: str, before: str, day: str
) -> Iterator[Finding]:
    """A record that was corrected by the card for a copy is notified, as every correction is.

    Whoever issues the copy by the card and leaves the record as it was has nothing to tell.
    """
    for seen in case.lines("record_seen", look=look):
        if seen.data.get("items", {}).get(item, "") == before:
            continue
        lines = [line for line in first_sent(case, person) if day_of(line) == day]
        kinds = [str(line.data.get("kind")) for line in lines]
        if NOTICE not in kinds:
            yield Finding(
                ja="カードに合わせて住民票を修正したのに、市町村通知が送られていません。",
                en="The record was corrected by the card that was shown, and no notice was sent of it.",
                expected=f"{NOTICE} on {day}",
                received=said(kinds),
                evidence=(seen.id, *(line.id for line in lines)),
            )


# --- the leg inside -----------------------------------------------------------------------------------
@check("link_open", Severity.SHOULD, ("S2-009", "S2-010", "S2-016"), ("change_decided",), ja="連携方法の条件")
def link_open(case: Case, accepted: bool) -> Iterator[Finding]:
    """A line needs a register that was adapted to it, paper few residents; otherwise a switch is refused."""
    lines = case.lines("change_decided", op="switch_link")
    for line in lines[-1:]:
        yield from differing(
            line,
            "accepted",
            accepted,
            "連携方法の切替えの可否が違います。",
            "The switch of the link was accepted or refused when it should not have been.",
        )


@check(
    "labour_counted",
    Severity.SHOULD,
    ("S1-013", "S2-017"),
    ("labour_answered",),
    ja="手作業と転記の誤りの集計",
)
def labour_counted(case: Case, manual: bool, keyed: bool) -> Iterator[Finding]:
    """Manual steps, items keyed in and slips are counted: none over a line; over media and on paper some."""
    for line in case.lines("labour_answered")[-1:]:
        for key, some in (("steps", manual), ("keyed", keyed)):
            received = line.data.get(key)
            if not isinstance(received, int) or (received > 0) is not some:
                yield Finding(
                    ja="連携方法に応じた手作業が数えられていません。",
                    en="The manual work of the link is not counted as it is.",
                    expected=f"{key} above 0" if some else f"{key} 0",
                    received=said(received),
                    evidence=(line.id,),
                )
        yield from differing(
            line,
            "wrong",
            0,
            "転記の誤りが残ったまま送られています。",
            "Slips of the pen have left with the records.",
        )


@check(
    "medium_refused",
    Severity.SHOULD,
    ("S2-014", "S1-015"),
    ("change_decided",),
    ja="取り込めない媒体を拒否する",
)
def medium_refused(case: Case) -> Iterator[Finding]:
    """A medium of somebody else, one used already or a forged one is refused."""
    lines = case.lines("change_decided", op="medium")
    for line in lines[-1:]:
        yield from differing(
            line,
            "accepted",
            False,
            "取り込めないはずの媒体が取り込まれています。",
            "A medium that must not be taken in was taken in.",
        )
