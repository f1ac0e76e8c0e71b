"""What the register says: records, their items, their histories.

Source: 住民記録システム標準仕様書 1.0版 1.1.6, 1.1.9, 4.0.8, 4.6.0.1; 住民基本台帳法30条の45.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

LOOKED: Final = ("record_seen",)
WESTERN: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
WESTERN_ITEMS: Final = ("birth_date", "period_until")
"""Items that a foreign resident's record bears by the western calendar."""

BY_CLASS: Final = {
    "mid_long_term_resident": ("card_number", "status", "period_until"),
    "special_permanent_resident": ("card_number",),
    "temporary_refuge": ("period_until",),
    "provisional_stay": ("period_until",),
    "transitional_stay": (),
}
"""Items that a record of each class must not leave empty, beside those of everybody."""
EVERYBODY: Final = ("address", "birth_date", "name", "nationality", "sex")
WITHOUT_END: Final = frozenset({"永住者", "高度専門職2号", "高度専門職（2号）"})
"""Statuses without a last day."""


def _record(case: Case, look: int) -> Line | None:
    return next(iter(case.lines("record_seen", look=look)), None)


def item_of(case: Case, look: int, item: str, value: str, ja: str, en: str) -> Iterator[Finding]:
    line = _record(case, look)
    if line is None:
        return
    received = line.data.get("items", {}).get(item, "")
    if received != value:
        yield Finding(
            ja=ja, en=en, expected=value or "empty", received=received or "empty", evidence=(line.id,)
        )


# --- records --------------------------------------------------------------------------------------------
@check("record_state", Severity.MUST, ("S3-004",), LOOKED, ja="住民票の有無")
def record_state(case: Case, look: int, state: str) -> Iterator[Finding]:
    """The person has a resident record, a removed one, or none."""
    line = _record(case, look)
    if line is not None:
        yield from differing(
            line, "state", state, "住民票の状態が違います。", "The record is in another state."
        )


@check("abode_only", Severity.MUST, ("S3-005",), LOOKED, ja="居住地のみの特別永住者")
def abode_only(case: Case, look: int) -> Iterator[Finding]:
    """A special permanent resident who has only an abode here is known here all the same."""
    line = _record(case, look)
    if line is not None:
        yield from differing(
            line,
            "state",
            "abode_only",
            "居住地のみの特別永住者が対象に含まれていません。",
            "A special permanent resident with an abode only is not among those known here.",
        )


@check("record_item", Severity.MUST, ("S3-015",), LOOKED, ja="住民票の記載")
def record_item(case: Case, look: int, item: str, value: str) -> Iterator[Finding]:
    """The record bears this."""
    yield from item_of(
        case, look, item, value, f"住民票の「{item}」が違います。", f"The record's `{item}` is another."
    )


@check("follows_in_time", Severity.SHOULD, ("S1-006", "S1-010"), LOOKED, ja="翌日までの住民票への反映")
def follows_in_time(case: Case, look: int, item: str, value: str) -> Iterator[Finding]:
    """By the close of the next business day the record says what was decided; next-day bulk will do."""
    yield from item_of(
        case,
        look,
        item,
        value,
        "入管庁の決定が、翌開庁日の終わりまでに住民票に反映されていません。",
        "By the close of the next business day the record does not follow the agency's decision.",
    )


@check("either_mode", Severity.SHOULD, ("S1-021",), LOOKED, ja="随時でも日次でも同じ結果")
def either_mode(case: Case, look: int, item: str, value: str) -> Iterator[Finding]:
    """Whether the agency sends at once or daily, the record is the same at the end of the day."""
    yield from item_of(
        case,
        look,
        item,
        value,
        "入管庁が随時に送る場合と日次で送る場合とで、住民票が違います。",
        "The record differs by whether the agency sends at once or daily.",
    )


@check("kanji_kept", Severity.MUST, ("S0-065",), LOOKED, ja="正字の氏名を失わずに記載する")
def kanji_kept(case: Case, look: int, name: str) -> Iterator[Finding]:
    """A name in standard kanji is kept code point for code point."""
    yield from item_of(
        case, look, "name_kanji", name, "正字の氏名が失われています。", "A name in standard kanji was lost."
    )


@check("not_null", Severity.MUST, ("X-09",), LOOKED, ja="区分ごとの必須の項目", standing=True)
def not_null(case: Case) -> Iterator[Finding]:
    """A record bears every item that its class must have; a removed one may lack the card's number."""
    for line in case.lines("record_seen"):
        items = line.data.get("items", {})
        if line.data.get("state") not in ("present", "removed") or not items:
            continue
        wanted = (*EVERYBODY, *BY_CLASS.get(str(items.get("person_class")), ("person_class",)))
        removed, endless = line.data["state"] == "removed", items.get("status") in WITHOUT_END
        lacking = [
            item
            for item in wanted
            if not items.get(item)
            and not (removed and item == "card_number")
            and not (endless and item == "period_until")
        ]
        if lacking:
            yield Finding(
                ja="空欄にできない項目が空欄です。",
                en="An item that must not be empty is empty.",
                expected=said(wanted),
                received=f"without {said(lacking)}",
                evidence=(line.id,),
            )


