"""The portable card file: nothing is lost, and a malformed one is refused with place and reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtual_card import cardfile
from virtual_card.cardfile import Card, Origin
from virtual_card.content import CardContent
from virtual_card.errors import CardFileError
from virtual_card.faces import TABLE, PrintedFace
from virtual_card.layouts import CardType, profile_of

CARD = Card(
    CardContent(
        CardType.RESIDENCE_2,
        "AA12345678BB",
        {"birth": b"19900401", "photo": b"\xff\x4f\0", "reserved_text": "予備".encode()},
        overrides={"DF3/EF01": b"\xdc\0"},
    ),
    PrintedFace(CardType.RESIDENCE_2, {"name": "SILVA\n林"}, {"photo": b"\x00\x01"}),
    Origin(7, date(2026, 7, 1), "swapped-photo", ("a note",)),
)
Change = Callable[[dict[str, Any]], object]


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cardfile.dump(CARD))
    return found


@pytest.mark.parametrize(
    ("change", "place", "why"),
    [
        (lambda d: d.update(format="renkei-card/2"), "c.json", 'expected: "format": "renkei-card/1"'),
        (lambda d: d.pop("number"), "c.json", "the key number is missing"),
        (lambda d: d.update(numbr="x"), "c.json", "did you mean number"),
        (lambda d: d.update(card_type="5"), "c.json", "no card type is called '5'"),
        (lambda d: d.update(card_type=5), "c.json: card_type", "expected: a string"),
        (lambda d: d.update(number="AA12345678B"), "c.json: card number", "not a card number"),
        (lambda d: d.update(number="ＡＡ12345678BB"), "c.json: card number", "not a card number"),
        (lambda d: d.update(atr="3B"), "c.json: atr", "answer to reset"),
        (lambda d: d.update(atr="xyz"), "c.json: atr", "answer to reset"),
        (lambda d: d["values"].update(birht="x"), "c.json", "did you mean birth"),
        (lambda d: d["values"].update(sex="12"), "c.json: DO C7", "at most 1 bytes"),
        (lambda d: d["values"].update(sex=1), "c.json: values.sex", 'a string, or {"base64"'),
        (lambda d: d["values"].update(photo={"base64": "A"}), "c.json: values.photo", "expected: base64"),
        (lambda d: d["values"].update(photo={"base64": "あ"}), "c.json: values.photo", "expected: base64"),
        (lambda d: d["values"].update(photo={"hex": "00"}), "c.json: values.photo", "expected: a string"),
        (lambda d: d["values"].update(sex="\ud800"), "c.json: values.sex", "lone surrogates"),
        (lambda d: d.update(values=[]), "c.json: values", "expected: an object"),
        (lambda d: d.update(overrides={"DF9/EF01": ""}), "c.json", "no file DF9/EF01"),
        (lambda d: d.update(overrides={"DF3/EF01": "x" * 70000}), "overrides.DF3/EF01", "of this size"),
        (lambda d: d["face"].pop("items"), "c.json: face", "the key items is missing"),
        (lambda d: d["face"]["items"].update(nubmer="x"), "c.json: face.items", "did you mean number"),
        (lambda d: d["face"]["images"].update(foto="x"), "c.json: face.images", "did you mean photo"),
        (lambda d: d["face"]["items"].update(name=None), "face.items.name", "expected: a string"),
        (lambda d: d["origin"].update(seed="7"), "c.json: origin.seed", "a whole number or null"),
        (lambda d: d["origin"].update(seed=True), "c.json: origin.seed", "a whole number or null"),
        (lambda d: d["origin"].update(issued="1 July"), "c.json: origin.issued", "a date such as"),
        (lambda d: d["origin"].update(notes="one"), "c.json: origin.notes", "a list of strings"),
        (lambda d: d["origin"].update(notes=[1]), "c.json: origin.notes[0]", "expected: a string"),
    ],
)
def test_a_malformed_card_file_is_refused_with_place_and_reason(change: Change, place: str, why: str) -> None:
    broken = document()
    change(broken)
    with pytest.raises(CardFileError) as caught:
        cardfile.load(json.dumps(broken), "c.json")
    assert caught.value.where is not None
    assert place in caught.value.where
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "line 1, column 2"),
        ("[]", "an object"),
        ("[" * 100_000, "not JSON"),
        ('{"seed": ' + "9" * 5000 + "}", "not JSON"),
        ('{"format": 1, "format": 2}', "stands twice"),
        (" " * (cardfile.LARGEST + 1), "too large"),
    ],
)
def test_what_is_no_document_at_all_is_refused(text: str, why: str) -> None:
    with pytest.raises(CardFileError, match=why):
        cardfile.load(text, "c.json")


def test_a_chip_that_was_never_issued_has_no_face() -> None:
    odd = {"format": "renkei-card/1", "card_type": "proposal-2011", "number": "AA12345678BB", "values": {}}
    with pytest.raises(CardFileError, match="nothing is known of the printed face") as caught:
        cardfile.load(json.dumps({**odd, "face": {"items": {}, "images": {}}}), "c.json")
    assert caught.value.where == "c.json: face"


def test_what_may_be_missing_may_be_missing() -> None:
    least = {"format": "renkei-card/1", "card_type": "1", "number": "AA12345678BB", "values": {}}
    assert cardfile.load(json.dumps(least), "c.json") == Card(
        CardContent(CardType.RESIDENCE_1, "AA12345678BB", {})
    )


def test_text_stands_as_text_and_bytes_in_base64() -> None:
    found = document()["values"]
    assert found["reserved_text"] == "予備"
    assert found["photo"] == {"base64": "/08A"}


@given(st.data())
def test_a_card_comes_back_as_it_went(data: st.DataObject) -> None:
    card_type = data.draw(st.sampled_from(CardType))
    fields = profile_of(card_type).fields
    names = data.draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    card = Card(
        CardContent(
            card_type,
            "ZZ00000000AA",
            {name: data.draw(st.binary(max_size=fields[name].size)) for name in names},
            data.draw(st.binary(min_size=2, max_size=33)),
        ),
        data.draw(st.none() | st.just(PrintedFace(card_type, {}, {}))) if card_type in TABLE else None,
        Origin(data.draw(st.none() | st.integers())),
    )
    text = cardfile.dump(card)
    assert cardfile.load(text, "c.json") == card
    assert cardfile.dump(cardfile.load(text, "c.json")) == text


def test_the_same_card_gives_the_same_bytes_and_comes_back_whole() -> None:
    text = cardfile.dump(CARD)
    assert cardfile.load(text, "c.json") == CARD
    assert text == cardfile.dump(cardfile.load(text, "c.json"))
    assert text.endswith("}\n")
