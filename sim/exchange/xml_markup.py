"""Markup that must not reach an XML parser, whatever the parser would do with it: seen on the bytes.

Document types, entities, instructions, comments and CDATA sections, and a declaration of another encoding. So
nothing can be expanded, included or fetched, and what cannot be done need not be guarded against.
"""

from __future__ import annotations

import re
from typing import Final

from sim.exchange.codes import Code, Finding
from sim.exchange.heading import SHOWN
from sim.exchange.xml_codec import DECLARATION

# How much of a document type is looked at, to tell which of its kinds it is.
MARKUP: Final = 1 << 16
_DECLARED = re.compile(
    rb"""<\?xml version=["']1\.0["'](?: encoding=["']([A-Za-z0-9._-]{1,40})["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>"""
)
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NESTED_ENTITY = re.compile(rb"<!ENTITY[^>]*&[^>]*;")


def hostile(raw: bytes, following: bytes, line: int, read: int, *, first: bool) -> Finding | None:
    """Why some bytes are not handed to a parser; None when they are.

    Args:
        raw: a line, or the end of one.
        following: what comes after it, to tell what a document type holds.
        line: the number of the line in its file.
        read: how many bytes of the file come before.
        first: whether it is the beginning of the document.
    """
    if first and raw.startswith(b"<?xml"):
        declared = _DECLARED.match(raw)
        if declared is None:
            received = raw[:SHOWN].decode("utf-8", "replace").strip()
            return Finding(Code.NOT_XML, 1, "", DECLARATION.strip(), received)
        encoding = declared[1] or b"UTF-8"
        if encoding.upper() != b"UTF-8":
            return Finding(Code.NOT_UTF8, 1, "", "UTF-8", encoding.decode())
        read += declared.end()
        raw = raw[declared.end() :]
    if b"\x00" in raw:
        byte = read + raw.index(b"\x00") + 1
        return Finding(Code.NUL, line, "", "text", f"NUL at byte {byte}", byte=byte)
    place = raw.find(b"<!")
    if place >= 0 and raw[place + 2 : place + 4] != b"--" and raw[place + 2 : place + 3] != b"[":
        return _document_type((raw[place:] + following)[:MARKUP], line)
    if place >= 0 or b"<?" in raw:
        received = _shown(raw, place if place >= 0 else raw.index(b"<?"))
        return Finding(Code.XML_INSTRUCTION, line, "", "elements and text", received)
    if b"&" in raw and (found := _REFERENCE.search(raw)):
        expected = "&amp; &lt; &gt; &quot; &apos; or a character's number"
        return Finding(Code.XML_ENTITY, line, "", expected, _shown(raw, found.start()))
    return None


def _shown(raw: bytes, start: int) -> str:
    return raw[start : start + SHOWN].decode("utf-8", "replace")


def _document_type(markup: bytes, line: int) -> Finding:
    """Which of the three a document type declaration is: none is ever read."""
    received = markup[:SHOWN].decode("utf-8", "replace")
    if _NESTED_ENTITY.search(markup) is not None:
        return Finding(Code.XML_EXPANSION, line, "", "elements and text", received)
    if b"<!ENTITY" in markup:
        return Finding(Code.XML_ENTITY, line, "", "elements and text", received)
    return Finding(Code.XML_DTD, line, "", "elements and text", received)
