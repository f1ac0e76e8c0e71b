"""How an application judges cards: by face, chip and certificate, and honestly where nothing can be known.

Source: seed 000, lines 152 and 217 (face and chip are compared, and the result is match, mismatch or
unreadable), line 181 (an altered address is found). What gives which forgery away to whoever holds the card
is the catalogue of docs/card-tables.md: these chips cannot prove that they are no copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.cards.found import found
from conformance.checks.cards.specified import ASSUMED
from conformance.checks.declare import check, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

COMPARED: Final = ("S0-031", "S0-054")


def _outcome(case: Case, visit: str, outcomes: Sequence[str], kind: str = "card_read") -> Iterator[Finding]:
    for line in case.lines(kind, visit=visit):
        if line.data.get("outcome") not in outcomes:
            yield found(
                line,
                "偽変造確認の結果が違います。",
                "The card was judged otherwise.",
                " or ".join(outcomes),
                f"{line.data.get('outcome')}; {line.data.get('reason') or 'no reason told'}",
            )


@check("reader_genuine", Severity.MUST, COMPARED, ("card_read",), ja="真正なカードは一致とする")
def reader_genuine(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A genuine card is accepted, with every oddity that genuine cards have."""
    yield from _outcome(case, visit, outcomes)


@check("reader_face", Severity.MUST, COMPARED, ("card_read",), ja="券面の記載とチップとの相違を見つける")
def reader_face(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A face whose words or pictures are not the chip's is a suspected forgery."""
    yield from _outcome(case, visit, outcomes)


@check(
    "reader_photo", Severity.MUST, COMPARED, ("card_read",), ja="券面の写真とチップの写真との相違を見つける"
)
def reader_photo(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A face whose photo is not the chip's is a suspected forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_signature", Severity.MUST, COMPARED, ("card_read",), ja="署名を検証する")
def reader_signature(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A chip whose signed content was changed, or whose signature is missing, is a suspected forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_chain", Severity.MUST, COMPARED, ("card_read",), ja="公開鍵証明書と認証局を検証する")
def reader_chain(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A certificate that no trusted authority of the card's generation issued in its time is not trusted."""
    yield from _outcome(case, visit, outcomes)


@check("reader_number", Severity.MUST, COMPARED, ("card_read",), ja="券面の番号とチップの番号を確かめる")
def reader_number(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A chip that does not open to the printed number, or holds another one, is a suspected forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_structure", Severity.MUST, COMPARED, ("card_read",), ja="種別とファイルの構成を確かめる")
def reader_structure(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A chip whose type does not fit its files, or whose files are blank, is a suspected forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_address", Severity.MUST, ("S0-044", "S0-031"), ("card_read",), ja="住居地の書換えを見つける")
def reader_address(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A chip whose address is not that of the card's back is not accepted unseen."""
    yield from _outcome(case, visit, outcomes)


@check("reader_revoked", Severity.MUST, ("S0-031",), ("card_read",), ja="失効した番号を見つける")
def reader_revoked(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A number that is no longer valid is told, without calling the card a forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_expired", Severity.MUST, COMPARED, ("card_read",), ja="期限の過ぎたカードは偽変造としない")
def reader_expired(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """An old genuine card under an old authority has expired, and is no forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_limits", Severity.MUST, ("S0-054",), ("card_read",), ja="見分けられないものを見分けたとしない")
def reader_limits(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """What no evidence gives away is not called a forgery: who does so calls genuine cards forged, too."""
    yield from _outcome(case, visit, outcomes)


@check("reader_certificate", Severity.MUST, COMPARED, ("card_read",), ja="公開鍵証明書の判定")
def reader_certificate(case: Case, visit: str, certificate: str) -> Iterator[Finding]:
    """What is said of the certificate is what it is: valid, expired, untrusted or absent."""
    for line in case.lines("card_read", visit=visit):
        if line.data.get("certificate") != certificate:
            yield found(
                line,
                "公開鍵証明書の判定が違います。",
                "The certificate was judged otherwise.",
                certificate,
                line.data.get("certificate"),
            )


@check("reader_differs", Severity.SHOULD, ("S0-031",), ("card_read",), ja="相違する項目を示す")
def reader_differs(case: Case, visit: str, items: Sequence[str]) -> Iterator[Finding]:
    """Where face and chip differ, the application says in what."""
    for line in case.lines("card_read", visit=visit):
        if not set(line.data.get("differs") or ()) & set(items):
            yield found(
                line,
                "券面とチップとで相違する項目が示されていません。",
                "It is not said in what face and chip differ.",
                " or ".join(items),
                line.data.get("differs") or "nothing",
            )


@check(
    "reader_consistent",
    Severity.MUST,
    COMPARED,
    ("card_read",),
    ja="結果と理由が食い違わない",
    standing=True,
)
def reader_consistent(case: Case) -> Iterator[Finding]:
    """No card is a match of which the same answer says that it differs or that its signature is wrong."""
    for line in case.lines("card_read", outcome="match"):
        wrong = list(line.data.get("differs") or ())
        if line.data.get("signature") in ("invalid", "unchecked"):
            wrong.append(f"signature {line.data['signature']}")
        if line.data.get("certificate") in ("untrusted", "unchecked"):
            wrong.append(f"certificate {line.data['certificate']}")
        if wrong:
            yield found(
                line,
                "一致としながら、相違又は検証していない署名があります。",
                "A match, and yet something differs or was not verified.",
                "nothing that differs, and a verified signature",
                said(wrong),
            )


@check("reader_fault", Severity.MUST, ("S0-054",), ("card_read",), ja="読取りの不調は偽変造ではない")
def reader_fault(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """Trouble on the way to a genuine card makes it no forgery, and does not hide that it was not read."""
    yield from _outcome(case, visit, outcomes)


@check("reader_broken", Severity.MUST, ("S0-054",), ("card_read",), ja="壊れたチップは読取不能とする")
def reader_broken(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """A chip that says nothing of use is unreadable: neither a match nor a forgery."""
    yield from _outcome(case, visit, outcomes)


@check("reader_photo_path", Severity.MUST, ("S0-053",), ("card_read",), ja="写真のないカードの本人確認の方法")
def reader_photo_path(case: Case, visit: str, identity: str) -> Iterator[Finding]:
    """Identity is confirmed by the photo, and by other means where the card has none."""
    for line in case.lines("card_read", visit=visit):
        if line.data.get("identity") != identity:
            yield found(
                line,
                "本人確認の方法が違います。",
                "Identity is to be confirmed in another way.",
                identity,
                line.data.get("identity") or "nothing told",
            )


@check("reader_kept", Severity.MUST, ("S0-054",), ("card_read", "result_kept"), ja="結果を残す")
def reader_kept(case: Case) -> Iterator[Finding]:
    """Each result is kept as it was told."""
    told = case.lines("card_read")
    kept = case.lines("result_kept")
    wanted = [(line.case, line.data.get("outcome")) for line in told if line.data.get("outcome") != "refused"]
    got = [(line.case, line.data.get("outcome")) for line in kept if line.data.get("outcome") != "refused"]
    if wanted != got:
        yield Finding(
            ja="残された結果が、伝えられた結果と違います。",
            en="What was kept is not what was told.",
            expected=said([f"{visit} {outcome}" for visit, outcome in wanted]),
            received=said([f"{visit} {outcome}" for visit, outcome in got]),
            evidence=tuple(line.id for line in (*told, *kept)),
        )


@check(
    "reader_terminal",
    Severity.MUST,
    ("S0-025", "S0-026"),
    ("card_read", "chip_talked"),
    ja="カードを読める端末",
)
def reader_terminal(case: Case, visit: str) -> Iterator[Finding]:
    """What is no terminal for reading cards is refused, and no card is touched from there."""
    yield from _outcome(case, visit, ("refused",))
    for line in case.lines("chip_talked", visit=visit):
        if line.data.get("commands"):
            yield found(
                line,
                "カードを読む端末ではないのに、カードが読まれました。",
                "A card was read although it lies at no terminal for reading cards.",
                "no command",
                f"{line.data['commands']} commands",
            )


@check("reader_standalone", Severity.MUST, ("S0-048",), ("card_read",), ja="単独で動く端末での読取り")
def reader_standalone(case: Case, visit: str) -> Iterator[Finding]:
    """Reading needs no line: a standalone terminal reads and judges as any other."""
    yield from _outcome(case, visit, ("match",))


@check(
    "reader_type_b", Severity.MUST, ("S0-022",), ("application_told",), ja="タイプBへの対応", standing=True
)
def reader_type_b(case: Case) -> Iterator[Finding]:
    """The application's readers poll for type B, of which these cards are."""
    for line in case.lines("application_told"):
        if "type_b" not in (line.data.get("radio") or ()):
            yield found(
                line,
                "読取装置がタイプBに対応していません。",
                "No reader of it supports type B.",
                "type_b",
                line.data.get("radio"),
            )


@check(
    "reader_specified",
    Severity.MUST,
    COMPARED,
    ("specified_card_read",),
    ja="特定在留カードの読取りと判定",
    assumed=ASSUMED,
)
def reader_specified(case: Case, visit: str, outcomes: Sequence[str]) -> Iterator[Finding]:
    """Specified cards are read and judged as cards of the second generation are."""
    yield from _outcome(case, visit, outcomes, "specified_card_read")
