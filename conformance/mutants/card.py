"""Mutants of the role `card` that answer otherwise; those with another content stand in `card_content`.

A chip is broken from outside: its answers are changed on their way, or its commands. `extra` of each mutant
is what the reference makes its chip with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conformance.mutants.card_content import CONTENT, broken
from conformance.reference.card import Making, genuine
from virtual_card.apdu import Command
from virtual_card.cardfile import Card
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.layouts import AIDS, AP
from virtual_card.transports import Transport
from virtual_card.transports.in_process import InProcess

SELECT: Final = 0xA4
READ: Final = 0xB0
VERIFY: Final = 0x20
CHALLENGE: Final = 0x84
AUTHENTICATE: Final = 0x82
UPDATE: Final = 0xD6
MATERIAL: Final = 16
"""Bytes of K.ICC."""
OK: Final = b"\x90\x00"

Change = Callable[[Command, bytes, Transport], bytes]
"""(command, the chip's answer, the chip) to the answer that is given."""


class Altered:
    """A chip whose answers are changed. `first` sees each command before the chip does, and may answer it."""

    def __init__(
        self,
        inner: Transport,
        change: Change = lambda command, answer, chip: answer,
        first: Callable[[Command, Transport], bytes | None] = lambda command, chip: None,
    ) -> None:
        self._inner = inner
        self._change = change
        self._first = first

    def connect(self) -> bytes:
        return self._inner.connect()

    def transmit(self, command: bytes) -> bytes:
        parsed = Command.parse(command)
        if parsed is None:
            return self._inner.transmit(command)
        early = self._first(parsed, self._inner)
        if early is not None:
            return early
        return self._change(parsed, self._inner.transmit(command), self._inner)

    def reset(self) -> bytes:
        return self._inner.reset()

    def disconnect(self) -> None:
        self._inner.disconnect()


class Awake(Altered):
    """A chip that forgets nothing when it is powered down."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self._atr = b""

    def connect(self) -> bytes:
        self._atr = self._atr or self._inner.connect()
        return self._atr

    def disconnect(self) -> None:
        return


class Restarting(Altered):
    """A chip whose random source begins anew with each power-up."""

    def __init__(self, card: Card) -> None:
        super().__init__(genuine(card))
        self._card = card

    def connect(self) -> bytes:
        self._inner = genuine(self._card)
        return self._inner.connect()


# --- other answers --------------------------------------------------------------------------------------
def answering(change: Change) -> Making:
    """Genuine chips whose answers are changed."""
    return lambda card: Altered(genuine(card), change)


def instead(ins: int, sw: int, answer: bytes) -> Making:
    """Another answer where the chip answers an instruction with a status word."""
    right = sw.to_bytes(2)
    return answering(lambda command, told, chip: answer if command.ins == ins and told == right else told)


def _spoilt_proof(command: Command, told: bytes, chip: Transport) -> bytes:
    if command.ins != AUTHENTICATE or not told.endswith(OK):
        return told
    return told[:-3] + bytes([told[-3] ^ 1]) + OK


def _shifted(command: Command, told: bytes, chip: Transport) -> bytes:
    """Offsets count from one."""
    if command.ins != READ or command.p1 & 0x80 or not (command.p1 or command.p2):
        return told
    p1, p2 = divmod((command.p1 << 8 | command.p2) - 1, 0x100)
    return chip.transmit(command._replace(p1=p1, p2=p2).encode())


def _other_indicator(command: Command, told: bytes, chip: Transport) -> bytes:
    """Pieces of a file come with another padding indicator."""
    if command.cla != 8 or command.ins != READ or command.p1 & 0x80 or told[:1] != b"\x86":
        return told
    at = 2 if told[1] < 0x80 else 2 + (told[1] & 0x7F)
    return told[:at] + b"\x02" + told[at + 1 :]


def _no_extended(command: Command, told: bytes, chip: Transport) -> bytes:
    return b"\x67\x00" if command.extended else told


def _no_short_proof(command: Command, told: bytes, chip: Transport) -> bytes:
    return b"\x67\x00" if command.ins == AUTHENTICATE and command.ne == 0x28 else told


def _odd_status(command: Command, told: bytes, chip: Transport) -> bytes:
    return b"\x0a\x82" if told == b"\x6a\x82" else told


def _data_with_refusal(command: Command, told: bytes, chip: Transport) -> bytes:
    return b"\x00" * 4 + told if told == b"\x69\x82" else told


def _takes_anything(command: Command, told: bytes, chip: Transport) -> bytes:
    return OK if told == b"\x6d\x00" and command.ins == 0xFE else told


def _takes_updates(command: Command, told: bytes, chip: Transport) -> bytes:
    return OK if command.ins == UPDATE else told


def _leaking(command: Command, told: bytes, chip: Transport) -> bytes:
    """The third short id is given to anybody: no first file of a DF has it."""
    return bytes(20) + OK if (command.ins, command.p1) == (READ, 0x83) and told == b"\x69\x82" else told


def _leaking_at_offset(command: Command, told: bytes, chip: Transport) -> bytes:
    at_offset = command.ins == READ and not command.p1 & 0x80
    return bytes(16) + OK if at_offset and told in (b"\x69\x82", b"\x69\x86") else told


def _blocking(card: Card) -> Transport:
    """A chip with a retry counter, as other cards have."""
    failures = 0

    def first(command: Command, chip: Transport) -> bytes | None:
        return b"\x69\x83" if command.ins == AUTHENTICATE and failures >= 5 else None

    def change(command: Command, told: bytes, chip: Transport) -> bytes:
        nonlocal failures
        failures += command.ins == AUTHENTICATE and told == b"\x63\x00"
        return told

    return Altered(genuine(card), change, first)


def _one_challenge(card: Card) -> Transport:
    """A chip that always has the same challenge ready, asked for or not."""
    chip = InProcess(Chip(card.content, lambda count: b"\x5a" * count))

    def first(command: Command, inner: Transport) -> bytes | None:
        if command.ins == AUTHENTICATE:
            inner.transmit(bytes.fromhex("0084000008"))
        return None

    return Altered(chip, first=first)


def _fixed_key(card: Card) -> Transport:
    """A chip that always has the same key material."""
    draws = Draws("conformance", "chip").octets
    return InProcess(Chip(card.content, lambda count: b"\x5a" * count if count == MATERIAL else draws(count)))


def _poor_random(card: Card) -> Transport:
    return InProcess(Chip(card.content, lambda count: b"\x5a" * count))


def _keeps_session(card: Card) -> Transport:
    """Once it is open, a wrong authentication changes nothing."""
    opened = False

    def first(command: Command, chip: Transport) -> bytes | None:
        return b"\x63\x00" if opened and command.ins == AUTHENTICATE else None

    def change(command: Command, told: bytes, chip: Transport) -> bytes:
        nonlocal opened
        opened = opened or (command.ins == VERIFY and told.endswith(OK))
        return told

    return Altered(genuine(card), change, first)


def _forgets_on_select(card: Card) -> Transport:
    """The selection of a DF ends the session."""
    there = [""]

    def first(command: Command, chip: Transport) -> bytes | None:
        if command.ins == SELECT and command.p1 == 4:
            if there[0] and there[0] != command.data.hex():
                chip.reset()
            there[0] = command.data.hex()
        return None

    return Altered(genuine(card), first=first)


def _keeps_key(card: Card) -> Transport:
    """The second selection of the residence application changes nothing but the place."""
    selected = 0

    def first(command: Command, chip: Transport) -> bytes | None:
        nonlocal selected
        if command.ins == SELECT and command.data == AIDS[AP]:
            selected += 1
            return OK if selected > 2 else None
        return None

    return Altered(genuine(card), first=first)


# fmt: off
ALL: Final = (
    broken("select-anything", "ない名前のDFも選択できたと答える",
            "says that it selected what it does not have",
            "card_selection", instead(SELECT, 0x6A82, OK)),
    broken("accept-wrong-mac", "MACを確かめずに認証を受け付ける", "takes any authentication",
            "card_authentication", instead(AUTHENTICATE, 0x6300, bytes(40) + OK)),
    broken("verify-anything", "どの番号の照合も受け付ける", "verifies any number",
            "card_authentication", instead(VERIFY, 0x6300, OK)),
    broken("block-after-five", "5回失敗すると閉ざされる", "blocks after five failures",
            "card_authentication", _blocking),
    broken("prove-nothing", "相互認証の応答のMACが違う", "proves nothing in mutual authentication",
            "card_proves", answering(_spoilt_proof)),
    broken("same-challenge", "乱数がいつも同じ", "gives the same challenge each time",
            "card_challenge_fresh", _poor_random),
    broken("same-after-reset", "電源を入れ直すと同じ乱数から始まる",
            "begins with the same challenge after power-up",
            "card_challenge_fresh", Restarting),
    broken("same-key-material", "セッション鍵の材料がいつも同じ", "has the same key material each time",
            "card_session_fresh", _fixed_key),
    broken("challenge-reused", "一度使った乱数をもう一度受け付ける", "takes a used challenge again",
            "card_challenge_once", _one_challenge),
    broken("read-unopened", "認証の前でもファイルを渡す", "gives files before authentication",
            "card_access", instead(READ, 0x6982, bytes(16) + OK)),
    broken("verify-plain", "保護のない番号の照合を受け付ける", "verifies a number without protection",
            "card_access", answering(lambda c, told, chip: OK if (c.cla, c.ins) == (0, VERIFY) else told)),
    broken("leak-one-file", "住居地のファイルだけは誰にでも渡す", "gives one file of DF2 to anybody",
            "card_locked", answering(_leaking)),
    broken("leak-at-offset", "断ったファイルも途中からは渡す", "gives a refused file at an offset",
            "card_locked", answering(_leaking_at_offset)),
    broken("forget-on-select", "DFを選び直すと認証を忘れる",
            "forgets its authentication when a DF is selected",
            "card_state", _forgets_on_select),
    broken("survive-reset", "リセットしても認証を忘れない", "keeps its authentication over a reset",
            "card_state", lambda card: Awake(genuine(card))),
    broken("survive-failure", "認証に失敗しても前の認証が残る",
            "keeps its authentication after a failed one",
            "card_state_after_failure", _keeps_session),
    broken("accept-broken-messages", "誤った保護付きコマンドを受け付ける", "takes broken protected commands",
            "card_protection", answering(lambda c, told, chip: OK if told == b"\x69\x88" else told)),
    broken("read-behind-end", "ファイルの終わりより後ろも読めたと答える", "reads behind the end",
            "card_offsets", instead(READ, 0x6B00, OK)),
    broken("shifted-offsets", "途中から読むと1バイトずれる", "reads one byte too early at an offset",
            "card_pieces", answering(_shifted)),
    broken("other-indicator", "パディング指示子が02の応答を返す", "answers with the padding indicator 02",
            "card_padding", answering(_other_indicator)),
    broken("no-extended-length", "拡張長を受け付けない", "takes no extended length",
            "card_strategies", answering(_no_extended)),
    broken("le-28-refused", "相互認証のLe 28を断る", "refuses Le 28 in mutual authentication",
            "card_habits", answering(_no_short_proof)),
    broken("odd-status-word", "規格にないステータスワードで断る",
            "refuses with a status word that there is not",
            "card_status_words", answering(_odd_status)),
    broken("data-with-refusal", "断るときもデータを返す", "sends data with a refusal",
            "card_status_words", answering(_data_with_refusal)),
    broken("take-anything", "知らない命令を受け付ける", "takes an unknown instruction",
            "card_robustness", answering(_takes_anything)),
    broken("take-updates", "書込みを受け付けたと答える", "takes UPDATE BINARY",
            "card_writing", answering(_takes_updates)),
    broken("specified-key-kept", "在留APを選び直しても鍵が消えない", "a new selection keeps the session key",
            "card_specified_reselection", _keeps_key),
    *CONTENT,
)
# fmt: on
