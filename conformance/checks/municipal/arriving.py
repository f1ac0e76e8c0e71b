"""What arrives at the agency of what was sent: which records, on which day, in which order, each once."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, said
from conformance.checks.municipal.sending import day_of
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "ministry_accepted",
    Severity.MUST,
    ("S3-011", "S3-012"),
    ("record_accepted", "record_rejected"),
    ja="入管庁が受理した日と記録",
)
def ministry_accepted(case: Case, person: str, kinds: list[str], day: str) -> Iterator[Finding]:
    """The agency accepts just these records of the person, on this day."""
    lines = [line for line in case.lines("record_accepted", "record_rejected") if line.subject == person]
    lines = [line for line in lines if day_of(line) == day]
    received = sorted(
        f"{line.data.get('kind')}" + ("" if line.kind == "record_accepted" else f" {line.data.get('code')}")
        for line in lines
    )
    if received != sorted(kinds):
        yield Finding(
            ja="入管庁が受理した記録又はその日が違います。",
            en="The agency accepted other records, or on another day.",
            expected=f"{said(sorted(kinds))} on {day}",
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


def _arrived(case: Case, person: str, kinds: list[str], ja: str, en: str) -> Iterator[Finding]:
    lines = [line for line in case.lines("record_accepted") if line.subject == person]
    received = [str(line.data.get("kind")) for line in lines]
    if received != kinds:
        yield Finding(
            ja=ja,
            en=en,
            expected=said(kinds),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check("arrived", Severity.MUST, ("X-02", "S3-003"), ("record_accepted",), ja="届いた記録とその順序")
def arrived(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """Over the whole case the agency accepts just these records of the person, in this order, each once."""
    yield from _arrived(
        case,
        person,
        kinds,
        "入管庁に届いた記録に、欠けたもの、余計なもの又は順序の違うものがあります。",
        "Records that the agency accepted are missing, too many, or in another order.",
    )


@check("same_day_moves", Severity.SHOULD, ("S1-007",), ("record_accepted",), ja="同じ日の転入と転出の順序")
def same_day_moves(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """Who moves in and out on one day is notified twice, in that order."""
    yield from _arrived(
        case,
        person,
        kinds,
        "同じ日の転入と転出が、その順に通知されていません。",
        "Moving in and moving out on one day were not notified in that order.",
    )


@check("link_switch", Severity.SHOULD, ("S2-009",), ("record_accepted",), ja="連携方法の切替えで失わない")
def link_switch(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """When the link is switched, nothing is lost, doubled or turned round."""
    yield from _arrived(
        case,
        person,
        kinds,
        "連携方法の切替えの前後で、記録が失われたか、二重になったか、順序が変わっています。",
        "Around the switch of the link something was lost, doubled or turned round.",
    )


@check("lost_medium", Severity.SHOULD, ("S1-015",), ("record_accepted",), ja="媒体の紛失で失わない")
def lost_medium(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """When a medium is lost, its batch is issued again without doubling anything."""
    yield from _arrived(
        case,
        person,
        kinds,
        "媒体の紛失の後、記録が失われたか、二重になっています。",
        "After a medium was lost, something is missing or doubled.",
    )


@check(
    "cut_over",
    Severity.MUST,
    ("S3-008",),
    ("record_accepted", "record_rejected"),
    ja="相手先の変更をまたぐ記録",
)
def cut_over(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """What was under way when the counterpart changed on 2019-04-01 is neither lost nor rejected."""
    lines = [line for line in case.lines("record_accepted", "record_rejected") if line.subject == person]
    received = [f"{line.data.get('kind')} {line.kind.removeprefix('record_')}" for line in lines]
    expected = [f"{kind} accepted" for kind in kinds]
    if received != expected:
        yield Finding(
            ja="2019年4月1日をまたいだ記録が、失われたか、拒否されています。",
            en="A record that was under way on 2019-04-01 was lost or rejected.",
            expected=said(expected),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )
