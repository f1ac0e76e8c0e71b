"""How each entry of the catalogue of forgeries is made of a genuine test card.

A maker takes the workshop and gives the forged card. It changes what its entry names and nothing else: what
a checker finds is then due to that change alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from virtual_card.cardfile import Card
from virtual_card.draws import Draws
from virtual_card.faces import Item, PrintedFace, printed_date
from virtual_card.layouts import CardProfile, CardType, Generation, profile_of
from virtual_card.number import make_number
from virtual_card.people import COMPREHENSIVE_PERMISSIONS, sample_endorsement, years_after
from virtual_card.personalise.fonts import Font
from virtual_card.personalise.images import address_image, front_image, name_image, photo_image
from virtual_card.personalise.issue import Vouching, issue_sample, vouched
from virtual_card.personalise.pki import AUTHORITIES, EC, KIND_OF, RSA, Authority, impostor


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a forger has: a genuine card with its face, a day, a font."""

    card: Card
    face: PrintedFace
    issued: date
    font: Font

    @property
    def profile(self) -> CardProfile:
        return self.card.content.profile

    @property
    def values(self) -> dict[str, bytes]:
        return dict(self.card.content.values)

    @property
    def is_first(self) -> bool:
        return self.profile.generation is Generation.FIRST

    @property
    def expiry(self) -> date:
        year, month, day = (int(self.face.items[Item.CARD_EXPIRY][part]) for part in _YEAR_MONTH_DAY)
        return date(year, month, day)

    @property
    def other(self) -> Card:
        """Another person's genuine card of the same type, issued on the same day."""
        seed = 1 + (self.card.origin.seed or 0)
        while True:
            card = issue_sample(self.card.content.card_type, seed=seed, issued=self.issued, font=self.font)
            if card.face and card.face.items[Item.NAME] != self.face.items[Item.NAME]:
                return card
            seed += 1

    def with_chip(self, **changed: bytes) -> Card:
        content = self.card.content
        return replace(self.card, content=replace(content, values={**content.values, **changed}))

    def with_face(self, items: Mapping[str, str], photo: bytes | None = None) -> PrintedFace:
        """The face with other words, its pictures drawn anew from them."""
        words = {**self.face.items, **items}
        images = dict(self.face.images)
        if "face_image" in images:
            front = front_image(words, self.face.card_type, self.font, photo="photo" in images)
            images["face_image"] = front.data
        if "name_image" in images:
            images["name_image"] = name_image(words[Item.NAME], self.font).data
        if "address_image" in images and Item.ADDRESS in items:
            images["address_image"] = address_image(words[Item.ADDRESS], self.font).data
        if photo is not None:
            images["photo"] = photo
        return replace(self.face, items=words, images=images)

    def vouched_by(
        self,
        vouching: Vouching,
        changed: Mapping[str, bytes] | None = None,
        expiry: date | None = None,
    ) -> Card:
        """The card signed anew by somebody else, after the changes."""
        values = {**self.values, **(changed or {})}
        content, last = self.card.content, expiry or self.expiry
        values |= vouched(values, content.card_type, content.number, self.issued, last, vouching)
        return self.with_chip(**values)


_YEAR_MONTH_DAY: Final = (slice(0, 4), slice(5, 7), slice(8, 10))
_NEW_NAME: Final = "FORGER FRANK"


def _face_differs(shop: Workshop) -> Card:
    return replace(shop.card, face=shop.with_face({Item.NAME: _NEW_NAME}))


def _face_expiry_extended(shop: Workshop) -> Card:
    later = printed_date(years_after(shop.expiry, 3))
    items: dict[str, str] = {
        item: later for item in (Item.CARD_EXPIRY, Item.PERIOD_EXPIRY) if shop.face.items.get(item)
    }
    return replace(shop.card, face=shop.with_face(items))


def _altered_image(shop: Workshop) -> Card:
    face = shop.with_face({Item.NAME: _NEW_NAME})
    field = "face_image" if shop.is_first else "name_image"
    return replace(shop.with_chip(**{field: face.images[field]}), face=face)


def _altered_text(shop: Workshop) -> Card:
    birth = years_after(date.fromisoformat(shop.values["birth"].decode()), 7)
    face = shop.with_face({Item.BIRTH: printed_date(birth)})
    return replace(shop.with_chip(birth=birth.strftime("%Y%m%d").encode()), face=face)


