"""The crypto suites against the published worked examples (facts on the chip §1.5, §2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtual_card.errors import CardUsageError, MessageError
from virtual_card.suites import AES_SUITE, SUITES, TDES_SUITE, CryptoSuite, suite_of, xor

NUMBER = "AA12345678BB"
RND_IFD = bytes.fromhex("1122334455667788")
K_IFD = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
BOTH = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)


@dataclass(frozen=True)
class Example:
    suite: CryptoSuite
    rnd_icc: str
    e_ifd: str
    m_ifd: str
    e_icc: str
    m_icc: str
    k_icc: str
    mixed: str
    full: str
    session: str
    verify: str


FIRST = Example(
    TDES_SUITE,
    "5A6E7E385162B7A3",
    "937745C20883A1BAD1E04193722A1592378F81A8F1DC589157AEB0F7544FA1BA",
    "1AD7FB6A3389E017",
    "5860775B4D032CC564BA204B8EA868F694A74E7475A8FEF240588BDA1AF496CE",
    "59388FD6CD45248B",
    "19D049490FFF52EEDBFCB930BC810ED0",
    "59910B0A4BBA14A993B5F37BF0CC409F",
    "CE94938E19E3B97DF96EABCEDC1715CC844F7C89",
    "CE94938E19E3B97DF96EABCEDC1715CC",
    "1AA82973DB959A811F9711D728F0EEF6",
)
SECOND = Example(
    AES_SUITE,
    "921CE277323DA057",
    "4AD3C7B6BB484A52771977DED618B41DF841FA0476A05FBE041DEAD6109E773B",
    "AC854617634F5397",
    "289A96B1DA6AE3DA87770419BFD14F0BDAD15F36432B5A946C188C7221759A62",
    "FA942EC51E62FF5F",
    "2CC6AF9B8B607C662FDCAD27B401D08B",
    "6C87EDD8CF253A216795E76CF84C9EC4",
    "C19CF13D3D7FBEE9EA293D834C88952FAD5337F2",
    "C19CF13D3D7FBEE9EA293D834C88952F",
    "EE0B31EF877F68D071C56D58C72E6748",
)
EXAMPLES = pytest.mark.parametrize("example", [FIRST, SECOND], ids=["first", "second"])


def hexed(raw: bytes) -> str:
    return raw.hex().upper()


@BOTH
def test_the_card_number_gives_the_published_key(suite: CryptoSuite) -> None:
    assert hexed(hashlib.sha1(NUMBER.encode()).digest()) == "6522B4E171195BB218223A976C040111BDC4AA25"
    assert hexed(suite.derive(NUMBER)) == "6522B4E171195BB218223A976C040111"


@EXAMPLES
def test_the_readers_message_is_the_published_one(example: Example) -> None:
    suite, key = example.suite, example.suite.derive(NUMBER)
    sealed = suite.encrypt(key, RND_IFD + bytes.fromhex(example.rnd_icc) + K_IFD)
    assert hexed(sealed) == example.e_ifd
    assert hexed(suite.mac(key, sealed)) == example.m_ifd


@EXAMPLES
def test_the_cards_message_is_the_published_one(example: Example) -> None:
    suite, key = example.suite, example.suite.derive(NUMBER)
    plain = bytes.fromhex(example.rnd_icc) + RND_IFD + bytes.fromhex(example.k_icc)
    sealed = suite.encrypt(key, plain)
    assert hexed(sealed) == example.e_icc
    assert hexed(suite.mac(key, sealed)) == example.m_icc
    assert suite.decrypt(key, bytes.fromhex(example.e_icc)) == plain


@EXAMPLES
def test_the_session_key_is_the_published_one(example: Example) -> None:
    k_icc = bytes.fromhex(example.k_icc)
    mixed = xor(K_IFD, k_icc)
    assert hexed(mixed) == example.mixed
    assert hexed(hashlib.sha1(mixed + b"\0\0\0\1").digest()) == example.full
    assert hexed(example.suite.session(K_IFD, k_icc)) == example.session


@EXAMPLES
def test_the_verification_of_the_number_is_the_published_one(example: Example) -> None:
    suite, session = example.suite, bytes.fromhex(example.session)
    assert hexed(suite.pad(NUMBER.encode())) == NUMBER.encode().hex().upper() + "80000000"
    assert hexed(suite.encrypt(session, suite.pad(NUMBER.encode()))) == example.verify


@BOTH
@given(messages=st.lists(st.tuples(st.booleans(), st.binary(max_size=100)), max_size=8))
def test_a_kept_cipher_treats_every_message_as_the_first(
    suite: CryptoSuite, messages: list[tuple[bool, bytes]]
) -> None:
    key = bytes(range(16))
    kept = suite.kept(key)
    for sealing, message in messages:
        padded = suite.pad(message)
        if sealing:
            assert kept.encrypt(padded) == suite.encrypt(key, padded)
            assert kept.check_value(message) == suite.mac(key, message)
            assert kept.seal(message) == suite.encrypt(key, padded)
        else:
            assert kept.decrypt(padded) == suite.decrypt(key, padded)
            assert kept.open(suite.encrypt(key, padded)) == message


@BOTH
@pytest.mark.parametrize("size", [0, 1, 7, 17])
def test_what_has_no_whole_blocks_is_refused(suite: CryptoSuite, size: int) -> None:
    with pytest.raises(MessageError, match="whole blocks"):
        suite.encrypt(bytes(16), bytes(size))
    with pytest.raises(MessageError, match="whole blocks"):
        suite.decrypt(bytes(16), bytes(size))
    with pytest.raises(MessageError, match="whole blocks"):
        suite.kept(bytes(16)).open(bytes(size))


@BOTH
def test_a_message_without_padding_is_not_opened(suite: CryptoSuite) -> None:
    kept = suite.kept(bytes(16))
    with pytest.raises(MessageError, match="not padded"):
        kept.open(kept.encrypt(bytes(2 * suite.block)))


@BOTH
@given(data=st.data())
def test_only_padding_of_at_most_one_block_is_taken_off(suite: CryptoSuite, data: st.DataObject) -> None:
    raw = data.draw(st.binary(max_size=3 * suite.block) | st.binary(max_size=2).map(lambda b: b + bytes(40)))
    assert suite.unpad(suite.pad(raw)) == raw
    bare = raw.rstrip(b"\0")
    fits = raw and len(raw) % suite.block == 0 and bare[-1:] == b"\x80"
    if fits and len(raw) - len(bare) < suite.block:
        assert suite.unpad(raw) == bare[:-1]
    else:
        with pytest.raises(MessageError, match="not padded"):
            suite.unpad(raw)


@BOTH
def test_a_whole_block_of_00_is_no_padding(suite: CryptoSuite) -> None:
    raw = bytes(suite.block - 1) + b"\x80" + bytes(suite.block)
    kept = suite.kept(bytes(16))
    with pytest.raises(MessageError, match="not padded"):
        suite.unpad(raw)
    with pytest.raises(MessageError, match="not padded"):
        kept.open(kept.encrypt(raw))


@BOTH
def test_padding_is_a_byte_80_and_nothing_but_00_behind_it(suite: CryptoSuite) -> None:
    for tail in (b"\x80\1", b"\x80\0\1", b"\1\0", b"\0\0"):
        with pytest.raises(MessageError, match="not padded"):
            suite.unpad(bytes([1]) * (suite.block - len(tail)) + tail)


def test_an_unknown_suite_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(CardUsageError, match="did you mean tdes") as caught:
        suite_of("3des")
    assert caught.value.expected == "aes, tdes"
