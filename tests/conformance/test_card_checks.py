"""Checks of cards and of applications that read them, on small journals."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import BY_ROLE
from conformance.verdicts import Severity
from tests.conformance.test_checks import Row, findings, journal_of

ATR = "3B88800100000000338181003A"
SEVEN = ["nationality", "name", "sex", "birth", "status", "period", "number"]


def read(outcome: str = "match", **more: Any) -> Row:
    plain = {"differs": [], "signature": "valid", "certificate": "valid", "reason": "", "written": False}
    return "card_read", plain | {"outcome": outcome, "visit": "V"} | more


# --- cards ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("atr", "why"),
    [
        ("", "nothing"),
        ("3BDA13FF8131FB468012392F31C173C601C03B", "a contact card"),
        ("3B8F8001804F0CA000000306030001000000006A", "a storage card"),
        ("3B88800100000000338181003B", "a wrong check byte"),
        ("3B88800100000000338080003A", "a protocol byte that does not speak of ISO/IEC 14443-4"),
        (ATR + "00", "one byte too many"),
    ],
)
def test_an_answer_to_reset_of_another_card_is_told(atr: str, why: str) -> None:
    assert len(findings("card_atr", ("connected", {"atr": atr}))) == 1, why


@pytest.mark.parametrize("atr", [ATR, "3B888001000005E0B381A1007F", "3B88800100000000" + "9181C100D8"])
def test_answers_to_reset_of_type_b_cards_are_good(atr: str) -> None:
    assert findings("card_atr", ("connected", {"atr": atr})) == []


def test_a_probe_that_could_not_be_made_is_no_pass() -> None:
    halted = ("answered", {"probe": "plain-opened", "sw": "6982", "halted": "VERIFY"})
    assert findings("card_access", halted, probe="plain-opened", sw=["6982"]) == ["9000 for VERIFY / 6982"]


def test_only_the_answer_to_the_stated_probe_is_judged() -> None:
    rows: tuple[Row, ...] = (
        ("answered", {"probe": "wrong-mac", "sw": "9000", "halted": ""}),
        ("answered", {"probe": "right-number", "sw": "9000", "halted": ""}),
    )
    assert findings("card_authentication", *rows, probe="right-number", sw=["9000"]) == []
    assert findings("card_authentication", *rows, probe="wrong-mac", sw=["6300"]) == ["6300 / 9000"]


def test_a_challenge_that_comes_twice_is_told_with_both_lines() -> None:
    rows: tuple[Row, ...] = tuple(
        ("challenge_given", {"sw": "9000", "length": 8, "sha256": mark}) for mark in ("a", "b", "a")
    )
    check = BY_ROLE["card"]["card_challenge_fresh"]
    from conformance.evidence import Case

    (found,) = check(Case(journal_of(*rows), check.reads))
    assert found.evidence == ("node#1", "node#3")
    short = ("challenge_given", {"sw": "9000", "length": 4, "sha256": "a"})
    assert findings("card_challenge_fresh", short) == ["9000 with 8 bytes / 9000 with 4 bytes"]


@pytest.mark.parametrize(
    ("sw", "answer", "good"),
    [("9000", 300, True), ("6282", 5, True), ("6A82", 0, True), ("6A82", 4, False), ("", 0, False),
     ("5000", 0, False), ("6000", 0, False)],
)  # fmt: skip
def test_a_status_word_is_one_of_the_standard_s_and_a_refusal_has_no_data(
    sw: str, answer: int, good: bool
) -> None:
    assert (findings("card_status_words", ("apdu", {"sw": sw, "answer": answer})) == []) is good


def test_ways_of_reading_that_were_left_out_are_told() -> None:
    one = ("card_read", {"strategy": "whole", "read": True, "sha256": "a"})
    other = ("card_read", {"strategy": "small", "read": True, "sha256": "b"})
    assert findings("card_strategies", one, other, ways=2) == ["the same as `whole` / other bytes by `small`"]
    assert findings("card_strategies", one, ways=5) == ["5 / 1"]


def test_padding_of_the_wrong_length_is_told() -> None:
    piece = {"file": "DF1/EF01", "offset": 0, "wanted": 16, "length": 16, "same": True, "tag": "86"}
    good = ("piece_read", piece | {"indicator": "01", "sealed": 24})
    bare = ("piece_read", piece | {"indicator": "01", "sealed": 16})
    assert findings("card_padding", good) == []
    assert findings("card_padding", bare) == ["86, 01, 16 bytes and their padding / 86, 01, 16 bytes"]


def test_a_text_that_is_no_utf_8_is_told() -> None:
    field = {"field": "birth", "text": None, "mark": False}
    assert findings("card_text", ("field_read", field)) == [
        r"birth: \d{4}(?:\d{4}|0000) in UTF-8 without a byte order mark / no UTF-8"
    ]
    marked = {"field": "address", "text": "﻿東京都", "mark": True}
    assert len(findings("card_text", ("field_read", marked))) == 1


@pytest.mark.parametrize(
    ("given", "wrong", "good"),
    [
        (True, [], True),
        (True, ["chain_unknown_ca"], False),
        (False, ["chain_unknown_ca"], True),
        (False, ["chain_unknown_ca", "signature_invalid"], False),
        (False, ["signature_missing"], False),
    ],
)
def test_of_a_card_with_an_authority_of_its_own_the_signature_alone_is_judged(
    given: bool, wrong: list[str], good: bool
) -> None:
    line = {"given": given, "holds": not wrong, "wrong": wrong, "certificate": True}
    assert (findings("card_signature", ("signature_read", line)) == []) is good
    bare = ("signature_read", line | {"certificate": False})
    assert len(findings("card_signature", bare)) == 1


def test_a_card_that_could_not_be_read_is_not_well_formed() -> None:
    assert findings("card_well_formed", ("card_read", {"read": False, "told": "WrongNumber"})) == [
        "all files / WrongNumber"
    ]


# --- applications ---------------------------------------------------------------------------------------
def test_a_match_of_which_nothing_was_verified_is_told() -> None:
    unchecked = findings("reader_consistent", read(signature="unchecked", certificate="unchecked"))
    assert unchecked == [
        "nothing that differs, and a verified signature / signature unchecked, certificate unchecked"
    ]
    assert findings("reader_consistent", read(signature="absent", certificate="absent")) == []
    assert findings("reader_consistent", read("mismatch", differs=["photo"])) == []


def test_text_of_the_chip_that_was_not_given_is_told() -> None:
    holds = ("chip_holds", {"visit": "V", "item": "birth", "value": "19610326"})
    nothing = ("items_told", {"visit": "V", "items": []})
    assert findings("reader_text", read(), holds, nothing) == [
        "birth: 19610326, from the chip / (empty), not given"
    ]
    keyed = {"item": "birth", "origin": "image", "value": ""}
    assert len(findings("reader_text", read(), holds, ("items_told", {"visit": "V", "items": [keyed]}))) == 1
    assert findings("reader_text", read("unreadable"), holds, nothing) == []


def test_text_that_the_chip_does_not_hold_is_not_the_chip_s() -> None:
    guessed = {"item": "name", "origin": "chip", "value": "TARO"}
    told = ("items_told", {"visit": "V", "items": [guessed]})
    assert findings("reader_text", read(), told) == ["name: not from the chip / TARO"]


def test_an_image_more_or_less_than_the_chip_has_is_told() -> None:
    image = {"visit": "V", "image": "photo", "sha256": "a", "bytes": 3, "width": 1, "height": 1}
    truth: Row = ("chip_image", image)
    told: Row = ("image_told", image)
    assert findings("reader_images", read(), truth, told) == []
    assert len(findings("reader_images", read(), truth)) == 1
    assert len(findings("reader_images", read(), told)) == 1
    assert len(findings("reader_images", read(), truth, ("image_told", image | {"width": 2}))) == 1


def test_a_result_that_was_not_kept_is_told() -> None:
    kept = ("result_kept", {"visit": "V", "outcome": "match"})
    assert findings("reader_kept", read(), kept) == []
    assert findings("reader_kept", read(), ("result_kept", {"visit": "V", "outcome": "review"})) == [
        "V match / V review"
    ]
    assert findings("reader_kept", read()) == ["V match / none"]


def test_a_command_that_writes_is_told_only_while_writing_is_suspended() -> None:
    write = ("write_seen", {"visit": "V", "head": "00D68100"})
    for policy, count in (("suspended", 1), ("active", 0)):
        reset = ("application_reset", {"write_policy": policy})
        assert len(findings("reader_never_writes", reset, write)) == count
    changed = ("chip_talked", {"visit": "V", "changed": True})
    suspended = ("application_reset", {"write_policy": "suspended"})
    assert findings("reader_never_writes", suspended, changed) == ["unchanged / changed"]
    assert findings("reader_never_writes", suspended, read(written=True)) == ["not written / written"]


def test_what_never_came_by_medium_is_told() -> None:
    told = ("items_told", {"visit": "V", "items": []})
    assert findings("reader_patterns", told, direct="V", carried="V") == ["an extract / none"]


def test_a_medium_that_stays_closed_to_its_own_passphrase_is_told() -> None:
    made = ("medium_made", {"plain": [], "sha256": "a", "log": []})
    closed = ("medium_taken", {"opened": False, "wrong_passphrase": False, "log": []})
    assert findings("reader_medium_sealed", made, closed) == ["it opens / it stayed closed"]


def test_the_seven_items_may_be_followed_by_others_and_by_nothing_in_between() -> None:
    items = [{"item": item} for item in (*SEVEN, "period_expiry")]
    assert (
        findings("reader_seven", ("items_told", {"visit": "V", "items": items}), visit="V", items=SEVEN) == []
    )
    wrong = [items[-1], *items[:-1]]
    assert (
        len(findings("reader_seven", ("items_told", {"visit": "V", "items": wrong}), visit="V", items=SEVEN))
        == 1
    )


def test_a_right_that_was_asked_for_twice_is_told() -> None:
    answer = ("write_answered", {"visit": "V"})
    asked = ("authority_asked", {"terminal": "T-01"})
    assert findings("reader_write_asked", answer, asked, asked, asked=1) == ["1 / 2"]
    assert findings("reader_write_asked", answer, asked=0) == []


# --- what all of them share -----------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["card", "card-application"])
def test_what_looks_at_specified_cards_says_that_it_is_assumed_and_nothing_else_does(role: str) -> None:
    for check in BY_ROLE[role].values():
        assumed = any(kind.startswith("specified_") for kind in check.reads)
        assert (check.assumed is not None) is assumed, check.id
        assert not assumed or all(kind.startswith("specified_") for kind in check.reads), check.id


def test_what_no_public_source_says_weighs_less() -> None:
    assert BY_ROLE["card"]["card_state_after_failure"].severity is Severity.SHOULD