def _new_photo(shop: Workshop) -> bytes:
    return photo_image(Draws(shop.card.origin.seed or 0, "swapped photo"))


def _swapped_photo(shop: Workshop) -> Card:
    photo = _new_photo(shop)
    return replace(shop.with_chip(photo=photo), face=shop.with_face({}, photo))


def _swapped_photo_on_face(shop: Workshop) -> Card:
    return replace(shop.card, face=shop.with_face({}, _new_photo(shop)))


def _unknown_ca(shop: Workshop) -> Card:
    stranger = impostor(KIND_OF[shop.profile.generation], shop.issued)
    return shop.vouched_by(Vouching(stranger, stranger.signer))


def _copied_ca_name(shop: Workshop) -> Card:
    copied = oldest_authority(shop.profile).common_name
    stranger = impostor(KIND_OF[shop.profile.generation], shop.issued, common_name=copied)
    return shop.vouched_by(Vouching(stranger, stranger.signer))


def _expired_ca(shop: Workshop) -> Card:
    old = oldest_authority(shop.profile)
    valid_until = max(shop.expiry, years_after(old.not_after, 2))
    items: dict[str, str] = {
        item: printed_date(valid_until)
        for item in (Item.CARD_EXPIRY, Item.PERIOD_EXPIRY)
        if shop.face.items.get(item)
    }
    digits = valid_until.strftime("%Y%m%d").encode()
    changed = {name: digits for name in ("card_expiry", "period_expiry") if shop.values.get(name)}
    face = shop.with_face(items)
    if shop.is_first:
        changed["face_image"] = face.images["face_image"]
    vouching = Vouching(old, old.signer, outlives=True)
    return replace(shop.vouched_by(vouching, changed, valid_until), face=face)


def _wrong_generation_ca(shop: Workshop) -> Card:
    mine = KIND_OF[shop.profile.generation]
    foreign = [one for one in AUTHORITIES if one.kind == (EC if mine == RSA else RSA)]
    own = oldest_authority(shop.profile)
    # The key on the card is of the right kind, the authority behind it is not.
    authority = foreign[0] if mine == RSA else foreign[-1]
    return shop.vouched_by(Vouching(authority, own.signer))


def _another_chip(shop: Workshop) -> Card:
    return replace(shop.card, content=shop.other.content)


def _another_chip_renumbered(shop: Workshop) -> Card:
    content = replace(shop.other.content, number=shop.card.content.number)
    return replace(shop.card, content=content)


def _move(shop: Workshop) -> tuple[date, str, str, str]:
    draws = Draws(shop.card.origin.seed or 0, "altered address")
    while True:
        move = sample_endorsement(draws, shop.issued + timedelta(days=20))
        if move.address not in (shop.face.items[Item.ADDRESS], shop.face.items.get(Item.BACK_ADDRESS)):
            return move.on, move.municipality_code, f"{move.municipality}長", move.address


def _chip_moved(shop: Workshop, on: date, code: str, address: str) -> Card:
    if shop.is_first:
        day = on.strftime("%Y%m%d").encode()
        return shop.with_chip(address_date=day, address_municipality=code.encode(), address=address.encode())
    return shop.with_chip(address_image=address_image(address, shop.font).data)


def _altered_address(shop: Workshop) -> Card:
    on, code, _, address = _move(shop)
    return _chip_moved(shop, on, code, address)


def _altered_address_everywhere(shop: Workshop) -> Card:
    on, code, mayor, address = _move(shop)
    items: dict[str, str] = {
        Item.BACK_ADDRESS_DATE: printed_date(on),
        Item.BACK_ADDRESS_MUNICIPALITY: mayor,
        Item.BACK_ADDRESS: address,
    }
    moved = _chip_moved(shop, on, code, address)
    images = dict(shop.face.images)
    if "address_image" in images:
        images["back_address_image"] = moved.content.values["address_image"]
    face = replace(shop.face, items={**shop.face.items, **items}, images=images)
    return replace(moved, face=face)


