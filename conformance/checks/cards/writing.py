"""That an application writes nothing to chips while it may not, and asks each time whether it may.

Source: seed 000, lines 167, 185 and 199: no writing for the time being; the right to write is asked for each
time, so a standalone terminal cannot have it; reading needs none of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.checks.cards.found import found
from conformance.checks.declare import check
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "reader_never_writes",
    Severity.MUST,
    ("S0-036", "S0-045", "S0-048"),
    ("application_reset", "chip_talked", "write_seen", "card_read"),
    ja="書込みが停止されている間は書き込まない",
    standing=True,
)
def reader_never_writes(case: Case) -> Iterator[Finding]:
    """While writing is suspended no command that changes a chip is sent, and no chip is changed."""
    if not case.lines("application_reset", write_policy="suspended"):
        return
    for line in case.lines("write_seen"):
        yield found(
            line,
            "書込みのコマンドがカードに送られました。",
            "A command that changes the chip was sent.",
            "no such command",
            line.data.get("head"),
        )
    for line in case.lines("chip_talked"):
        if line.data.get("changed"):
            yield found(line, "カードの内容が変わりました。", "The chip was changed.", "unchanged", "changed")
    for line in case.lines("card_read", written=True):
        yield found(line, "書き込んだとされています。", "It says that it wrote.", "not written", "written")


@check(
    "reader_reading_only",
    Severity.MUST,
    ("S0-048",),
    ("chip_talked", "card_read", "write_seen"),
    ja="読取りでは書き込まない",
    standing=True,
)
def reader_reading_only(case: Case) -> Iterator[Finding]:
    """To read a card, no command that changes it is sent, whatever the policy of writing is."""
    for read in case.lines("card_read"):
        case.lines("chip_talked", visit=read.case)
        for line in case.lines("write_seen", visit=read.case):
            yield found(
                line,
                "読取りの間に書込みのコマンドが送られました。",
                "A command that changes the chip was sent while the card was read.",
                "no such command",
                line.data.get("head"),
            )


@check(
    "reader_write_refused",
    Severity.MUST,
    ("S0-036", "S0-045", "S0-048"),
    ("write_answered", "write_seen"),
    ja="書込みの求めを断る",
)
def reader_write_refused(case: Case, visit: str, reasons: Sequence[str]) -> Iterator[Finding]:
    """What asks for a write that may not be is told so with the reason, and nothing goes to the card."""
    for line in case.lines("write_answered", visit=visit):
        if line.data.get("written") or line.data.get("reason") not in reasons:
            yield found(
                line,
                "断るべき書込みが断られていないか、理由が違います。",
                "A write that may not be was not refused, or for another reason.",
                f"not written: {' or '.join(reasons)}",
                "written" if line.data.get("written") else line.data.get("reason") or "no reason",
            )
    for line in case.lines("write_seen", visit=visit):
        yield found(
            line,
            "断るべき書込みのコマンドがカードに送られました。",
            "A command of a write that may not be was sent to the card.",
            "no such command",
            line.data.get("head"),
        )


@check(
    "reader_write_asked",
    Severity.MUST,
    ("S0-036", "S0-047"),
    ("write_answered", "authority_asked", "write_seen"),
    ja="書込みの権限をその都度確かめる",
)
def reader_write_asked(case: Case, asked: int) -> Iterator[Finding]:
    """The right to write is asked for once for each write, and not by those who reach nobody."""
    answers = case.lines("write_answered")
    told = case.lines("authority_asked")
    if answers and len(told) != asked:
        yield Finding(
            ja="書込みの権限を確かめた回数が違います。",
            en="The right to write was asked for another number of times.",
            expected=str(asked),
            received=str(len(told)),
            evidence=tuple(line.id for line in (*answers, *told)),
        )
