"""What registers wrote beside filings: provisional changes, cancellations, certificates, births, abodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reports import city_labels
from reports.blocks import Block, Column, Row, Section, Table, Text
from reports.labels import Pair
from reports.language import Language
from reports.sections import names
from sim.studies.measures import Distribution, Measures, Register

TITLE = ("住民票の記載の動き", "What registers wrote beside filings")

_COUNTS: Final[tuple[tuple[Pair, Callable[[Register], int]], ...]] = (
    (("出生による記載", "Births"), lambda one: one.births),
    (("仮登録", "Provisional"), lambda one: one.provisional),
    (("うち確定", "Settled"), lambda one: one.settled),
    (("うち取下げ", "Dropped"), lambda one: one.dropped),
    (("異動の取消し", "Cancelled"), lambda one: one.cancelled),
    (("特別永住者証明書の交付", "Certificates handed over"), lambda one: sum(one.certificates.values())),
    (("居住地のみの記録", "Abodes recorded"), lambda one: one.abodes),
    (("同 削除", "Abodes removed"), lambda one: one.abodes_removed),
    (("手作業で取り込む通知", "Notices by hand"), lambda one: one.by_hand),
    (("矛盾のため不受理", "Contradicted"), lambda one: sum(one.refused.values())),
)


def section(m: Measures, say: Language) -> Section | None:
    """A row for each municipality with anything but filings to tell; nothing where there is none."""
    told = [code for code in names.ordered(m, m.registers) if any(_counts(m.registers[code]))]
    if not told:
        return None
    blocks: list[Block] = [_table(m, say, told)]
    blocks += [Text(text) for text in (_grounds(m, say), _backlog(m, say)) if text]
    return Section(
        "registers",
        say.of(TITLE),
        say(
            "届出のほかに住民票に起きたこと。仮登録は確定するまで写しに現れず、国にも通知しない。取消しは履歴に加わる"
            "新しい記載であり、先の記載を消さない。",
            "What happened to resident records beside filings. A provisional change is on no copy and is told"
            " to nobody until it is settled; a cancellation adds to the history and wipes nothing out.",
        ),
        tuple(blocks),
    )


def _counts(register: Register) -> list[int]:
    return [count(register) for _, count in _COUNTS]


def _table(m: Measures, say: Language, codes: list[str]) -> Table:
    """Columns of which every cell would be zero are left out."""
    counts = {code: _counts(m.registers[code]) for code in codes}
    shown = [i for i in range(len(_COUNTS)) if any(row[i] for row in counts.values())]
    rows = [
        Row((names.site(m, say, code), *(say.number(counts[code][i]) for i in shown)), key=code)
        for code in codes
    ]
    if len(codes) > 1:
        totals = [say.number(sum(row[i] for row in counts.values())) for i in shown]
        rows.append(Row((say("計", "Total"), *totals), key="total", total=True))
    return Table(
        "registers",
        say("市区町村ごと", "By municipality"),
        (Column(say("市区町村", "Municipality"), "text"), *(Column(say.of(_COUNTS[i][0])) for i in shown)),
        tuple(rows),
    )


def _grounds(m: Measures, say: Language) -> str:
    """Why certificates were handed over."""
    counts: dict[str, int] = {}
    for register in m.registers.values():
        for ground, times in register.certificates.items():
            counts[ground] = counts.get(ground, 0) + times
    if not counts:
        return ""
    listed = names.listed(say, city_labels.CERTIFICATES, counts)
    return say(f"特別永住者証明書の交付の事由: {listed}。", f"Certificates were handed over for: {listed}.")


def _backlog(m: Measures, say: Language) -> str:
    """How long notices waited for a clerk, where lists of them were looked at."""
    days = Distribution()
    for register in m.registers.values():
        for number, times in register.backlog.ordered():
            days.add(number, times)
    longest = days.largest
    if longest is None:
        return ""
    return say(
        f"未確認の通知の一覧（{say.number(days.total)}回）で最も古いものは{say.number(longest)}日。",
        f"Lists of notices that waited for a clerk: {say.number(days.total)}; the oldest had waited"
        f" {say.many(longest, 'day')}.",
    )
