"""What an application takes from a chip: text byte for byte, images, and by either way to the register.

Source: seed 000, lines 156, 229 to 243 and 260 to 281 (S0-033, S0-061 to S0-068): seven items in their order,
as text and not as an image, without keying what the chip holds, the same by medium and directly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from conformance.checks.cards.found import found
from conformance.checks.declare import check, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

TEXT: Final = ("S0-033", "S0-061", "S0-063")
READ: Final = ("match", "review")


@check("reader_item", Severity.MUST, TEXT, ("item_told",), ja="項目の文字データ")
def reader_item(case: Case, visit: str, item: str, value: str) -> Iterator[Finding]:
    """An item that the chip holds as text is given as that text."""
    for line in case.lines("item_told", visit=visit, item=item):
        if (line.data.get("origin"), line.data.get("value")) != ("chip", value):
            yield found(
                line,
                "チップの文字データと違います。",
                "An item is not the chip's text.",
                f"{item}: {value}, from the chip",
                f"{line.data.get('value')}, {line.data.get('origin')}",
            )


@check(
    "reader_text",
    Severity.MUST,
    ("S0-061", "S0-063", "S0-065"),
    ("card_read", "chip_holds", "items_told"),
    ja="文字データはチップと一字一句同じ",
    standing=True,
)
def reader_text(case: Case) -> Iterator[Finding]:
    """Text that the chip holds of an item is given, every character; nothing else is called the chip's."""
    for read in case.lines("card_read"):
        if read.data.get("outcome") not in READ:
            continue
        holds = {str(line.data["item"]): line for line in case.lines("chip_holds", visit=read.case)}
        for line in case.lines("items_told", visit=read.case):
            yield from _texts(line, holds)


def _texts(told: Line, holds: dict[str, Line]) -> Iterator[Finding]:
    given = {str(item["item"]): item for item in told.data.get("items", ())}
    for item, truth in holds.items():
        got = given.get(item, {})
        if item not in given and not truth.data.get("value"):
            continue
        if (got.get("origin"), got.get("value")) != ("chip", truth.data.get("value")):
            yield Finding(
                ja="チップの文字データと違うか、取り出されていません。",
                en="The chip's text of an item is not given, or is another one.",
                expected=f"{item}: {truth.data.get('value') or '(empty)'}, from the chip",
                received=f"{got.get('value') or '(empty)'}, {got.get('origin', 'not given')}",
                evidence=(truth.id, told.id),
            )
    for item, got in given.items():
        if got.get("origin") == "chip" and item not in holds:
            yield found(
                told,
                "チップに文字で記録されていない項目が、チップの文字とされています。",
                "An item is called the chip's text, and the chip holds no such text.",
                f"{item}: not from the chip",
                got.get("value"),
            )


@check(
    "reader_not_guessed",
    Severity.MUST,
    ("S0-064", "S0-061"),
    ("items_told",),
    ja="画像の項目を推測で文字にしない",
)
def reader_not_guessed(case: Case, visit: str, items: Sequence[str]) -> Iterator[Finding]:
    """What the chip holds as an image is said to be one and has no text; nothing else is left to be keyed."""
    for line in case.lines("items_told", visit=visit):
        told = {str(item["item"]): item for item in line.data.get("items", ())}
        images = [item for item, got in told.items() if got.get("origin") == "image"]
        guessed = [item for item in items if told.get(item, {}).get("value")]
        if not set(images) <= set(items) or guessed:
            yield found(
                line,
                "手入力の残る項目が違うか、画像の項目に文字が付いています。",
                "Other items are left to be keyed, or an image was given as text.",
                said(list(items)),
                said(guessed or images),
            )


@check("reader_seven", Severity.MUST, ("S0-062",), ("items_told",), ja="七つの項目とその順序")
def reader_seven(case: Case, visit: str, items: Sequence[str]) -> Iterator[Finding]:
    """The seven items of the register come first and in their order."""
    for line in case.lines("items_told", visit=visit):
        told = [str(item["item"]) for item in line.data.get("items", ())][: len(items)]
        if told != list(items):
            yield found(
                line, "項目又はその順序が違います。", "Other items, or another order.", list(items), told
            )


@check(
    "reader_encoding", Severity.MUST, ("S0-061",), ("application_told",), ja="文字コードの明示", standing=True
)
def reader_encoding(case: Case) -> Iterator[Finding]:
    """The encoding of text is declared, and has every character of the cards."""
    for line in case.lines("application_told"):
        if str(line.data.get("encoding")).upper() not in ("UTF-8", "UTF-16", "UTF-32"):
            yield found(
                line,
                "文字コードが、カードのすべての文字を表せません。",
                "The declared encoding cannot hold every character of a card.",
                "UTF-8, UTF-16 or UTF-32",
                line.data.get("encoding"),
            )


