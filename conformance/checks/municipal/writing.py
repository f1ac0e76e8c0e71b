"""Writing to chips, and the terminals at the counters.

Source: seed 000, lines 122 to 134 (terminals), 164 to 203 (the three requirements, the suspension, reading
on a terminal without a network).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.checks.municipal.filings import decided
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "chip_authorised",
    Severity.MUST,
    ("S0-034", "S0-035", "S0-036", "S0-038", "S0-040", "S0-043", "S0-045", "S0-047"),
    ("card_endorsed", "write_authorised"),
    ja="権限認証のないICへの書込みをしない",
    standing=True,
)
def chip_authorised(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """No chip is written that the agency did not let be written, for this card and in this visit."""
    for line in case.lines("card_endorsed", visit=visit):
        given = [
            one for one in case.lines("write_authorised", visit=line.case) if one.subject == line.subject
        ]
        if line.data.get("written_to_chip") is True and not given:
            yield Finding(
                ja="国の権限認証を受けずにICチップに書き込んでいます。",
                en="A chip was written without the authorisation of the agency.",
                expected="an authorisation for this write, or no write",
                received="written without one",
                evidence=(line.id,),
            )


@check(
    "chip_written",
    Severity.MUST,
    ("S0-015", "S0-030", "S0-043", "S0-045"),
    ("filing_decided", "card_endorsed"),
    ja="書込みの開始後は、どの窓口でも書き込む",
)
def chip_written(case: Case, visit: str, written: bool) -> Iterator[Finding]:
    """The endorsement goes into the chip too once writing has started, and on the back only before."""
    taken, lines = decided(case, visit), case.lines("card_endorsed", visit=visit)
    if not lines:
        yield Finding(
            ja="裏書きが行われていません。",
            en="The card was not endorsed.",
            expected="an endorsement on the back",
            received="none",
            evidence=tuple(line.id for line in taken),
        )
    for line in lines:
        yield from differing(
            line,
            "written_to_chip",
            written,
            "ICチップへの書込みの有無が違います。",
            "The chip was written when it must not be, or not written when it must be.",
        )


@check(
    "write_asked",
    Severity.MUST,
    ("S0-036", "S0-045", "S0-047"),
    ("filing_decided", "write_asked"),
    ja="書込みの権限認証を求める時",
)
def write_asked(case: Case, visit: str, times: int) -> Iterator[Finding]:
    """An authorisation is asked for so often: never before the start, never by a terminal on no network."""
    taken, lines = decided(case, visit), case.lines("write_asked", visit=visit)
    if len(lines) != times:
        yield Finding(
            ja="書込みの権限認証を求めた回数が違います。",
            en="The authorisation to write was asked for another number of times.",
            expected=str(times),
            received=str(len(lines)),
            evidence=tuple(line.id for line in (*taken, *lines)),
        )


@check(
    "read_at_a_terminal",
    Severity.MUST,
    ("S0-018", "S0-025"),
    ("step_done",),
    ja="カードの読取りは届出を受けた窓口のICカード取扱端末で行う",
    standing=True,
)
def read_at_a_terminal(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """A chip is read at a card terminal that is named, and no terminal stands in two offices."""
    at: dict[str, str] = {}
    for line in case.lines("step_done", visit=visit, step="authenticity"):
        terminal, office = str(line.data.get("terminal", "")), str(line.data.get("office"))
        if line.data.get("result") not in ("match", "mismatch", "unreadable"):
            continue
        if not terminal:
            yield Finding(
                ja="どのICカード取扱端末で読み取ったかが、`file` の答えの `steps` の `terminal` に"
                "書かれていません。",
                en="Which card terminal read the card was not given: `terminal` in `steps` of the answer to"
                " `file`.",
                expected="`terminal` in the step `authenticity` of a card that was read",
                received="not given",
                evidence=(line.id,),
            )
        elif at.setdefault(terminal, office) != office:
            yield Finding(
                ja="カードを読み取ったICカード取扱端末が、別の窓口のものです。",
                en="The card terminal that read the card stands in another office.",
                expected=f"a terminal of {office}",
                received=f"{terminal} of {at[terminal]}",
                evidence=(line.id,),
            )


@check(
    "terminals_apart",
    Severity.MUST,
    ("S0-025", "S0-026", "S0-027"),
    ("terminal_listed", "step_done"),
    ja="ICカード取扱端末と情報連携端末の別",
)
def terminals_apart(case: Case) -> Iterator[Finding]:
    """Card terminals and exchange terminals are two things, and cards are read at the former only."""
    listed = case.lines("terminal_listed")
    uses = {use: [line.subject for line in listed if line.data.get("use") == use] for use in USES}
    both = sorted(set(uses["cards"]) & set(uses["exchange"]))
    if both or len(uses["exchange"]) != 1 or not uses["cards"]:
        yield Finding(
            ja="ICカード取扱端末と情報連携端末が区別されていません。",
            en="Card terminals and exchange terminals are not kept apart.",
            expected="one exchange terminal, and card terminals that are others",
            received=f"cards: {said(uses['cards'])}; exchange: {said(uses['exchange'])}",
            evidence=tuple(line.id for line in listed),
        )
    for line in case.lines("step_done", step="authenticity"):
        if line.data.get("terminal") not in uses["cards"]:
            yield Finding(
                ja="ICカード取扱端末でない端末でカードを読み取っています。",
                en="A card was read at something that is no card terminal.",
                expected=said(uses["cards"]),
                received=said(line.data.get("terminal")),
                evidence=(line.id,),
            )


USES = ("cards", "exchange")


@check(
    "terminal_update",
    Severity.MUST,
    ("S0-052",),
    ("terminal_listed",),
    ja="LGWANに接続したICカード取扱端末の自動更新",
)
def terminal_update(case: Case, office: str, version: str) -> Iterator[Finding]:
    """A card terminal on LGWAN takes an update by itself; one on no network has it brought."""
    for line in case.lines("terminal_listed", use="cards", office=office):
        yield from differing(
            line,
            "update",
            version,
            "ICカード取扱端末の更新の状態が違います。",
            "The card terminal has another update than it must have.",
        )
