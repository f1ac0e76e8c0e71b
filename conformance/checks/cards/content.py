"""What a chip holds: its files, type, text, images and signature.

Source: the public card specifications (facts on the chip §1.2, §1.6, §2). Images and text are what a counter
compares with the face and takes over (seed 000, lines 152, 156 and 229).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from conformance.checks.cards.found import found
from conformance.checks.declare import check, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

COMPARED: Final = ("S0-031", "S0-054")
EXTRACTED: Final = ("S0-033", "S0-065")

CHAIN: Final = (
    "chain_unknown_ca",
    "chain_signature_invalid",
    "chain_expired",
    "chain_not_yet_valid",
    "chain_wrong_generation",
    "card_expired",
)
"""Reasons that concern the authority of a certificate and its days, and not the signature on the card."""

TEXTS: Final = {
    "card_expiry": r"\d{8}",
    "birth": r"\d{4}(?:\d{4}|0000)",
    "sex": "[123]",
    "nationality": "[A-Z]{3}",
    "period": r"\d{3,4}",
    "permission_date": r"(?:\d{8})?",
    "work_restriction": "[1249]",
    "period_expiry": r"(?:\d{8})?",
    "comprehensive_permission": "[012]?",
    "comprehensive_expiry": r"(?:\d{8})?",
    "individual_permission": "[01]",
    "application_pending": "[01]",
    "commissioner_note": "[01]",
    "address_date": r"(?:\d{8})?",
    "address_municipality": r"(?:\d{6})?",
    "number": r"[A-Z]{2}\d{8}[A-Z]{2}",
}
"""What text fields hold, by field; others hold any text."""


@check(
    "card_free_files",
    Severity.MUST,
    ("C-01",),
    ("free_file_read",),
    ja="認証なしで読める仕様バージョンとカード種別",
)
def card_free_files(case: Case, file: str, tag: str, value: str | None = None) -> Iterator[Finding]:
    """Version and type are read without authentication, the header first, then what it announces."""
    for line in case.lines("free_file_read", file=file):
        good = line.data.get("sw") == "9000" and line.data.get("header_first") is True
        if not good or line.data.get("tag") != tag or (value is not None and line.data.get("value") != value):
            yield found(
                line,
                "認証なしで読めるファイルの内容が違います。",
                "A file that is free to read holds something else.",
                f"9000, {tag}, {value if value is not None else 'any value'}",
                f"{line.data.get('sw')}, {line.data.get('tag')}, {line.data.get('value')}",
            )


@check("card_file_size", Severity.MUST, ("C-02",), ("file_read",), ja="ファイルの大きさ")
def card_file_size(case: Case, file: str, length: int) -> Iterator[Finding]:
    """A file is as long as the specification says, filled up with NUL."""
    for line in case.lines("file_read", file=file):
        if line.data.get("length") != length:
            yield found(
                line,
                "ファイルの大きさが仕様と違います。",
                "A file has another length than the specification says.",
                f"{file}: {length} bytes",
                "not there" if line.data.get("length") is None else f"{line.data['length']} bytes",
            )


@check("card_files", Severity.MUST, ("C-02",), ("file_read", "type_told"), ja="種別ごとのファイル構成")
def card_files(case: Case, files: int) -> Iterator[Finding]:
    """A card has the files of its type and no others."""
    lines = case.lines("file_read")
    there = [line for line in lines if line.data.get("length") is not None]
    if lines and len(there) != files:
        yield Finding(
            ja="ファイルの数が違います。",
            en="The card has another number of files.",
            expected=str(files),
            received=str(len(there)),
            evidence=tuple(line.id for line in lines),
        )
    for line in case.lines("type_told"):
        if line.data.get("unexpected"):
            yield found(
                line,
                "この種別にないファイルがあります。",
                "There are files that cards of this type do not have.",
                "none",
                line.data["unexpected"],
            )


@check("card_type", Severity.MUST, ("C-01",), ("type_told",), ja="カード種別")
def card_type(case: Case, type: str) -> Iterator[Finding]:
    """The card calls itself by its type, and its files and cryptography are those of that type."""
    for line in case.lines("type_told"):
        if (line.data.get("declared"), line.data.get("files_of")) != (type, type):
            yield found(
                line,
                "カード種別が違うか、ファイルの構成と合いません。",
                "The card's type is another one, or does not fit its files.",
                type,
                f"says {line.data.get('declared')}, files of {line.data.get('files_of')}",
            )


@check("card_well_formed", Severity.MUST, ("C-02",), ("oddity_seen", "card_read"), ja="ファイルの構造")
def card_well_formed(case: Case) -> Iterator[Finding]:
    """The card is read to its end, and each file holds the data objects of its layout and nothing else."""
    for line in case.lines("card_read", read=False):
        yield found(
            line,
            "カードを最後まで読めません。",
            "The card cannot be read.",
            "all files",
            line.data.get("told"),
        )
    case.lines("card_read", read=True)
    for line in case.lines("oddity_seen"):
        yield found(
            line,
            "ファイルの内容が仕様の構造ではありません。",
            "A file does not hold what its layout says.",
            "the data objects of the specification",
            f"{line.data.get('reason')} in {line.data.get('where')}: {line.data.get('told')}",
        )


@check("card_content", Severity.MUST, EXTRACTED, ("file_read",), ja="カードファイルのとおりの内容")
def card_content(case: Case) -> Iterator[Finding]:
    """The chip gives, byte for byte, what it was made to hold."""
    for line in case.lines("file_read"):
        given = line.data.get("given")
        if given is not None and line.data.get("sha256") != given:
            yield found(
                line,
                "カードの内容が、与えたカードファイルと違います。",
                "The card holds something else than the card file that was given.",
                f"{line.data.get('file')}: SHA-256 {given}",
                line.data.get("sha256") or "not read",
            )


@check("card_signature", Severity.MUST, (*COMPARED, "C-08"), ("signature_read",), ja="署名と公開鍵証明書")
def card_signature(case: Case) -> Iterator[Finding]:
    """The signature holds over the signed values, under a certificate of the test authority.

    A card that was not made from the card file that was given has an authority of its own, which nobody here
    knows: of it the signature alone is judged.
    """
    for line in case.lines("signature_read"):
        wrong = [one for one in line.data.get("wrong", ()) if line.data.get("given") or one not in CHAIN]
        held = line.data.get("holds") is True or not line.data.get("given")
        if wrong or not held or not line.data.get("certificate"):
            yield found(
                line,
                "署名が署名対象と一致しないか、公開鍵証明書が認証局のものではありません。",
                "The signature does not hold, or no trusted authority issued the certificate.",
                "a signature that holds",
                wrong or "no signature",
            )


@check(
    "card_unsigned_child",
    Severity.MUST,
    ("S0-053", "S0-031", "C-10"),
    ("signature_read", "image_read"),
    ja="写真のないカード",
)
def card_unsigned_child(case: Case, signed: bool) -> Iterator[Finding]:
    """A card without a photo has an empty photo; of the first generation it is not signed, later it is."""
    for line in case.lines("image_read", image="photo"):
        if line.data.get("empty") is not True:
            yield found(
                line, "写真のないはずのカードに写真があります。", "There is a photo.", "none", "a photo"
            )
    for line in case.lines("signature_read"):
        if line.data.get("certificate") is not signed or line.data.get("holds") is not signed:
            yield found(
                line,
                "写真のないカードの署名の有無が違います。",
                "A card without a photo is signed otherwise than cards of its generation are.",
                "signed" if signed else "not signed",
                line.data.get("wrong") or "signed",
            )


@check("card_image", Severity.MUST, (*EXTRACTED, "C-10"), ("image_read",), ja="画像の形式と大きさ")
def card_image(case: Case, image: str, forms: list[str], most: int) -> Iterator[Finding]:
    """An image can be decoded, in the form of the specification and within its size."""
    for line in case.lines("image_read", image=image):
        container, length = line.data.get("container"), int(line.data.get("length") or 0)
        if container not in forms or not 0 < length <= most:
            yield found(
                line,
                "画像を復号できないか、形式又は大きさが違います。",
                "An image cannot be decoded, or has another form or size.",
                f"{said(forms)}, at most {most} bytes",
                f"{container or line.data.get('told') or 'no image'}, {length} bytes",
            )


@check(
    "card_text",
    Severity.MUST,
    (*EXTRACTED, "C-09"),
    ("field_read",),
    ja="文字データの符号化と値",
    standing=True,
)
def card_text(case: Case) -> Iterator[Finding]:
    """Text is UTF-8 without a mark, dates are eight digits, codes are those of the specification."""
    for line in case.lines("field_read"):
        field, text = str(line.data.get("field")), line.data.get("text")
        wanted = TEXTS.get(field)
        if line.data.get("mark") or (
            wanted is not None and (text is None or not re.fullmatch(wanted, str(text)))
        ):
            yield found(
                line,
                "文字データの値又は符号化が仕様と違います。",
                "A text field holds another kind of text.",
                f"{field}: {wanted or 'text'} in UTF-8 without a byte order mark",
                "no UTF-8" if text is None else text,
            )


@check("card_field", Severity.MUST, EXTRACTED, ("field_read",), ja="項目の値")
def card_field(case: Case, field: str, text: str) -> Iterator[Finding]:
    """A field holds the text that it was made to hold, every character of it."""
    for line in case.lines("field_read", field=field):
        if line.data.get("text") != text:
            yield found(
                line, "項目の値が違います。", "A field holds another text.", text, line.data.get("text")
            )
