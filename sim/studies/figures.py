"""Key figures of a run: one number each, with its name and unit, from measures alone.

What `renkei sim compare` compares, and what answers a scenario's promise in its report. A figure is None
where nothing of the kind happened or nobody looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.studies.measures import Distribution, Measures


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """`value`: from measures to the number. `digits`: decimals when it is shown.

    `watched`: the agency counts it only where it follows the 90 days (`exchange.watches_periods`).
    """

    key: str
    ja: str
    en: str
    unit_ja: str
    unit_en: str
    value: Callable[[Measures], float | None]
    digits: int = 1
    watched: bool = False


def _filings(m: Measures) -> float:
    return float(sum(cell.in_time + cell.late for cell in m.filings.values()))


def _late_share(m: Measures) -> float | None:
    filed = _filings(m)
    return 100 * sum(cell.late for cell in m.filings.values()) / filed if filed else None


def _deemed_share(m: Measures) -> float | None:
    deemed = sum(sum(cell.deemed.values()) for cell in m.filings.values())
    could = deemed + sum(cell.not_deemed for kind, cell in m.filings.items() if kind in DEEMABLE)
    return 100 * deemed / could if could else None


def _mean_hours(m: Measures) -> float | None:
    total = m.raised_to_agency.total
    return sum(hours * times for hours, times in m.raised_to_agency.ordered()) / total if total else None


def _waited(m: Measures) -> Distribution:
    """Minutes waited at all offices."""
    waited = Distribution()
    if not any(site.queues for site in m.run.sites):
        return waited  # where no office is described, nobody waits because nothing is modelled
    for office in m.offices.values():
        waited.merge(office.waited)
    return waited


def _mean_wait(m: Measures) -> float | None:
    waited = _waited(m)
    return (
        sum(minutes * times for minutes, times in waited.ordered()) / waited.total if waited.total else None
    )


def _stale_share(m: Measures) -> float | None:
    issued = sum(copies.issued for copies in m.copies.values())
    stale = sum(copies.stale + copies.found_later for copies in m.copies.values())
    return 100 * stale / issued if issued else None


def _count(key: str, ja: str, en: str, unit: tuple[str, str], value: Callable[[Measures], int]) -> KeyFigure:
    """A figure that is a plain number of things: zero where nothing of the kind happened."""
    return KeyFigure(key, ja, en, *unit, lambda m: float(value(m)), 0)


def _watched(
    key: str, ja: str, en: str, unit: tuple[str, str], value: Callable[[Measures], int]
) -> KeyFigure:
    """A number of things that the agency counts only where it follows the 90 days; else None."""
    return KeyFigure(key, ja, en, *unit, lambda m: float(value(m)) if m.run.watches else None, 0, True)


def _to_terminal(pattern: str, ja: str, en: str) -> KeyFigure:
    """Hours from the register to the exchange terminal under one pattern of the leg inside."""

    def median(m: Measures) -> float | None:
        hours = Distribution()
        for key, link in m.links.items():
            if key.endswith(f"/{pattern}"):
                hours.merge(link.hours)
        return hours.quantile(0.5)

    return KeyFigure(
        f"hours_{pattern}",
        f"住基システムから情報連携端末まで（{ja}、中央値）",
        f"from the register to the terminal ({en}, median)",
        "時間",
        "hours",
        median,
    )


DEEMABLE: Final = ("moving_in", "moving_within", "entry_from_abroad", "became_resident_status")
_CASES: Final = ("件", "cases")
_RECORDS: Final = ("件", "records")
_BATCHES: Final = ("件", "batches")

FIGURES: Final = (
    KeyFigure(
        "event_to_agency",
        "異動から入管庁の受理まで（中央値）",
        "from an event to the agency (median)",
        "時間",
        "hours",
        lambda m: m.event_to_agency.quantile(0.5),
    ),
    KeyFigure(
        "raised_to_agency",
        "住民票の記載から入管庁の受理まで（中央値）",
        "from the register's change to the agency (median)",
        "時間",
        "hours",
        lambda m: m.raised_to_agency.quantile(0.5),
    ),
    KeyFigure(
        "raised_to_agency_90",
        "住民票の記載から入管庁の受理まで（90パーセンタイル）",
        "from the register's change to the agency (90th percentile)",
        "時間",
        "hours",
        lambda m: m.raised_to_agency.quantile(0.9),
    ),
    KeyFigure(
        "raised_to_agency_mean",
        "住民票の記載から入管庁の受理まで（平均）",
        "from the register's change to the agency (mean)",
        "時間",
        "hours",
        _mean_hours,
        2,
    ),
    KeyFigure(
        "agency_to_register",
        "入管庁の決定から住民票の修正まで（中央値）",
        "from the agency's decision to the register (median)",
        "時間",
        "hours",
        lambda m: m.agency_to_register.quantile(0.5),
    ),
    KeyFigure("filings", "届出（受理）", "filings accepted", "件", "filings", _filings, 0),
    KeyFigure("late_share", "届出期間を過ぎた届出の割合", "share of late filings", "%", "%", _late_share, 2),
    KeyFigure("deemed_share", "みなし届出の割合", "share of deemed filings", "%", "%", _deemed_share, 2),
    _count(
        "over_90",
        "90日を過ぎた届出",
        "filings after more than 90 days",
        ("件", "filings"),
        lambda m: sum(cell.over_90 for cell in m.lateness.values()),
    ),
    _watched(
        "candidates",
        "在留資格取消しの候補とされた件数",
        "candidates for revocation found",
        _CASES,
        lambda m: sum(m.candidates.found.values()),
    ),
    _watched(
        "false_candidates",
        "期間内に届け出たのに連携の遅れで候補とされた件数",
        "candidates who had filed in time (made by delay)",
        _CASES,
        lambda m: m.candidates.false,
    ),
    _count(
        "duties_open",
        "終わりの時点で残る住居地届出の義務",
        "residence notifications still owed at the end",
        ("件", "duties"),
        lambda m: m.duties_open,
    ),
    KeyFigure(
        "stale_copies",
        "古い内容で交付された住民票の写しの割合",
        "share of record copies that were stale",
        "%",
        "%",
        _stale_share,
        2,
    ),
    KeyFigure(
        "waiting", "窓口での待ち時間（平均）", "waiting at the counter (mean)", "分", "minutes", _mean_wait
    ),
    KeyFigure(
        "waiting_90",
        "窓口での待ち時間（90パーセンタイル）",
        "waiting at the counter (90th percentile)",
        "分",
        "minutes",
        lambda m: _waited(m).quantile(0.9),
    ),
    _count(
        "turned_away",
        "受け付けられず案内された来庁",
        "visits that were turned away",
        ("件", "visits"),
        lambda m: sum(sum(office.turned_away.values()) for office in m.offices.values()),
    ),
    _count(
        "left_open",
        "裏書きできずに残った事案",
        "cases left open without an endorsement",
        _CASES,
        lambda m: sum(office.left_open for office in m.offices.values()),
    ),
    _count(
        "manual_steps",
        "庁内連携の手作業",
        "manual steps between registry and terminal",
        ("回", "steps"),
        lambda m: sum(link.steps for link in m.links.values()),
    ),
    _count(
        "keying_errors",
        "見つからずに送られた再入力の誤り",
        "keying errors that were passed on",
        ("件", "errors"),
        lambda m: sum(link.passed_on for link in m.links.values()),
    ),
    _count(
        "chips_written",
        "住居地を書き込んだICチップ",
        "chips to which a residence was written",
        ("枚", "chips"),
        lambda m: sum(one.written for one in m.card_terminals.values()),
    ),
    _count(
        "writes_refused",
        "拒否されたICチップへの書込み",
        "refused writes to chips",
        ("件", "writes"),
        lambda m: sum(sum(one.write_refused.values()) for one in m.card_terminals.values()),
    ),
    _count(
        "pending",
        "終わりの時点で処理待ちのレコード",
        "records pending at the end",
        _RECORDS,
        lambda m: sum(balance.pending for balance in m.balances.values()),
    ),
    _count(
        "rejected",
        "拒否されたレコード",
        "records refused",
        _RECORDS,
        lambda m: sum(balance.rejected for balance in m.balances.values()),
    ),
    _count(
        "lost",
        "失われたレコード",
        "records lost",
        _RECORDS,
        lambda m: sum(balance.lost for balance in m.balances.values()),
    ),
    _count(
        "batches_delayed",
        "遅れたバッチ",
        "batches delayed",
        _BATCHES,
        lambda m: sum(day.delayed for day in m.exchange.values()),
    ),
    _count(
        "batches_refused", "拒否されたバッチ", "batches refused", _BATCHES, lambda m: len(m.rejected_batches)
    ),
    _count(
        "emergencies",
        "緊急の引渡し",
        "emergency deliveries",
        ("件", "deliveries"),
        lambda m: sum(usage.emergencies for usage in m.centre.usage.values()),
    ),
    _count(
        "sessions",
        "情報連携の都度の接続",
        "connections made for an exchange",
        ("回", "connections"),
        lambda m: sum(usage.sessions for usage in m.centre.usage.values()),
    ),
    _to_terminal("line", "回線", "line"),
    _to_terminal("media", "媒体", "media"),
    _to_terminal("paper", "紙", "paper"),
    _count(
        "media_lost",
        "紛失した媒体",
        "media lost",
        ("枚", "media"),
        lambda m: sum(link.lost for link in m.links.values()),
    ),
    _count(
        "media_refused",
        "読取りで拒否された媒体",
        "media refused by a reader",
        ("枚", "media"),
        lambda m: sum(sum(link.refused.values()) for link in m.links.values()),
    ),
    _count(
        "rekeyed",
        "再入力したレコード",
        "records keyed in again",
        _RECORDS,
        lambda m: sum(link.rekeyed for link in m.links.values()),
    ),
    _count(
        "errors_caught",
        "送る前に見つかった再入力の誤り",
        "keying errors that were caught",
        ("件", "errors"),
        lambda m: sum(link.caught for link in m.links.values()),
    ),
    _count(
        "terminals_replaced",
        "交換した情報連携端末",
        "exchange terminals replaced",
        ("台", "terminals"),
        lambda m: sum(one.replaced for one in m.terminals.values()),
    ),
    _count(
        "made_up",
        "後から行った裏書き",
        "endorsements made up for later",
        ("件", "endorsements"),
        lambda m: sum(office.made_up for office in m.offices.values()),
    ),
    _count(
        "cards_absent",
        "カードの提示がなかった届出（対象となり得るもの）",
        "filings without the card, of kinds that can be deemed",
        ("件", "filings"),
        lambda m: sum(cell.card.get("absent", 0) for kind, cell in m.filings.items() if kind in DEEMABLE),
    ),
    _count(
        "register_contradicts",
        "住民票と矛盾して受け付けられなかった異動",
        "changes that the register contradicts",
        ("件", "changes"),
        lambda m: sum(m.revisions_refused.values()),
    ),
    _count(
        "notices_taken_in",
        "住民票に反映された国からの通知",
        "notices of the agency taken in",
        ("件", "notices"),
        lambda m: m.balances["agency_notice"].accepted if "agency_notice" in m.balances else 0,
    ),
    _count(
        "stale_copies_number",
        "古い内容で交付された住民票の写し",
        "record copies that were stale",
        ("通", "copies"),
        lambda m: sum(copies.stale + copies.found_later for copies in m.copies.values()),
    ),
    _count(
        "births",
        "出生による住民票",
        "records made for a birth",
        _RECORDS,
        lambda m: sum(register.births for register in m.registers.values()),
    ),
    _count(
        "certificates",
        "交付した特別永住者証明書",
        "certificates handed over",
        ("枚", "certificates"),
        lambda m: sum(sum(register.certificates.values()) for register in m.registers.values()),
    ),
    _count(
        "abodes",
        "住民票のない特別永住者の居住地の記録",
        "abodes of people without a record",
        _RECORDS,
        lambda m: sum(register.abodes for register in m.registers.values()),
    ),
    _count(
        "chips_read",
        "実際のチップ処理で読み取ったカード",
        "cards read as real (virtual) chips",
        ("枚", "cards"),
        lambda m: sum(one.real for one in m.card_terminals.values()),
    ),
    _count(
        "writes_refused_before",
        "開始の前に拒否されたICチップへの書込み",
        "refused writes to chips before the start was allowed",
        ("件", "writes"),
        lambda m: sum(one.refused_before for one in m.card_terminals.values()),
    ),
    KeyFigure(
        "pattern_age",
        "パターンファイルの古さの最長",
        "greatest age of a pattern file",
        "日",
        "days",
        lambda m: max(
            (age for one in m.card_terminals.values() if (age := one.ages.largest) is not None), default=None
        ),
        0,
    ),
    KeyFigure(
        "bytes",
        "回線を流れたデータ量",
        "data carried by the network",
        "MB",
        "MB",
        lambda m: sum(hour.bytes for hour in m.network.values()) / 1e6,
        3,
    ),
)


def figure_of(key: str) -> KeyFigure:
    """The figure of that key.

    Raises:
        UsageError: there is none.
    """
    for figure in FIGURES:
        if figure.key == key:
            return figure
    known = [figure.key for figure in FIGURES]
    hint = nearest(key, known)
    raise UsageError(
        f"there is no key figure {key!r}",
        where="--figure",
        expected=", ".join(known),
        remedy=f"did you mean {hint!r}?" if hint else "choose one of them",
    )
