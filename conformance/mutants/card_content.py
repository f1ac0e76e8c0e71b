"""Mutants of the role `card` that hold something else than their card file says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from conformance.mutants.shape import Mutant
from conformance.reference.card import Making, genuine
from conformance.scenes.card_samples import card_of
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.layouts import CardType, Generation
from virtual_card.personalise.images import photo_image


def broken(id: str, ja: str, en: str, catches: str, extra: Any) -> Mutant:
    """A mutant whose chip is made by `extra`."""
    return Mutant(id, ja, en, catches, extra=extra)


def holding(change: Callable[[CardContent], CardContent]) -> Making:
    """Chips with another content than the card file's."""
    return lambda card: genuine(replace(card, content=change(card.content)))


def values(**changed: bytes) -> Making:
    """Chips with other values in these fields, where they have them."""

    def change(content: CardContent) -> CardContent:
        known = content.profile.fields
        own = {name: value for name, value in changed.items() if name in known}
        return replace(content, values={**content.values, **own})

    return holding(change)


def _cut(content: CardContent) -> CardContent:
    """The last byte of the last file is missing: on later cards, one of its NULs."""
    spec = content.profile.files[-1]
    return replace(content, overrides={spec.place: content.files()[spec.key][:-1]})


def _without_permissions(content: CardContent) -> CardContent:
    """A residence card with the files of a special permanent resident certificate."""
    other = {
        CardType.RESIDENCE_1: CardType.SPECIAL_PERMANENT_1,
        CardType.RESIDENCE_2: CardType.SPECIAL_PERMANENT_2,
    }.get(content.card_type, content.card_type)
    made = replace(content, card_type=other)
    own = {name: value for name, value in content.values.items() if name in made.profile.fields}
    return replace(made, values=own)


def _malformed(content: CardContent) -> CardContent:
    spec = content.profile.files[-2]
    return replace(content, overrides={spec.place: b"\xd7\x7f" + bytes(spec.capacity - 2)})


def _other_signature(content: CardContent) -> CardContent:
    signature = content.values["signature"]
    if not signature:
        return content
    spoilt = signature[:-1] + bytes([signature[-1] ^ 1])
    return replace(content, values={**content.values, "signature": spoilt})


def _other_kanji(content: CardContent) -> CardContent:
    known = content.values.get("address", b"")
    return replace(
        content, values={**content.values, "address": known.replace("𠮷".encode(), "吉".encode())}
    ) if known else content  # fmt: skip


def _grown_up(content: CardContent) -> CardContent:
    """A child's card that has a photo all the same."""
    photo = content.values["photo"] or card_of(content.card_type.value).content.values["photo"]
    return replace(content, values={**content.values, "photo": photo})


def _other_name(content: CardContent) -> CardContent:
    """Another, good photo of another person: only the card file knows better."""
    if not content.values.get("photo"):
        return content
    return replace(content, values={**content.values, "photo": photo_image(Draws("conformance", "other"))})


def _contact(content: CardContent) -> CardContent:
    return replace(content, atr=bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B"))


def _storage(content: CardContent) -> CardContent:
    """The answer that readers give for a contactless storage card of type A."""
    return replace(content, atr=bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"))


def _second_type(content: CardContent) -> CardContent:
    first = content.profile.generation is Generation.FIRST
    return replace(content, values={**content.values, "card_type": b"2" if first else b"06"})


# fmt: off
CONTENT: Final = (
    broken("atr-contact", "接触型カードのATRを返す", "answers as a contact card", "card_atr",
            holding(_contact)),
    broken("atr-type-a", "タイプAの記憶カードのATRを返す", "answers as a storage card of type A",
            "card_atr", holding(_storage)),
    broken("other-version", "仕様バージョンが違う", "tells another version",
            "card_free_files", values(spec_version=b"0009")),
    broken("short-file", "ファイルが1バイト短い", "a file is one byte short",
            "card_file_size", holding(_cut)),
    broken("missing-files", "許可のファイルがない", "lacks the files of permissions",
            "card_files", holding(_without_permissions)),
    broken("other-type", "カード種別を偽る", "calls itself by another type",
            "card_type", holding(_second_type)),
    broken("malformed-file", "ファイルの構造が壊れている", "a file is no TLV",
            "card_well_formed", holding(_malformed)),
    broken("other-content", "与えた内容と違う写真を持つ", "holds another photo than it was given",
            "card_content", holding(_other_name)),
    broken("other-signature", "署名が1ビット違う", "its signature is wrong by one bit",
            "card_signature", holding(_other_signature)),
    broken("child-with-photo", "写真のないはずのカードに写真がある", "a child's card has a photo",
            "card_unsigned_child", holding(_grown_up)),
    broken("jpeg-photo", "写真がJPEG 2000でない", "its photo is no JPEG 2000",
            "card_image", values(photo=b"\xff\xd8\xff\xe0" + bytes(range(1, 200)))),
    broken("dates-with-slashes", "日付が8桁の数字でない", "its dates are not eight digits",
            "card_text", values(birth=b"61/03/26", address_date=b"25/05/01")),
    broken("other-kanji", "まれな漢字を別の字に置き換える", "replaces a rare character by another",
            "card_field", holding(_other_kanji)),
    broken("specified-other-type", "特定在留カードの種別が違う", "a specified card tells another type",
            "card_specified_application", values(card_type=b"05")),
    broken("specified-signature", "特定在留カードの署名が違う", "a specified card's signature is wrong",
            "card_specified_reading", holding(_other_signature)),
)
# fmt: on
