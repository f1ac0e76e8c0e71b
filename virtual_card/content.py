"""What one chip holds: values of fields, from which its files follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from virtual_card.errors import CardUsageError, nearest
from virtual_card.layouts import DEFAULT_ATR, CardProfile, CardType, FileKey, profile_of


@dataclass(frozen=True, slots=True)
class CardContent:
    """A chip's content.

    `number`: the card number that opens it. `values`: by field name, without padding; a field that is missing
    is an empty one. C0 and C1 come from the profile unless given, and so does the number field.
    `atr`: the answer to reset. `overrides`: raw bytes of whole files by place (`DF1/EF01`), for what no value
    can express: a blank file, a cut-off one, other encodings. Such a file has exactly these bytes.
    """

    card_type: CardType
    number: str
    values: Mapping[str, bytes]
    atr: bytes = DEFAULT_ATR
    overrides: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def profile(self) -> CardProfile:
        """The profile of its card type."""
        return profile_of(self.card_type)

    def filled(self) -> dict[str, bytes]:
        """The values, those included that follow from the profile and the number."""
        profile = self.profile
        given = {
            "spec_version": profile.version,
            "card_type": profile.type_value,
            "number": self.number.encode("ascii", "replace"),
        }
        return {name: value for name, value in given.items() if name in profile.fields} | dict(self.values)

    def files(self) -> dict[FileKey, bytes]:
        """All files of the chip as bytes, filled up with 00 to their capacity.

        Raises:
            CardUsageError: a value names no field of this card type or does not fit it, or an override names
                no file.
        """
        profile = self.profile
        known = profile.fields
        for name in self.values:
            if name not in known:
                near = nearest(name, known)
                raise CardUsageError(
                    f"a card of type {self.card_type} has no field {name}",
                    expected=", ".join(known),
                    remedy=f"did you mean {near}?" if near else None,
                )
        values = self.filled()
        files = {spec.key: spec.stored(values) for spec in profile.files}
        places = {spec.place: spec.key for spec in profile.files}
        for place, raw in self.overrides.items():
            if place not in places:
                near = nearest(place, places)
                raise CardUsageError(
                    f"a card of type {self.card_type} has no file {place}",
                    expected=", ".join(places),
                    remedy=f"did you mean {near}?" if near else None,
                )
            files[places[place]] = raw
        return files
