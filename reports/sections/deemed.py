"""Residence notifications: deemed made by a register filing, or made on their own, article by article."""

from __future__ import annotations

from reports import city_labels, labels
from reports.blocks import Column, Row, Section, Table
from reports.language import Language
from sim.studies.measures import Measures

TITLE = ("みなし届出と別の届出", "Deemed and separate notifications")


def section(m: Measures, say: Language) -> Section | None:
    """What became of the separate duties, beside the deemed filings of the same article."""
    if not m.duties:
        return None
    deemed: dict[str, int] = {}
    direct: dict[str, int] = {}
    for kind, cell in m.filings.items():
        for clause, times in cell.deemed.items():
            deemed[clause] = deemed.get(clause, 0) + times
        if kind == "residence_notification":
            for clause, times in cell.transmitted.items():
                direct[clause] = direct.get(clause, 0) + times
    ways = labels.in_order(city_labels.CLOSED_BY, {way for duty in m.duties.values() for way in duty.closed})
    rows = []
    for clause in labels.in_order(labels.CLAUSES, set(deemed) | set(direct) | set(m.duties)):
        duty = m.duties.get(clause)
        numbers = [deemed.get(clause, 0), direct.get(clause, 0)]
        numbers += [0, *(0 for _ in ways), 0, 0]
        if duty is not None:
            numbers[2:] = [duty.opened, *(duty.closed.get(way, 0) for way in ways), duty.open, duty.overdue]
        rows.append(
            Row(
                (say.of(labels.named(labels.CLAUSES, clause)), *(say.number(n) for n in numbers)),
                key=clause,
                warn=bool(numbers[-1]),
            )
        )
    opened = sum(duty.opened for duty in m.duties.values())
    closed = sum(sum(duty.closed.values()) for duty in m.duties.values())
    overdue = sum(duty.overdue for duty in m.duties.values())
    table = Table(
        "duties",
        say("根拠条項ごと", "By clause"),
        (
            Column(say("根拠条項", "Clause"), "text"),
            Column(say("みなし届出", "Deemed")),
            Column(say("単独の届出", "On its own")),
            Column(say("別の届出が必要", "Separate one due")),
            *(
                Column(say("うち", "Of these: ") + say.of(labels.named(city_labels.CLOSED_BY, way)))
                for way in ways
            ),
            Column(say("残り", "Still due")),
            Column(say("うち期限切れ", "Overdue")),
        ),
        tuple(rows),
        note=say(
            "残りと期限切れは、期間の終わりに数える。",
            "Still due and overdue: counted when the period ended.",
        ),
    )
    return Section(
        "deemed",
        say.of(TITLE),
        say(
            f"カードの提出がなくみなし届出とならなかったため、別に住居地届出が必要となった者は"
            f"{say.number(opened)}件。うち{say.number(closed)}件は期間中に解消し、"
            f"{say.number(overdue)}件は期限を過ぎて残った。",
            f"Without the card a register filing is not deemed a residence notification, and a separate"
            f" one is due:"
            f" {say.many(opened, 'case')}, of which {say.number(closed)} were settled in the period and"
            f" {say.number(overdue)} stayed open past their last day.",
        ),
        (table,),
    )