@check("refused_empty", Severity.MUST, ("X-09",), ("change_decided",), ja="必須の項目を空欄にできない")
def refused_empty(case: Case, visit: str) -> Iterator[Finding]:
    """A change that would leave a mandatory item empty is refused."""
    for line in case.lines("change_decided", visit=visit):
        yield from differing(
            line,
            "accepted",
            False,
            "空欄にできない項目を空欄にする異動が受け付けられています。",
            "A change that leaves a mandatory item empty was accepted.",
        )


@check("refused_future", Severity.MUST, ("X-11",), ("change_decided",), ja="届出日は処理当日以前")
def refused_future(case: Case, visit: str) -> Iterator[Finding]:
    """A change is refused whose day of filing has not come."""
    for line in case.lines("change_decided", visit=visit):
        yield from differing(
            line,
            "accepted",
            False,
            "届出日が将来の日付である異動が受け付けられています。",
            "A change whose day of filing lies in the future was accepted.",
        )


@check(
    "western_dates", Severity.MUST, ("X-10",), LOOKED, ja="生年月日と在留期間の満了の日は西暦", standing=True
)
def western_dates(case: Case) -> Iterator[Finding]:
    """The day of birth and the end of the period of stay are written by the western calendar."""
    for line in case.lines("record_seen"):
        for item in WESTERN_ITEMS:
            value = line.data.get("items", {}).get(item, "")
            if value and WESTERN.fullmatch(value) is None:
                yield Finding(
                    ja=f"「{item}」が西暦ではありません。",
                    en=f"`{item}` is not written by the western calendar.",
                    expected="a day such as 1990-01-02",
                    received=value,
                    evidence=(line.id,),
                )


@check("removed_kept", Severity.MUST, ("X-14",), LOOKED, ja="除票の保存")
def removed_kept(case: Case, look: int, name: str) -> Iterator[Finding]:
    """A record that was removed is kept as a removed one (除票), with its items."""
    line = _record(case, look)
    if line is None:
        return
    received = line.data.get("items", {}).get("name")
    if line.data.get("state") != "removed" or received != name:
        yield Finding(
            ja="消除された住民票が、除票として残っていません。",
            en="A removed record is not kept.",
            expected=f"removed, {name}",
            received=f"{said(line.data.get('state'))}, {said(received)}",
            evidence=(line.id,),
        )


@check("history_grows", Severity.MUST, ("X-14",), LOOKED, ja="履歴は積み上がるだけである", standing=True)
def history_grows(case: Case) -> Iterator[Finding]:
    """What a history once says it always says: later looks add to it."""
    last: dict[str, Line] = {}
    for line in case.lines("record_seen"):
        before = last.get(line.subject)
        told = list(line.data.get("history", ()))
        known = [] if before is None else list(before.data.get("history", ()))
        if before is not None and told[: len(known)] != known:
            yield Finding(
                ja="履歴の一部が失われたか、書き換えられています。",
                en="A part of the history was lost or rewritten.",
                expected=said(known) + ", and perhaps more",
                received=said(told),
                evidence=(before.id, line.id),
            )
        last[line.subject] = line


@check("cancelled_back", Severity.MUST, ("X-14",), LOOKED, ja="異動の取消しは履歴を上積みして元に戻す")
def cancelled_back(case: Case, look: int, history: list[str], state: str) -> Iterator[Finding]:
    """A cancellation is added to the history, and the record is as it was before the change."""
    line = _record(case, look)
    if line is None:
        return
    yield from differing(
        line, "history", history, "取消しの履歴が違います。", "The history of the cancellation is another."
    )
    yield from differing(
        line,
        "state",
        state,
        "取消しの後の住民票が、元の状態ではありません。",
        "After the cancellation the record is not as it was.",
    )


@check("change_taken", Severity.MUST, ("S3-004",), ("change_decided",), ja="異動の入力が受け付けられる")
def change_taken(case: Case, visit: str) -> Iterator[Finding]:
    """The register takes the change."""
    for line in case.lines("change_decided", visit=visit):
        if line.data.get("accepted") is not True:
            yield Finding(
                ja="異動の入力が受け付けられていません。",
                en="The register did not take the change.",
                expected="accepted",
                received=said(line.data.get("reason")),
                evidence=(line.id,),
            )


@check(
    "cancel_refused",
    Severity.MUST,
    ("X-14",),
    ("change_decided",),
    ja="後の異動がある異動や、取消済みの異動は取り消せない",
)
def cancel_refused(case: Case, visit: str) -> Iterator[Finding]:
    """A change on which a later one rests, or that was taken back already, cannot be taken back."""
    for line in case.lines("change_decided", visit=visit, op="cancel"):
        yield from differing(
            line,
            "accepted",
            False,
            "取り消せないはずの異動が取り消されています。",
            "A change that cannot be taken back was taken back.",
        )
