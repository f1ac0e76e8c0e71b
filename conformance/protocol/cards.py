"""Operations of the roles `card` (a chip in any reader) and `card-application` (what reads and judges cards).

An application reaches a card in one of two ways, and says in its answer to `reset` which one it takes. By
`calls`, it asks the harness in the middle of an operation: `connect` (`{}`, answered by `{"atr": hex}`),
`transmit` (`{"apdu": hex}`, answered by `{"response": hex}`) and `disconnect` (`{}`, answered by `{}`); when
there is no card any more, the answer is `{"removed": true}`. By `reader`, the card lies in a PC/SC reader
whose name the operation tells.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from conformance.protocol.base import COMMON, Answer, Code, Done, Message, Moment, Octets, OneOf, Op, Request

Hex = Annotated[str, StringConstraints(pattern=r"\A([0-9A-Fa-f]{2})*\z", max_length=1 << 18)]
"""Bytes, as two hexadecimal digits each."""
CardNumber = Annotated[str, StringConstraints(pattern=r"\A[A-Z]{2}[0-9]{8}[A-Z]{2}\z")]
"""The number of a card as it is printed."""


# --- role card ------------------------------------------------------------------------------------------
class Reset(Request):
    """A card of this type is to lie in the reader, as if it had just been laid there.

    `card_type`: what file C1 of the card says, such as `1` or `05`. `number`: that of the harness's own card.
    `card_file`: that card as a file `renkei-card/1` (docs/cards.md), with the test keys' signature; a product
    that takes personalisation is made to hold just that. `delivery_key`: reference of the key to which a
    specified card's session keys are delivered; `test` is the harness's own.
    """

    case: str
    at: Moment
    card_type: Code
    number: CardNumber
    card_file: Annotated[str, StringConstraints(max_length=1 << 20)]
    delivery_key: Code = "test"


class ResetAnswer(Answer):
    """Which card lies there now: its number as printed, and whether it holds what `card_file` says."""

    number: CardNumber
    as_given: bool = True


class Connect(Request):
    """Power the card up, as if it came into the field of the reader."""


class ConnectAnswer(Answer):
    """The answer to reset, as a PC/SC reader tells it."""

    atr: Hex


class Transmit(Request):
    """A command to the card. The harness sends no key that is not a test key."""

    apdu: Hex


class TransmitAnswer(Answer):
    """The card's answer: its data, then the two bytes of the status word."""

    response: Hex


class Disconnect(Request):
    """Power the card down; it forgets every state."""


CARD_OPS: Final = (
    *COMMON[:1],
    Op("reset", Reset, ResetAnswer),
    Op("connect", Connect, ConnectAnswer),
    Op("transmit", Transmit, TransmitAnswer),
    Op("disconnect", Disconnect, Done),
    *COMMON[2:],
)
"""All operations of the role `card`. A chip has no clock, so there is none."""


# --- role card-application ------------------------------------------------------------------------------
class TerminalData(Message):
    """A terminal. `kind`: `card_terminal`, `registry_terminal` (with the reading application installed) or
    `exchange_terminal`. `connection`: `lgwan` or `standalone`."""

    id: Code
    kind: Code = "card_terminal"
    connection: Code = "lgwan"


class ResetApplication(Request):
    """A fresh application at an instant, without readings. What is not a known terminal may read nothing.

    `test_ca`: certificates of the authorities to trust, in PEM, and no others; several of them bear one name.
    `delivery_key`: the public key, in PEM, to which a specified card's session keys are delivered.
    `write_policy`: whether the address may be written to chips, `suspended` or `active`. `revoked`: numbers
    that are no longer valid, for applications that look them up.
    """

    case: str
    at: Moment
    test_ca: str
    delivery_key: str = ""
    write_policy: Code = "suspended"
    terminals: tuple[TerminalData, ...]
    revoked: tuple[CardNumber, ...] = ()


class ResetApplicationAnswer(Answer):
    """`way`: how it reaches cards. `radio`: the kinds of contactless card that its readers poll for, such as
    `type_b`. `encoding`: the character encoding of text that it gives away."""

    way: Literal["calls", "reader"] = "calls"
    radio: tuple[Code, ...]
    encoding: Code


class FaceData(Message):
    """What is printed on a card. `items`: the words by item (docs/card-tables.md; an item that is not printed
    is not there, an empty one is printed empty). `images`: pictures of printed areas, in the formats of the
    chip, by the name of the chip's field that they match; `back_address_image` is the back's address."""

    card_type: Code
    items: dict[str, str]
    images: dict[str, Octets] = Field(default_factory=dict)


class ReadCard(Request):
    """Read the card that lies there, and judge it: by its chip, and by its face where `face` is given.

    `number`: as printed. `reader`, `daemon`: the name of the PC/SC reader and, for PCSCLITE_CSOCK_NAME, the
    socket of its daemon; both empty for applications that call.
    """

    visit: str
    terminal: Code
    number: CardNumber
    face: FaceData | None = None
    reader: str = ""
    daemon: str = ""


