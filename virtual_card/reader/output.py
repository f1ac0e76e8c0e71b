"""A reading for programs (`renkei-reading/1`) and for people. Pure: the same reading gives the same bytes.

A chip's text is a stranger's: it may hold what a terminal takes for commands, line ends that forge a verdict,
or marks that turn the order of what is read. `printable` is the one way to the terminal, `json_text` the one
way into a JSON document.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

from virtual_card.faces import ITEM_NAMES
from virtual_card.layouts import profile_of
from virtual_card.reader.authenticity import Authenticity
from virtual_card.reader.extract import Extract, Origin
from virtual_card.reader.images import Picture, Undecodable
from virtual_card.reader.reading import CardReading, FieldReading
from virtual_card.reader.redact import HOW_TO_SHOW, detail, text
from virtual_card.reader.verify import Check
from virtual_card.verdicts import MEANINGS

FORMAT: Final = "renkei-reading/1"
UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, formats (bidirectional marks among them), surrogates, line ends."""


def printable(text: str) -> str:
    """The text with every character that steers a terminal written as `\\uXXXX`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(sign) if unicodedata.category(sign) in UNPRINTABLE else sign for sign in text)


def json_text(document: Any) -> str:
    """The document as JSON; JSON itself leaves DEL, C1 controls and bidirectional marks as they are."""
    told = json.dumps(document, ensure_ascii=False, indent=2)
    return "\n".join(printable(line) for line in told.split("\n"))


def _escaped(sign: str) -> str:
    pairs = sign.encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))


def as_json(
    reading: CardReading, authenticity: Authenticity, taken: Extract, *, hidden: bool
) -> dict[str, Any]:
    """The document `renkei-reading/1`: see docs/cards.md. `hidden`: without the card's content."""
    profile = profile_of(reading.card_type)
    return {
        "format": FORMAT,
        "redacted": hidden,
        "card_type": reading.card_type.value,
        "declared_type": reading.declared,
        "generation": reading.generation.value,
        "name": {"ja": profile.ja, "en": profile.en},
        "number": text(reading.number, hidden=hidden),
        "atr": reading.atr.hex().upper(),
        "strategy": reading.strategy,
        **verdict_json(authenticity, hidden=hidden),
        "fields": [_field(name, each, hidden=hidden) for name, each in reading.fields.items()],
        "extract": {
            "items": [
                {
                    "item": each.item.value,
                    "ja": ITEM_NAMES[each.item],
                    "origin": each.origin.value,
                    "value": text(each.value, hidden=hidden),
                    "words": text(each.words, hidden=hidden),
                    "field": each.field,
                    "signed": each.signed,
                }
                for each in taken.items
            ],
            "open": [item.value for item in taken.open_items],
            "keyed": taken.keyed,
        },
        "notes": list(reading.notes),
        "assumptions": list(profile.assumptions),
    }


def verdict_json(authenticity: Authenticity, *, hidden: bool) -> dict[str, Any]:
    """The part of the document that tells the verdict; a card whose chip could not be read has this alone."""
    return {
        "verdict": authenticity.verdict.value,
        "reasons": [
            {
                "reason": problem.reason.value,
                "weight": problem.weight.value,
                "where": problem.where,
                "detail": detail(problem, hidden=hidden),
                "ja": MEANINGS[problem.reason].ja,
                "en": MEANINGS[problem.reason].en,
            }
            for problem in authenticity.problems
        ],
        "on": authenticity.on.isoformat(),
        "evidence": [each.value for each in authenticity.evidence],
        "limits": list(authenticity.limits),
        "signature": _signature(authenticity.check, hidden=hidden),
    }


def as_text(reading: CardReading, authenticity: Authenticity, taken: Extract, *, hidden: bool) -> list[str]:
    """Lines for a person at a counter: what card, what the chip holds, the verdict last."""
    profile = profile_of(reading.card_type)
    lines = [f"{profile.ja}  {profile.en}", f"番号 {text(reading.number, hidden=hidden)}", ""]
    lines += [f"  {each.file}  {each.field.ja}: {_shown(each, hidden=hidden)}" for each in _ordered(reading)]
    lines += ["", "住民票作成支援  for the resident register:"]
    for item in taken.items:
        value = text(item.value, hidden=hidden)
        if item.words and item.words != item.value:
            value = f"{value}  {text(item.words, hidden=hidden)}"
        if item.origin is not Origin.CHIP:
            value = {Origin.IMAGE_ONLY: "image only: 手入力が必要 to be keyed by hand"}.get(
                item.origin, item.origin.value
            )
        lines.append(f"  {ITEM_NAMES[item.item]}: {value or '-'}")
    lines += ["", *(f"note: {note}" for note in reading.notes)]
    if hidden:
        lines.append(f"note: {HOW_TO_SHOW}")
    return [*map(printable, lines), *verdict_text(authenticity, hidden=hidden)]


def verdict_text(authenticity: Authenticity, *, hidden: bool) -> list[str]:
    """The verdict with its reasons, then what it could not rest on."""
    lines = [f"limit: {limit}" for limit in authenticity.limits]
    for problem in authenticity.problems:
        meaning = MEANINGS[problem.reason]
        lines += [
            f"{problem.weight.value}  {problem.reason.value} ({problem.where})",
            f"  {meaning.ja}",
            f"  {meaning.en}",
            f"  {detail(problem, hidden=hidden)}",
        ]
    return [*map(printable, lines), f"{authenticity.verdict.value} on {authenticity.on}"]


def _ordered(reading: CardReading) -> list[FieldReading]:
    return list(reading.fields.values())


def _field(name: str, each: FieldReading, *, hidden: bool) -> dict[str, Any]:
    picture = each.picture
    return {
        "name": name,
        "file": each.file,
        "tag": f"{each.field.tag:X}",
        "kind": each.field.kind.value,
        "ja": each.field.ja,
        "en": each.field.en,
        "bytes": len(each.value),
        "empty": each.empty,
        "value": text(each.text, hidden=hidden and name not in ("spec_version", "card_type")),
        "image": {"container": picture.container, "width": picture.width, "height": picture.height}
        if isinstance(picture, Picture)
        else None,
    }


def _shown(each: FieldReading, *, hidden: bool) -> str:
    if each.empty:
        return "-"
    picture = each.picture
    if isinstance(picture, Picture):
        return f"image, {picture.container}, {picture.width} × {picture.height}"
    if isinstance(picture, Undecodable):
        return f"no image: {picture.why}"
    if each.text is None:
        return f"{len(each.value)} bytes"
    free = each.field.name in ("spec_version", "card_type")
    return text(each.text, hidden=hidden and not free) or "-"


def _signature(check: Check | None, *, hidden: bool) -> dict[str, Any] | None:
    if check is None:
        return None
    certificate = check.certificate
    return {
        "signed": check.signed,
        "holds": check.holds,
        "authority": check.authority,
        "authority_sha256": check.fingerprint,
        "test_authority": check.test_authority,
        "certificate": {
            "subject": text(certificate.subject, hidden=hidden),
            "issuer": certificate.issuer,
            "serial": text(str(certificate.serial), hidden=hidden),
            "not_before": text(certificate.not_before.isoformat(), hidden=hidden),
            "not_after": text(certificate.not_after.isoformat(), hidden=hidden),
            "sha256": text(certificate.fingerprint, hidden=hidden),
        }
        if certificate
        else None,
        "oddities": list(check.oddities),
    }
