"""What the images on a chip are, decoded in safety.

An image from a card is a stranger's file. It is opened by one decoder only, the one its field calls for;
its size is read and bounded before a single pixel is unpacked; and whatever the decoder thinks of it ends
as a word, never as an exception. That word quotes nothing of the file: it stands in redacted outputs, too.

Facial images are JPEG 2000 (whether as JP2 file or raw codestream is not public: both are taken, and which
it was is told), all other images TIFF with MMR (CCITT G4) coding: facts: chip §1.2, §2.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from virtual_card.layouts import Kind

MOST_PIXELS: Final = 2_000_000
"""Seven times the sample front image, 674 × 425 (facts: chip §1.2): few bytes can unpack to any number."""
JP2_BOX: Final = bytes.fromhex("0000000C6A5020200D0A870A")
CODESTREAM: Final = bytes.fromhex("FF4FFF51")
COMPRESSION: Final = 259  # the TIFF tag
GROUP_4: Final = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image: container (`tiff-g4`, `jp2`, `j2k`), size in pixels, Pillow's mode, raw pixels.

    Two pictures that look the same have the same `pixels`, however they were packed.
    """

    container: str
    width: int
    height: int
    mode: str
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why an image could not be decoded, in words for a person."""

    why: str


def decode(data: bytes, kind: Kind) -> Picture | Undecodable | None:
    """Decode an image field; None when it is empty (a card without a photo).

    `data` may carry NUL padding behind the image. It is not cut off first: a TIFF may end in NULs.
    """
    if not data.strip(b"\0"):
        return None
    if kind is Kind.JPEG2000:
        if not data.startswith((JP2_BOX, CODESTREAM)):
            return Undecodable("no JPEG 2000 image: it starts with neither a JP2 box nor a codestream")
        return _open(data, "JPEG2000", "jp2" if data.startswith(JP2_BOX) else "j2k")
    if kind is Kind.TIFF:
        if not data.startswith((b"II*\0", b"MM\0*")):
            return Undecodable("no TIFF image: it does not start as one")
        return _open(data, "TIFF", "tiff-g4")
    raise ValueError(f"a field of kind {kind} holds no image")


def _open(data: bytes, format_name: str, container: str) -> Picture | Undecodable:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a decoder's doubt is a doubt about the card
            with Image.open(BytesIO(data), formats=[format_name]) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    return Undecodable(f"{width} × {height} pixels: more than {MOST_PIXELS:,} are refused")
                if container == "tiff-g4":
                    # Pillow keeps the tags of a TIFF under a name that only its TIFF class has.
                    coding = getattr(image, "tag_v2", {}).get(COMPRESSION)
                    if coding != GROUP_4:
                        return Undecodable(f"TIFF of compression {coding}: expected {GROUP_4}, CCITT G4")
                image.load()
                return Picture(container, width, height, image.mode, image.tobytes())
    except Exception as error:  # decoders raise whatever they like at a malformed file
        return Undecodable(f"the decoder gave up: {type(error).__name__}")
