"""A whole card from a person's record: chip content, printed face, notes.

The same holder, number, day and seed give the same card, byte for byte, with the same font and the same
release of Pillow: pictures are drawn, nothing else depends on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from virtual_card.cardfile import Card, Origin
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.faces import (
    NEW_CARDS_FROM,
    SPECIAL,
    Item,
    PrintedFace,
    chip_values,
    face_items,
    has_photo,
    is_issued_on,
)
from virtual_card.layouts import CardType, Generation, profile_of
from virtual_card.number import checked_number, make_number
from virtual_card.people import (
    PERMANENT_RESIDENT,
    SPECIAL_PERMANENT_RESIDENT,
    Holder,
    sample_endorsement,
    sample_holder,
    years_after,
)
from virtual_card.personalise.fonts import Font, find_font
from virtual_card.personalise.images import address_image, front_image, name_image, photo_image
from virtual_card.personalise.pki import Authority, SigningKey, authority_for, card_certificate
from virtual_card.personalise.quirks import Quirk, with_quirk
from virtual_card.personalise.signing import sign

USUAL_DAY: Final = MappingProxyType({True: date(2026, 7, 1), False: date(2025, 4, 1)})
"""The day of issue when none is asked for: of cards from 2026-06-14 on, and of those before."""
VALID_ON: Final = date(2029, 12, 31)
"""The day on which a card is still valid when nobody says when it was issued: stays of five years last so
long from either usual day. A fixed day, so that a seed gives the same card this year and next."""
BEFORE_SIXTEEN_FROM: Final = date(2023, 11, 1)
"""Children's cards issued from this day on end the day before the sixteenth birthday (facts: law §6)."""


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who vouches for a card: the authority named in its certificate, and the key that signs the card.

    `outlives`: the certificate runs longer than its authority does, which no true authority would write.
    """

    authority: Authority
    signer: SigningKey
    outlives: bool = False

    @classmethod
    def usual(cls, generation: Generation, issued: date) -> Vouching:
        """The authority in office on that day and its own signer."""
        authority = authority_for(generation, issued)
        return cls(authority, authority.signer)


def card_expiry(holder: Holder, card_type: CardType, issued: date) -> date:
    """The last day of a card issued on that day.

    The period of stay bounds the card of all but permanent residents. Before 2026-06-14 theirs runs seven
    years from the issue, a special permanent resident's to the seventh birthday; a child's card ends on the
    sixteenth birthday, or the day before it when issued from 2023-11-01 on. UNCONFIRMED: from 2026-06-14 to
    the tenth birthday, to the fifth for those under 18, without a special end for children.
    """
    permanent = card_type in SPECIAL or holder.status_code in (PERMANENT_RESIDENT, SPECIAL_PERMANENT_RESIDENT)
    if issued >= NEW_CARDS_FROM:
        if not permanent and holder.period_expiry:
            return holder.period_expiry
        return _birthday_after(holder, issued, 5 if holder.age_on(issued) < 18 else 10)
    if holder.age_on(issued) < 16:
        last = years_after(holder.birth, 16)
        if issued >= BEFORE_SIXTEEN_FROM:
            last -= timedelta(days=1)
        return min(last, holder.period_expiry) if holder.period_expiry else last
    if not permanent and holder.period_expiry:
        return holder.period_expiry
    return _birthday_after(holder, issued, 7) if card_type in SPECIAL else years_after(issued, 7)


def _birthday_after(holder: Holder, day: date, count: int) -> date:
    return years_after(holder.birth, holder.age_on(day) + count)


def issue(
    holder: Holder,
    card_type: CardType,
    number: str,
    issued: date,
    *,
    seed: int = 0,
    font: Font | None = None,
    quirk: Quirk | None = None,
    written: bool = False,
    vouching: Vouching | None = None,
) -> Card:
    """Issue a card.

    `seed`: of the portrait. `font`: the one found on the machine unless given. `quirk`: an oddity of the
    certificate. `written`: the last endorsement stands on the chip too (writing is suspended by default).
    `vouching`: another authority or signer than the usual one.

    Raises:
        CardUsageError: for a number of the wrong shape, a day on which no such card is issued, a holder whose
            words do not fit, a quirk that this certificate cannot have.
    """
    checked_number(number)
    profile = profile_of(card_type)
    font = font or find_font()
    expiry = card_expiry(holder, card_type, issued)
    items = face_items(holder, card_type, number=number, issued=issued, card_expiry=expiry)
    pictured = has_photo(card_type, holder.birth, issued)
    photo = photo_image(Draws(seed, "photo", holder.name)) if pictured else b""
    values = chip_values(holder, card_type, card_expiry=expiry, written=written)
    pictures = {"photo": photo}
    notes: list[str] = []
    if "face_image" in profile.fields:
        front = front_image(items, card_type, font, photo=pictured)
        pictures["face_image"] = front.data
        notes += front.notes
    if "name_image" in profile.fields:
        name, address = name_image(items[Item.NAME], font), address_image(items[Item.ADDRESS], font)
        pictures |= {"name_image": name.data, "address_image": address.data}
        notes += name.notes + address.notes
    values |= {name: data for name, data in pictures.items() if name in profile.fields}
    if holder.endorsements and "address_image" in profile.fields:
        moved = address_image(holder.endorsements[-1].address, font)
        pictures["back_address_image"] = moved.data
        if written:
            values["address_image"] = moved.data
        notes += moved.notes
    if profile.signature and not (profile.generation is Generation.FIRST and not pictured):
        vouching = vouching or Vouching.usual(profile.generation, issued)
        values |= vouched(values, card_type, number, issued, expiry, vouching, quirk)
    elif profile.signature:
        notes.append("A first-generation card without a photo bears neither signature nor certificate.")
    return Card(
        content=CardContent(card_type, number, values),
        face=PrintedFace(card_type, items, {name: data for name, data in pictures.items() if data}),
        origin=Origin(seed=seed, issued=issued, notes=tuple(dict.fromkeys(notes))),
    )


def vouched(
    values: dict[str, bytes],
    card_type: CardType,
    number: str,
    issued: date,
    expiry: date,
    vouching: Vouching,
    quirk: Quirk | None = None,
) -> dict[str, bytes]:
    """The fields `signature` and `certificate` for a chip with these values.

    Raises:
        CardUsageError: when the quirk is none for this certificate, or makes it too long.
    """
    profile = profile_of(card_type)
    certificate = card_certificate(
        vouching.authority,
        number=number,
        issued=issued,
        card_expiry=expiry,
        signer=vouching.signer,
        outlives=vouching.outlives,
    )
    if quirk is not None:
        size = profile.fields["certificate"].size
        certificate = with_quirk(certificate, quirk, vouching.authority.key, size=size)
    return {"signature": sign(profile, values, vouching.signer), "certificate": certificate}


def issue_sample(
    card_type: CardType,
    *,
    seed: int,
    number: str | None = None,
    issued: date | None = None,
    age: int | None = None,
    endorsed: bool = False,
    written: bool = False,
    quirk: Quirk | None = None,
    font: Font | None = None,
    on: date | None = None,
) -> Card:
    """A card of that type for an invented person: what `card issue` makes.

    `number`: drawn from the seed when not given. `issued`: a usual day for the type. `age`: of the holder in
    years, for cards without a photo. `endorsed`: the back bears a new place of residence, `written`: so does
    the chip. `on`: a day on which the card is still valid; where it cannot be, a note says so.

    Raises:
        CardUsageError: as `issue` does, and for a day before the card was issued.
    """
    usual = USUAL_DAY[is_issued_on(card_type, USUAL_DAY[True])]
    day = issued or min(usual, on or usual)
    if on is not None and on < day:
        raise CardUsageError(
            "a card is not valid before it is issued", expected=f"a day from {day} on", received=str(on)
        )
    draws = Draws(seed, "card", card_type)
    holder = sample_holder(seed, special_permanent=card_type in SPECIAL, issued=day, age=age, until=on)
    if endorsed or written:
        move = sample_endorsement(Draws(seed, "move"), day + timedelta(days=30))
        holder = replace(holder, endorsements=(move,))
    made = issue(
        holder,
        card_type,
        number if number is not None else make_number(draws),
        day,
        seed=seed,
        font=font,
        quirk=quirk,
        written=written,
    )
    last = card_expiry(holder, card_type, day)
    if on is None or last >= on:
        return made
    note = f"No card of such a person that was issued on {day} is valid on {on}: this one ends on {last}."
    return replace(made, origin=replace(made.origin, notes=(*made.origin.notes, note)))
