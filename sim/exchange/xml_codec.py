"""Batches as XML: the same model as the CSV, one element an item. This is how they are written.

    <?xml version="1.0" encoding="UTF-8"?>
    <batch xmlns="urn:renkei:open:1">
    <header><profile>…</profile>…</header>
    <municipality_notice><record_id>…</record_id>…</municipality_notice>
    <trailer><count>…</count><digest>…</digest></trailer>
    </batch>

The digest is SHA-256 (hex) of every byte before `<trailer>`. An optional item that is not given is an empty
element or none at all; in canonical form, which `encode` writes, it is an empty one, and every record is a
line. Nothing but elements and text is allowed: no document type, entity, attribute, comment, CDATA section or
instruction. So nothing can be included, expanded or fetched. `xml_reader` reads them.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sim.exchange.heading import HEADER_ITEMS, header_texts
from sim.exchange.model import Header
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, kind_of
from sim.exchange.rows import texts_of

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escaped(text: str) -> str:
    """Text as it stands between tags."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def element(name: str, items: list[tuple[str, str]]) -> str:
    """One line: an element with an element for each item."""
    inner = "".join(f"<{item}>{escaped(text)}</{item}>" for item, text in items)
    return f"<{name}>{inner}</{name}>\n"


def opening(header: Header, profile: Profile) -> str:
    """Everything before the first record."""
    items = list(zip(HEADER_ITEMS, header_texts(header), strict=True))
    return f'{DECLARATION}<batch xmlns="{profile.namespace}">\n{element("header", items)}'


def closing(count: int, digest: str) -> str:
    """Everything from the trailer on."""
    return element("trailer", [("count", str(count)), ("digest", digest)]) + "</batch>\n"


def record_line(record: AnyRecord, profile: Profile) -> str:
    """One record, every item present."""
    layout = profile.layouts[kind_of(record)]
    return element(layout.kind, list(zip(layout.items, texts_of(record, layout), strict=True)))


def encode(header: Header, records: tuple[AnyRecord, ...], profile: Profile) -> bytes:
    """The canonical bytes of a batch."""
    body = (opening(header, profile) + "".join(record_line(record, profile) for record in records)).encode()
    return body + closing(header.count, hashlib.sha256(body).hexdigest()).encode()