@check(
    "reader_images",
    Severity.MUST,
    ("S0-031", "S0-033"),
    ("card_read", "chip_image", "image_told"),
    ja="画像はチップのものと同じ",
    standing=True,
)
def reader_images(case: Case) -> Iterator[Finding]:
    """Each image of the chip is given as it is, with its size, and no other."""
    for read in case.lines("card_read"):
        if read.data.get("outcome") not in READ:
            continue
        holds = case.lines("chip_image", visit=read.case)
        told = case.lines("image_told", visit=read.case)
        wanted = {str(line.data["image"]): line for line in holds}
        given = {str(line.data["image"]): line for line in told}
        for name in sorted(wanted.keys() | given.keys()):
            right, got = wanted.get(name), given.get(name)
            if right is None or got is None or right.data != got.data:
                lines = [line.id for line in (right, got) if line is not None]
                yield Finding(
                    ja="画像がチップのものと違います。",
                    en="An image is not the chip's.",
                    expected=_of(name, right),
                    received=_of(name, got),
                    evidence=tuple(lines),
                )


def _of(name: str, line: Line | None) -> str:
    if line is None:
        return f"no image {name}"
    data = line.data
    return f"{name}: {data['bytes']} bytes, {data['width']} x {data['height']}, SHA-256 {data['sha256']}"


@check("reader_images_there", Severity.MUST, ("S0-031",), ("images_told",), ja="取り出す画像")
def reader_images_there(case: Case, visit: str, images: Sequence[str]) -> Iterator[Finding]:
    """The images that a card of this type has are taken from it."""
    for line in case.lines("images_told", visit=visit):
        if sorted(line.data.get("images", ())) != sorted(images):
            yield found(
                line, "取り出された画像が違います。", "Other images.", list(images), line.data.get("images")
            )


@check(
    "reader_patterns",
    Severity.MUST,
    ("S0-066", "S0-067", "S0-068"),
    ("items_told", "extract_taken"),
    ja="媒体による移送と直接の抽出とで同じ結果",
)
def reader_patterns(case: Case, direct: str, carried: str) -> Iterator[Finding]:
    """What comes by medium is what the application at the register's own terminal gets directly."""
    straight = case.lines("items_told", visit=direct)
    taken = case.lines("extract_taken", visit=carried)
    if straight and not taken:
        yield found(straight[0], "媒体で届いていません。", "Nothing came by medium.", "an extract", "none")
    for one, other in zip(straight, taken, strict=False):
        if _plain(one.data.get("items")) != _plain(other.data.get("items")):
            yield Finding(
                ja="媒体で届いた内容が、直接取り出した内容と違います。",
                en="What came by medium is not what is extracted directly.",
                expected=said([f"{item}={value}" for item, _, value in _plain(one.data.get("items"))]),
                received=said([f"{item}={value}" for item, _, value in _plain(other.data.get("items"))]),
                evidence=(one.id, other.id),
            )


def _plain(items: Any) -> list[tuple[str, str, str]]:
    return [(item["item"], item["origin"], item["value"]) for item in items or ()]


@check("reader_medium_sealed", Severity.MUST, ("S0-066",), ("medium_made", "medium_taken"), ja="媒体の暗号化")
def reader_medium_sealed(case: Case) -> Iterator[Finding]:
    """A medium shows nothing of what is on it, and opens to its passphrase only."""
    for line in case.lines("medium_made"):
        if line.data.get("plain"):
            yield found(
                line,
                "媒体に平文があります。",
                "A medium can be read by anybody.",
                "no text of the card",
                line.data["plain"],
            )
    for line in case.lines("medium_taken"):
        wrong = line.data.get("wrong_passphrase") is True
        if line.data.get("opened") is wrong:
            yield found(
                line,
                "媒体の開き方が違います。",
                "The medium opens otherwise than it must.",
                "it stays closed" if wrong else "it opens",
                "it opened" if line.data.get("opened") else "it stayed closed",
            )


@check(
    "reader_medium_logged", Severity.MUST, ("S0-066",), ("medium_made", "medium_taken"), ja="媒体の使用記録"
)
def reader_medium_logged(case: Case) -> Iterator[Finding]:
    """Each use of a medium leaves a line with the number of records and the digest of the medium."""
    made = case.lines("medium_made")
    wanted: list[tuple[str, object]] = []
    for line in made:
        wanted.append(("written", line.data.get("sha256")))
        yield from _log(line, wanted)
    for line in case.lines("medium_taken"):
        if line.data.get("opened"):
            wanted.append(("read", made[-1].data.get("sha256") if made else None))
        yield from _log(line, wanted)


def _log(line: Line, wanted: list[tuple[str, object]]) -> Iterator[Finding]:
    got = [(use.get("action"), use.get("sha256")) for use in line.data.get("log", ())]
    if got != wanted:
        yield found(
            line,
            "媒体の使用記録が違います。",
            "The log of uses of media is another one.",
            said([action for action, _ in wanted]),
            said([str(action) for action, _ in got]),
        )