class ItemData(Message):
    """An item for the resident register. `item`: `nationality`, `name`, `sex`, `birth`, `status`, `period`,
    `number`, then `period_expiry`, `address` (of the front), `back_address`, and any others.

    `origin`: `chip` (then `value` is the chip's text, byte for byte), `image` (the chip has a picture only,
    so that somebody must key it; `value` is empty) or `not_held`.
    """

    item: Code
    origin: Literal["chip", "image", "not_held"]
    value: str = ""


class ImageData(Message):
    """An image of the chip. `image`: `face_image`, `name_image`, `address_image` or `photo`.

    `sha256` in hexadecimal and `bytes`, its length, are without the NULs at the end; `width` and `height` are
    in pixels.
    """

    image: Code
    sha256: Code
    bytes: int
    width: int
    height: int


class ReadCardAnswer(Answer):
    """What came of it.

    `outcome`: `match`; `mismatch` (a forgery is suspected, and the procedure stops); `review` (a person must
    look: a difference outside what is signed, an expired card, a revoked number); `unreadable` (nothing can
    be said of the card); `refused` (nothing was read). `certificate`: `valid`, `expired`, `untrusted`,
    `absent` or `unchecked`; `signature`: `valid`, `invalid`, `absent` or `unchecked`. `differs`: items and
    images in which face and chip differ. `identity`: how identity is to be confirmed, by the `photo` or by
    `other_means`. `items`: the seven of the register in their order, then others. `written`: whether the
    chip was written to.
    """

    outcome: Literal["match", "mismatch", "review", "unreadable", "refused"]
    certificate: Literal["valid", "expired", "untrusted", "absent", "unchecked"] = "unchecked"
    signature: Literal["valid", "invalid", "absent", "unchecked"] = "unchecked"
    differs: tuple[Code, ...] = ()
    identity: Literal["photo", "other_means", ""] = ""
    items: tuple[ItemData, ...] = ()
    images: tuple[ImageData, ...] = ()
    reason: str = ""
    written: bool = False


class Kept(Request):
    """What has been kept of the readings."""


class KeptResult(Message):
    """The result of one reading, as it was kept."""

    visit: str
    outcome: Literal["match", "mismatch", "review", "unreadable", "refused"]


class KeptAnswer(Answer):
    """All results since `reset`, in order."""

    results: tuple[KeptResult, ...]


class ToMedium(Request):
    """Put the extracts of these visits on a medium, sealed with a passphrase (the way of pattern 1)."""

    visits: tuple[str, ...]
    passphrase: str


class MediumUse(Message):
    """A line of the log of uses of media. `action`: `written` or `read`."""

    action: Annotated[str, OneOf("written", "read")]
    records: int
    sha256: Code


class ToMediumAnswer(Answer):
    """The bytes of the medium, and the log of its uses so far."""

    medium: Octets
    log: tuple[MediumUse, ...]


class FromMedium(Request):
    """Take the extracts off a medium, at the registry's own terminal."""

    medium: Octets
    passphrase: str


class ExtractData(Message):
    """What one card gave: its number and the items as in `read_card`."""

    number: CardNumber
    items: tuple[ItemData, ...]


class FromMediumAnswer(Answer):
    """The extracts, and the log of uses of media so far; `opened`: whether the medium opened at all."""

    opened: bool
    extracts: tuple[ExtractData, ...] = ()
    log: tuple[MediumUse, ...] = ()


class WriteAddress(Request):
    """Write a new place of residence to the chip of the card that lies there.

    While it may not be, nothing is written and nothing tried. A terminal asks for the right each time by the
    call `authorise_write` (`{"terminal": id, "number": number}`, answered by `{"granted": bool}`); one that
    reaches nobody cannot ask. The commands that write are not public, so what they are is not tested.
    """

    visit: str
    terminal: Code
    number: CardNumber
    address: str
    municipality: Code
    on: date
    reader: str = ""
    daemon: str = ""


class WriteAddressAnswer(Answer):
    """Whether it was written, and why not: writing is suspended, the terminal reaches nobody, the right was
    not granted, or the product has no way to write."""

    written: bool
    reason: Literal["suspended", "standalone", "not_authorised", "unsupported", ""] = ""


MEDIUM: Final = "extract.medium"

APPLICATION_OPS: Final = (
    *COMMON[:1],
    Op("reset", ResetApplication, ResetApplicationAnswer),
    COMMON[1],
    Op("read_card", ReadCard, ReadCardAnswer),
    Op("kept", Kept, KeptAnswer),
    Op("to_medium", ToMedium, ToMediumAnswer, MEDIUM),
    Op("from_medium", FromMedium, FromMediumAnswer, MEDIUM),
    Op("write_address", WriteAddress, WriteAddressAnswer),
    *COMMON[2:],
)
"""All operations of the role `card-application`."""
