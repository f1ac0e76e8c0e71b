"""How a chip behaves: selection, authentication by number, access, protection, reading in pieces, no writing.

Source: the public card specifications, first generation Ver1.5 (001414093.pdf) and second generation Ver1.1
(001460711.pdf), as the facts on the chip §1.3, §1.4, §2 have them. That a counter can read the chip at all is
what seed 000, lines 127 and 152, take for granted; that it writes nothing, line 185.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.cards.found import found
from conformance.checks.declare import check, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

READER: Final = ("S0-022",)

TYPE_B: Final = re.compile(r"\A3B888001(?:[0-9A-F]{2}){7}[0-9A-F]0[0-9A-F]{2}\Z")
"""What a PC/SC reader makes of a Type B card (PC/SC part 3): application data, protocol data, MBLI, check."""
STATUS: Final = re.compile(r"\A(?:9000|6[1-9A-F][0-9A-F]{2})\Z")
CHALLENGE: Final = 8
WRITTEN: Final = ("90", "61", "62", "63", "91")
"""First bytes of status words that do not say that a command was refused."""


def _answers(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    for line in case.lines("answered", probe=probe):
        if line.data.get("halted"):
            yield found(
                line,
                "試す前の準備のコマンドが受け付けられません。",
                "A command that prepares the trial was refused.",
                f"9000 for {line.data['halted']}",
                line.data.get("sw"),
            )
        elif line.data.get("sw") not in sw:
            yield found(
                line,
                "カードの応答が違います。",
                "The card answers otherwise.",
                said(list(sw)),
                line.data.get("sw"),
            )


@check("card_atr", Severity.MUST, READER, ("connected",), ja="タイプBのカードとしてのATR", standing=True)
def card_atr(case: Case) -> Iterator[Finding]:
    """The answer to reset is the one that a reader gives for a card of type B with ISO/IEC 14443-4."""
    for line in case.lines("connected"):
        atr = str(line.data.get("atr"))
        if not _is_type_b(atr):
            yield found(
                line,
                "ATRが、タイプB（ISO/IEC 14443-4）のカードのものではありません。",
                "The answer to reset is not that of a type B card with ISO/IEC 14443-4.",
                "3B888001, application data, protocol data, MBLI, check byte",
                atr,
            )


def _is_type_b(atr: str) -> bool:
    if not TYPE_B.match(atr):
        return False
    raw = bytes.fromhex(atr)
    check_byte = 0
    for byte in raw[1:]:
        check_byte ^= byte
    # The lowest bit of the protocol type says that the card speaks ISO/IEC 14443-4.
    return check_byte == 0 and bool(raw[9] & 1)


@check("card_selection", Severity.MUST, ("C-03",), ("answered",), ja="MF、DF、ファイルの選択")
def card_selection(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """MF and DFs are selected by their names, and what is not there is not found."""
    yield from _answers(case, probe, sw)


@check("card_authentication", Severity.MUST, ("C-04",), ("answered",), ja="カード番号による相互認証と照合")
def card_authentication(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """The chip opens to its own number and to no other, however often another was tried."""
    yield from _answers(case, probe, sw)


@check("card_proves", Severity.MUST, ("C-04",), ("answered",), ja="カード側の認証")
def card_proves(case: Case) -> Iterator[Finding]:
    """In mutual authentication the card shows that it knows its number, for this challenge of the reader."""
    for line in case.lines("answered", probe="right-number"):
        if line.data.get("proved") is not True:
            yield found(
                line,
                "相互認証の応答が、カードが番号を知っていることを示していません。",
                "The answer to mutual authentication does not show that the card knows its number.",
                "E_ICC and M_ICC for this attempt",
                "another value",
            )


@check("card_challenge_fresh", Severity.MUST, ("C-04",), ("challenge_given",), ja="乱数は8バイトで、毎回違う")
def card_challenge_fresh(case: Case) -> Iterator[Finding]:
    """Each challenge has eight bytes and was never given before."""
    given: dict[str, Line] = {}
    for line in case.lines("challenge_given"):
        if line.data.get("sw") != "9000" or line.data.get("length") != CHALLENGE:
            yield found(
                line,
                "乱数が8バイトではありません。",
                "A challenge is not of eight bytes.",
                "9000 with 8 bytes",
                f"{line.data.get('sw')} with {line.data.get('length')} bytes",
            )
            continue
        earlier = given.setdefault(str(line.data.get("sha256")), line)
        if earlier is not line:
            yield Finding(
                ja="同じ乱数が二度使われています。",
                en="A challenge was given twice.",
                expected="a fresh challenge each time",
                received="the same one",
                evidence=(earlier.id, line.id),
            )


@check("card_session_fresh", Severity.MUST, ("C-04",), ("session_opened",), ja="セッション鍵は毎回違う")
def card_session_fresh(case: Case) -> Iterator[Finding]:
    """The card puts something of its own into each session key: no recording opens a second session."""
    seen: dict[str, Line] = {}
    for line in case.lines("session_opened"):
        if line.data.get("halted"):
            yield found(line, "認証できません。", "No session.", "a session", line.data["halted"])
            continue
        earlier = seen.setdefault(str(line.data.get("sealed")), line)
        if earlier is not line:
            yield Finding(
                ja="二つのセッションの鍵が同じです。",
                en="Two sessions have the same key.",
                expected="another ciphertext of the same file",
                received="the same one",
                evidence=(earlier.id, line.id),
            )


@check("card_challenge_once", Severity.MUST, ("C-04",), ("answered",), ja="乱数は一度だけ使える")
def card_challenge_once(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """A challenge serves one attempt at authentication, whatever came of it."""
    yield from _answers(case, probe, sw)


@check("card_access", Severity.MUST, ("C-05",), ("answered",), ja="アクセス条件")
def card_access(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """Files behind the number are given after authentication only, personal data only under protection."""
    yield from _answers(case, probe, sw)


@check(
    "card_locked",
    Severity.MUST,
    ("C-05",),
    ("locked_file_tried",),
    ja="どのファイルも、条件を満たすまで渡さない",
)
def card_locked(case: Case, files: int) -> Iterator[Finding]:
    """No file is given before authentication, and no file of DF1 without protection, in whichever way."""
    lines = case.lines("locked_file_tried")
    for line in lines:
        given = [one for one in line.data.get("sw", ()) if str(one).startswith(WRITTEN)]
        if line.data.get("halted") or given or line.data.get("data"):
            yield found(
                line,
                "条件を満たさないのに、ファイルが渡されました。",
                "A file was given although it must not be.",
                f"a refusal for {line.data.get('file')}",
                line.data.get("halted") or f"{said(given)}, {line.data.get('data')} bytes",
            )
    if lines and len(lines) != files:
        yield found(lines[-1], "試したファイルの数が違います。", "Other files were tried.", files, len(lines))


@check("card_state", Severity.MUST, ("C-05",), ("answered",), ja="選択やリセットの後の認証状態")
def card_state(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """Authentication lasts over the selection of DFs, and ends with a reset."""
    yield from _answers(case, probe, sw)


@check(
    "card_state_after_failure",
    Severity.SHOULD,
    ("C-05",),
    ("answered",),
    ja="認証に失敗した後の認証状態",
)
def card_state_after_failure(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """A failed authentication takes an earlier one away. No public source says so."""
    yield from _answers(case, probe, sw)


@check("card_protection", Severity.MUST, ("C-06",), ("answered",), ja="誤ったセキュアメッセージングの拒否")
def card_protection(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """Protected commands whose objects, padding or key are wrong are refused."""
    yield from _answers(case, probe, sw)


@check("card_offsets", Severity.MUST, ("C-07",), ("answered",), ja="ファイルの終わりでの読出し")
def card_offsets(case: Case, probe: str, sw: Sequence[str]) -> Iterator[Finding]:
    """Reading at or behind the end of a file is refused as a wrong offset."""
    yield from _answers(case, probe, sw)


@check("card_pieces", Severity.MUST, ("C-07",), ("piece_read",), ja="途中の位置からの読出し")
def card_pieces(case: Case) -> Iterator[Finding]:
    """What is read at an offset is that part of the file."""
    for line in case.lines("piece_read"):
        if line.data.get("halted") or line.data.get("same") is not True:
            yield found(
                line,
                "途中から読み出した内容が、ファイルのその部分と違います。",
                "What was read at an offset is not that part of the file.",
                f"{line.data.get('wanted', 'some')} bytes of {line.data.get('file') or 'a file'}"
                f" from {line.data.get('offset')}",
                line.data.get("halted") or f"{line.data.get('length')} bytes, other ones",
            )


@check("card_padding", Severity.MUST, ("C-06",), ("piece_read",), ja="保護付き応答の形")
def card_padding(case: Case) -> Iterator[Finding]:
    """A protected answer is one object 86 with the indicator 01 and the padded data in whole blocks."""
    for line in case.lines("piece_read"):
        if "tag" not in line.data:
            continue
        plain, sealed = int(line.data.get("wanted", 0)), int(line.data.get("sealed", 0))
        right = line.data.get("tag") == "86" and line.data.get("indicator") == "01"
        if not right or sealed % 8 or not plain < sealed <= plain + 16:
            yield found(
                line,
                "保護付きの応答が、オブジェクト86、指示子01、ブロック単位の暗号文になっていません。",
                "A protected answer is not object 86, indicator 01 and whole blocks.",
                f"86, 01, {plain} bytes and their padding",
                f"{line.data.get('tag') or 'none'}, {line.data.get('indicator') or 'none'}, {sealed} bytes",
            )


@check(
    "card_strategies", Severity.MUST, ("C-07",), ("card_read",), ja="短縮長・拡張長・分割の読出しで同じ内容"
)
def card_strategies(case: Case, ways: int) -> Iterator[Finding]:
    """However much is asked for at a time, short or extended, the card gives the same files."""
    lines = case.lines("card_read")
    first = next((line for line in lines if line.data.get("read")), None)
    for line in lines:
        if not line.data.get("read"):
            yield found(
                line,
                "この読み方ではカードを読めません。",
                "The card cannot be read in this way.",
                f"files, read by the way `{line.data.get('strategy')}`",
                line.data.get("told"),
            )
        elif first is not None and line.data.get("sha256") != first.data.get("sha256"):
            yield Finding(
                ja="読み方によって内容が違います。",
                en="Another way of reading gives another content.",
                expected=f"the same as `{first.data.get('strategy')}`",
                received=f"other bytes by `{line.data.get('strategy')}`",
                evidence=(first.id, line.id),
            )
    if lines and len(lines) != ways:
        yield found(lines[-1], "読み方の数が違います。", "Not all ways were tried.", ways, len(lines))


@check("card_habits", Severity.MUST, ("C-07",), ("habit_tried",), ja="実際の読取ソフトウェアの読み方")
def card_habits(case: Case, habits: Sequence[str]) -> Iterator[Finding]:
    """Programs that read genuine cards read this one too."""
    lines = case.lines("habit_tried")
    for line in lines:
        if line.data.get("read") is not True:
            yield found(
                line,
                "この読取ソフトウェアの読み方では、カードを読めません。",
                "A program that reads genuine cards cannot read this one.",
                f"all files, read as `{line.data.get('habit')}` does",
                line.data.get("told") or "something else",
            )
    tried = [str(line.data.get("habit")) for line in lines]
    if lines and tried != list(habits):
        yield found(lines[-1], "試した読み方が違います。", "Other programs were tried.", list(habits), tried)


@check(
    "card_status_words",
    Severity.MUST,
    ("C-11",),
    ("apdu",),
    ja="どのコマンドにもステータスワードで答える",
    standing=True,
)
def card_status_words(case: Case) -> Iterator[Finding]:
    """Every command is answered by a status word of ISO/IEC 7816-4, and a refusal carries no data."""
    for line in case.lines("apdu"):
        sw = str(line.data.get("sw"))
        refused = not sw.startswith(("9", "61", "62", "63"))
        if not STATUS.match(sw) or (refused and line.data.get("answer")):
            yield found(
                line,
                "ステータスワードが規格のものでないか、拒否の応答にデータが付いています。",
                "The status word is none of the standard's, or a refusal carries data.",
                "9000 or 61xx to 6Fxx; no data with a refusal",
                f"{sw or 'no status word'}, {line.data.get('answer')} bytes",
            )


@check("card_robustness", Severity.MUST, ("C-11",), ("nonsense_answered",), ja="意味のないコマンドの後も動く")
def card_robustness(case: Case) -> Iterator[Finding]:
    """Commands that mean nothing are refused, and the card goes on."""
    for line in case.lines("nonsense_answered"):
        if str(line.data.get("sw"))[:2] in ("90", "00", "") or line.data.get("alive") != "9000":
            yield found(
                line,
                "意味のないコマンドを受け付けたか、その後に応答しません。",
                "A command that means nothing was taken, or the card does not answer afterwards.",
                "a refusal, then 9000 for the card type",
                f"{line.data.get('sw')}, then {line.data.get('alive')}",
            )


@check(
    "card_writing",
    Severity.MUST,
    ("S0-045",),
    ("write_tried", "card_compared"),
    ja="書込みの拒否",
)
def card_writing(case: Case) -> Iterator[Finding]:
    """Nobody but the issuer writes: every instruction that writes is refused, and nothing has changed."""
    for line in case.lines("write_tried"):
        if line.data.get("halted"):
            yield found(
                line, "書込みを試せません。", "Writing could not be tried.", "9000", line.data["halted"]
            )
        elif str(line.data.get("sw"))[:2] in WRITTEN:
            yield found(
                line,
                "書込みのコマンドが受け付けられました。",
                "An instruction that writes was taken.",
                "a refusal",
                f"{line.data.get('sw')} for {line.data.get('instruction')}",
            )
    for line in case.lines("card_compared", same=False):
        yield found(
            line,
            "書込みを試した後、カードの内容が変わりました。",
            "After writing was tried the card holds something else.",
            "the same files as before",
            "other files",
        )