def _permission_added(shop: Workshop) -> Card:
    words = COMPREHENSIVE_PERMISSIONS["1"]
    items: dict[str, str] = {Item.COMPREHENSIVE_PERMISSION: words}
    if shop.is_first:
        forged = shop.with_chip(permission_comprehensive=words.encode())
    else:
        items[Item.COMPREHENSIVE_EXPIRY] = shop.face.items[Item.CARD_EXPIRY]
        day = shop.expiry.strftime("%Y%m%d").encode()
        forged = shop.with_chip(comprehensive_permission=b"1", comprehensive_expiry=day)
    return replace(forged, face=replace(shop.face, items={**shop.face.items, **items}))


def _signature_of_another(shop: Workshop) -> Card:
    other = shop.other.content.values
    return shop.with_chip(signature=other["signature"], certificate=other["certificate"])


def _truncated_signature(shop: Workshop) -> Card:
    signature = shop.values["signature"]
    return shop.with_chip(signature=signature[: len(signature) // 2])


def _removed_signature(shop: Workshop) -> Card:
    return shop.with_chip(signature=b"", certificate=b"")


def _photo_and_signature_removed(shop: Workshop) -> Card:
    return shop.with_chip(photo=b"", signature=b"", certificate=b"")


_OTHER_TYPE: Final = MappingProxyType(
    {
        CardType.RESIDENCE_1: CardType.SPECIAL_PERMANENT_1,
        CardType.SPECIAL_PERMANENT_1: CardType.RESIDENCE_1,
        CardType.RESIDENCE_2: CardType.SPECIAL_PERMANENT_2,
        CardType.SPECIAL_PERMANENT_2: CardType.RESIDENCE_2,
        CardType.SPECIFIED_RESIDENCE: CardType.SPECIFIED_SPECIAL_PERMANENT,
        CardType.SPECIFIED_SPECIAL_PERMANENT: CardType.SPECIFIED_RESIDENCE,
    }
)


def _wrong_type_byte(shop: Workshop) -> Card:
    other = profile_of(_OTHER_TYPE[shop.card.content.card_type])
    return shop.with_chip(card_type=other.type_value)


def _other_number(shop: Workshop) -> str:
    return make_number(Draws(shop.card.origin.seed or 0, "wrong number", shop.card.content.number))


def _wrong_number_printed(shop: Workshop) -> Card:
    return replace(shop.card, face=shop.with_face({Item.NUMBER: _other_number(shop)}))


def _wrong_number_on_chip(shop: Workshop) -> Card:
    return shop.with_chip(number=_other_number(shop).encode())


def _blank(shop: Workshop) -> Card:
    content = shop.card.content
    empty = {
        spec.place: bytes(spec.capacity) for spec in content.profile.files if spec.df in ("DF1", "DF2", "DF3")
    }
    return replace(shop.card, content=replace(content, overrides=empty))


def _unchanged(shop: Workshop) -> Card:
    return shop.card


def oldest_authority(profile: CardProfile) -> Authority:
    return next(one for one in AUTHORITIES if one.kind == KIND_OF[profile.generation])


MAKERS: Final[Mapping[str, Callable[[Workshop], Card]]] = MappingProxyType(
    {
        "face_differs": _face_differs,
        "face_expiry_extended": _face_expiry_extended,
        "altered_image": _altered_image,
        "altered_text": _altered_text,
        "swapped_photo": _swapped_photo,
        "swapped_photo_on_face": _swapped_photo_on_face,
        "unknown_ca": _unknown_ca,
        "copied_ca_name": _copied_ca_name,
        "expired_ca": _expired_ca,
        "wrong_generation_ca": _wrong_generation_ca,
        "another_chip": _another_chip,
        "another_chip_renumbered": _another_chip_renumbered,
        "altered_address": _altered_address,
        "altered_address_everywhere": _altered_address_everywhere,
        "permission_added": _permission_added,
        "signature_of_another": _signature_of_another,
        "truncated_signature": _truncated_signature,
        "removed_signature": _removed_signature,
        "photo_and_signature_removed": _photo_and_signature_removed,
        "wrong_type_byte": _wrong_type_byte,
        "wrong_number_printed": _wrong_number_printed,
        "wrong_number_on_chip": _wrong_number_on_chip,
        "blank": _blank,
        "revoked_number": _unchanged,
        "perfect_clone": _unchanged,
    }
)
"""By the id of the catalogue's entry."""
