"""What is tried on a card, by name: each probe is one question whose answer is a status word.

A probe says which check its answer belongs to. What the right answer is stands in the features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.scenes.card_bench import Bench, Halted
from conformance.scenes.card_samples import OTHER_NUMBER
from virtual_card import tlv
from virtual_card.apdu import Command, Response
from virtual_card.layouts import AIDS, MF, Access
from virtual_card.protected import ENCRYPTED, PROTECTED, WANTED

Run = Callable[[Bench], Response]
WRONG_TIMES: Final = 10
ABSENT_SFI: Final = 0x1D


@dataclass(frozen=True, slots=True)
class Probe:
    """One question. `ja`: how a feature puts it; `check`: id of the check that judges the answer."""

    id: str
    ja: str
    check: str
    run: Run


# --- selection ------------------------------------------------------------------------------------------
def _select_mf(bench: Bench) -> Response:
    return bench.select(MF)


def _select_all(bench: Bench) -> Response:
    for df in ("DF1", "DF2"):
        bench.must(f"SELECT {df}", bench.select(df))
    return bench.select("DF3")


def _select_unknown(bench: Bench) -> Response:
    name = AIDS["DF1"][:5] + b"\x7f" + AIDS["DF1"][6:]
    return bench.send(Command(0, 0xA4, 4, 0x0C, name))


def _select_absent_file(bench: Bench) -> Response:
    bench.must("SELECT DF1", bench.select("DF1"))
    return bench.send(Command(0, 0xA4, 2, 0x0C, b"\x7f\x7f"))


def _read_absent_file(bench: Bench) -> Response:
    bench.open()
    bench.must("SELECT DF1", bench.select("DF1"))
    return bench.send(
        Command(PROTECTED, 0xB0, 0x80 | ABSENT_SFI, 0, tlv.encode(WANTED, b"\0\0"), 65536, extended=True)
    )


# --- authentication -------------------------------------------------------------------------------------
def _right(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.verify()


def _wrong_mac(bench: Bench) -> Response:
    return bench.authenticate(bench.challenge(), spoil=lambda data: data[:-1] + bytes([data[-1] ^ 1]))


def _wrong_cryptogram(bench: Bench) -> Response:
    return bench.authenticate(bench.challenge(), spoil=lambda data: bytes([data[0] ^ 1]) + data[1:])


def _wrong_number(bench: Bench) -> Response:
    return bench.authenticate(bench.challenge(), OTHER_NUMBER)


def _without_challenge(bench: Bench) -> Response:
    return bench.authenticate(bytes(8))


def _another_challenge(bench: Bench) -> Response:
    challenge = bench.challenge()
    return bench.authenticate(bytes(8) if challenge != bytes(8) else b"\1" * 8)


def _used_challenge(bench: Bench) -> Response:
    challenge = bench.challenge()
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(challenge))
    return bench.authenticate(challenge)


def _failed_challenge(bench: Bench) -> Response:
    challenge = bench.challenge()
    bench.authenticate(challenge, OTHER_NUMBER)
    return bench.authenticate(challenge)


def _verify_plain(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.send(Command(0, 0x20, 0, 0x86, bench.number.encode()))


def _challenge_before_reset(bench: Bench) -> Response:
    challenge = bench.challenge()
    bench.card.reset()
    return bench.authenticate(challenge)


def _verify_unopened(bench: Bench) -> Response:
    return bench.send(Command(PROTECTED, 0x20, 0, 0x86, tlv.encode(ENCRYPTED, b"\x01" + bytes(16))))


def _verify_other(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.verify(OTHER_NUMBER)


def _many_failures(bench: Bench) -> Response:
    for _ in range(WRONG_TIMES):
        bench.authenticate(bench.challenge(), OTHER_NUMBER)
    return _right(bench)


# --- access ---------------------------------------------------------------------------------------------
def _protected_unopened(bench: Bench) -> Response:
    return bench.protected(bench.at(Access.NUMBER_SM))


def _plain_unopened(bench: Bench) -> Response:
    return bench.plain(bench.at(Access.NUMBER_SM))


def _address_unopened(bench: Bench) -> Response:
    return bench.plain(bench.at(Access.NUMBER))


def _signature_unopened(bench: Bench) -> Response:
    spec = bench.profile.file_of("signature")
    bench.must(f"SELECT {spec.df}", bench.select(spec.df))
    return bench.plain(spec)


def _unverified(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.protected(bench.at(Access.NUMBER_SM))


def _after_other_number(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    bench.verify(OTHER_NUMBER)
    return bench.protected(bench.at(Access.NUMBER_SM))


def _plain_opened(bench: Bench) -> Response:
    bench.open()
    return bench.plain(bench.at(Access.NUMBER_SM))


def _address_opened(bench: Bench) -> Response:
    bench.open()
    return bench.plain(bench.at(Access.NUMBER))


def _signature_opened(bench: Bench) -> Response:
    bench.open()
    return _signature_unopened(bench)


# --- state ----------------------------------------------------------------------------------------------
def _after_other_df(bench: Bench) -> Response:
    bench.open()
    for df in ("DF1", "DF2", "DF3"):
        bench.must(f"SELECT {df}", bench.select(df))
    return bench.protected(bench.at(Access.NUMBER_SM))


def _after_reset(bench: Bench) -> Response:
    bench.open()
    bench.card.reset()
    return bench.protected(bench.at(Access.NUMBER_SM))


def _plain_after_reset(bench: Bench) -> Response:
    bench.open()
    bench.card.reset()
    return bench.plain(bench.at(Access.NUMBER))


def _after_failure(bench: Bench) -> Response:
    bench.open()
    bench.authenticate(bench.challenge(), OTHER_NUMBER)
    return bench.plain(bench.at(Access.NUMBER))


# --- protected commands ---------------------------------------------------------------------------------
def _other_padding(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.send(bench.sealed(0x20, 0, 0x86, bench.number.encode(), indicator=b"\x02"))


def _no_objects(bench: Bench) -> Response:
    bench.open()
    spec = bench.at(Access.NUMBER_SM)
    return bench.send(
        Command(PROTECTED, 0xB0, 0x80 | spec.sfi, 0, tlv.encode(0x97, b"\0"), 65536, extended=True)
    )


def _broken_blocks(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.send(Command(PROTECTED, 0x20, 0, 0x86, tlv.encode(ENCRYPTED, b"\x01" + bytes(13))))


def _other_key(bench: Bench) -> Response:
    bench.must("MUTUAL AUTHENTICATE", bench.authenticate(bench.challenge()))
    return bench.send(Command(PROTECTED, 0x20, 0, 0x86, tlv.encode(ENCRYPTED, b"\x01" + bytes(16))))


def _protected_challenge(bench: Bench) -> Response:
    bench.open()
    return bench.send(Command(PROTECTED, 0x84, 0, 0, ne=8))


# --- offsets --------------------------------------------------------------------------------------------
def _at_end(bench: Bench) -> Response:
    bench.open()
    spec = bench.at(Access.NUMBER_SM)
    first = bench.protected(spec)
    bench.must("READ BINARY", first)
    whole = bench.unsealed(first)
    if whole is None:
        raise Halted("READ BINARY", first.sw)
    return bench.protected(spec, len(whole))


def _far_behind(bench: Bench) -> Response:
    bench.open()
    spec = bench.at(Access.NUMBER_SM)
    bench.must("READ BINARY", bench.protected(spec))
    return bench.protected(spec, 0x7F00)


def _plain_at_end(bench: Bench) -> Response:
    bench.open()
    spec = bench.at(Access.NUMBER)
    bench.must("READ BINARY", bench.plain(spec))
    return bench.plain(spec, spec.capacity)


SELECTION: Final = "card_selection"
AUTHENTICATION: Final = "card_authentication"
CHALLENGE: Final = "card_challenge_once"
ACCESS: Final = "card_access"
STATE: Final = "card_state"
PROTECTION: Final = "card_protection"
OFFSETS: Final = "card_offsets"

ALL: Final = (
    Probe("select-mf", "MFを選択する", SELECTION, _select_mf),
    Probe("select-dfs", "DF1、DF2、DF3を順に選択する", SELECTION, _select_all),
    Probe("select-unknown", "カードにない名前のDFを選択する", SELECTION, _select_unknown),
    Probe("select-absent-file", "DF1の中で、カードにない番号のファイルを選択する", SELECTION,
          _select_absent_file),
    Probe("read-absent-file", "認証の後、DF1にない短縮番号のファイルを読み出す", SELECTION,
          _read_absent_file),
    Probe("right-number", "券面の番号で相互認証し、番号を照合する", AUTHENTICATION, _right),
    Probe("wrong-mac", "MACが1ビット違う相互認証を送る", AUTHENTICATION, _wrong_mac),
    Probe("wrong-cryptogram", "暗号文が1ビット違う相互認証を送る", AUTHENTICATION, _wrong_cryptogram),
    Probe("wrong-number", "違う番号の鍵で相互認証する", AUTHENTICATION, _wrong_number),
    Probe("verify-other", "正しい鍵で相互認証し、違う番号を照合する", AUTHENTICATION, _verify_other),
    Probe("many-failures", "違う番号で10回失敗した後、券面の番号で認証する", AUTHENTICATION, _many_failures),
    Probe("without-challenge", "乱数をもらわずに相互認証する", CHALLENGE, _without_challenge),
    Probe("another-challenge", "もらった乱数と違う乱数で相互認証する", CHALLENGE, _another_challenge),
    Probe("used-challenge", "一度使った乱数でもう一度相互認証する", CHALLENGE, _used_challenge),
    Probe("failed-challenge", "認証に失敗した乱数でもう一度相互認証する", CHALLENGE, _failed_challenge),
    Probe("challenge-before-reset", "リセットの前にもらった乱数で相互認証する", CHALLENGE,
          _challenge_before_reset),
    Probe("verify-unopened", "相互認証の前に、番号の照合を送る", ACCESS, _verify_unopened),
    Probe("verify-plain", "相互認証の後、保護なしで番号を照合する", ACCESS, _verify_plain),
    Probe("protected-unopened", "認証の前に、DF1のファイルを保護付きで読み出す", ACCESS, _protected_unopened),
    Probe("plain-unopened", "認証の前に、DF1のファイルを保護なしで読み出す", ACCESS, _plain_unopened),
    Probe("address-unopened", "認証の前に、DF2のファイルを読み出す", ACCESS, _address_unopened),
    Probe("signature-unopened", "認証の前に、DF3のファイルを読み出す", ACCESS, _signature_unopened),
    Probe("unverified", "番号を照合する前に、DF1のファイルを保護付きで読み出す", ACCESS, _unverified),
    Probe("after-other-number", "違う番号の照合の後、DF1のファイルを保護付きで読み出す", ACCESS,
          _after_other_number),
    Probe("plain-opened", "認証の後、DF1のファイルを保護なしで読み出す", ACCESS, _plain_opened),
    Probe("address-opened", "認証の後、DF2のファイルを保護なしで読み出す", ACCESS, _address_opened),
    Probe("signature-opened", "認証の後、DF3のファイルを保護なしで読み出す", ACCESS, _signature_opened),
    Probe("after-other-df", "認証の後、ほかのDFを選び直してからDF1のファイルを読み出す", STATE,
          _after_other_df),
    Probe("after-reset", "認証の後、カードをリセットしてからDF1のファイルを読み出す", STATE, _after_reset),
    Probe("plain-after-reset", "認証の後、カードをリセットしてからDF2のファイルを読み出す", STATE,
          _plain_after_reset),
    Probe("after-failure", "認証の後、違う番号の相互認証に失敗してからDF2のファイルを読み出す",
          "card_state_after_failure", _after_failure),
    Probe("other-padding", "パディング指示子が02の照合を送る", PROTECTION, _other_padding),
    Probe("no-objects", "長さの指定（オブジェクト96）のない保護付き読出しを送る", PROTECTION, _no_objects),
    Probe("broken-blocks", "ブロックの途中で切れた照合を送る", PROTECTION, _broken_blocks),
    Probe("other-key", "別の鍵で暗号化した照合を送る", PROTECTION, _other_key),
    Probe("protected-challenge", "保護付きの乱数要求を送る", PROTECTION, _protected_challenge),
    Probe("at-end", "ファイルの終わりの位置から読み出す", OFFSETS, _at_end),
    Probe("far-behind", "ファイルの終わりよりずっと後ろから読み出す", OFFSETS, _far_behind),
    Probe("plain-at-end", "DF2のファイルの終わりの位置から保護なしで読み出す", OFFSETS, _plain_at_end),
)  # fmt: skip
"""All probes."""

BY_WORDS: Final = {probe.ja: probe for probe in ALL}
"""By how a feature puts them."""
