"""The XSD of a profile, made from its data: for other people's tools.

It says of every item what `forms` and `heading` say. What lies between items (one that depends on another,
days, counts, the digest) and a check digit no XSD can say: `renkei exchange check` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from sim.exchange import forms
from sim.exchange.birth import PARTIAL
from sim.exchange.heading import COUNT, DIGEST, ITEMS, HeaderItem
from sim.exchange.profile import Column, Layout, Profile

# Inside a character class of XSD: a control character that XML allows, and what else no text may hold.
_NEVER: Final = "\\t\\n\\r\x7f-\x9f\u2028\u2029\ufeff" + forms.PRIVATE + "\\{\\}"
_TEXT: Final = f"([^{_NEVER}]|{forms.GAIJI.replace('(?:', '(')})"


def schema(profile: Profile) -> str:
    """The XSD, as a text that ends with a line feed."""
    header = [(item.item, _header_item(item, profile)) for item in ITEMS]
    trailer = (("count", _pattern(COUNT)), ("digest", _pattern(DIGEST)))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<!-- {profile.name}: made from the profile's data. No authority issued it. -->",
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"',
        f"    targetNamespace={quoteattr(profile.namespace)} xmlns={quoteattr(profile.namespace)}>",
        '<xs:element name="batch"><xs:complexType><xs:sequence>',
        '<xs:element name="header"><xs:complexType><xs:sequence>',
        *(_element(name, body) for name, body in header),
        "</xs:sequence></xs:complexType></xs:element>",
        '<xs:choice minOccurs="0" maxOccurs="unbounded">',
        *(f'<xs:element name="{layout.kind}" type="{layout.kind}"/>' for layout in profile.layouts.values()),
        "</xs:choice>",
        '<xs:element name="trailer"><xs:complexType><xs:sequence>',
        *(_element(name, body) for name, body in trailer),
        "</xs:sequence></xs:complexType></xs:element>",
        "</xs:sequence></xs:complexType></xs:element>",
        *(line for layout in profile.layouts.values() for line in _kind(layout)),
        "</xs:schema>",
    ]
    return "\n".join(lines) + "\n"


def _kind(layout: Layout) -> list[str]:
    return [
        f"<!-- {layout.ja} / {layout.en} -->",
        f'<xs:complexType name="{layout.kind}"><xs:sequence>',
        *(_item(column) for column in layout.columns),
        "</xs:sequence></xs:complexType>",
    ]


def _header_item(item: HeaderItem, profile: Profile) -> str:
    rule = item.rule(profile)
    return _pattern(rule) if isinstance(rule, str) else _choice(rule)


def _item(column: Column) -> str:
    match column.form:
        case "choice":
            body = _choice([*([""] if column.optional else []), *column.values])
        case "date":
            body = _pattern(forms.DAY, optional=column.optional)
        case "birth_date":
            body = _pattern(f"{forms.DAY}|{PARTIAL}", optional=column.optional)
        case "country":
            body = _pattern(forms.COUNTRY, optional=column.optional)
        case "card_number":
            body = _pattern(forms.CARD, optional=column.optional)
        case "code":
            body = _pattern(forms.CODE, column.max, column.optional)
        case "reason_code":
            body = _choice([*([""] if column.optional else []), *forms.REASONS])
        case _:
            body = _pattern(_TEXT + ("*" if column.optional else "+"), column.max)
    return _element(column.item, body, optional=column.optional)


def _element(name: str, body: str, optional: bool = False) -> str:
    least = ' minOccurs="0"' if optional else ""
    return f'<xs:element name="{name}"{least}><xs:simpleType>{body}</xs:simpleType></xs:element>'


def _choice(values: Sequence[str]) -> str:
    found = "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in values)
    return f'<xs:restriction base="xs:string">{found}</xs:restriction>'


def _pattern(pattern: str, limit: int = 0, optional: bool = False) -> str:
    whole = f"({pattern})?" if optional else pattern
    longest = f'<xs:maxLength value="{limit}"/>' if limit else ""
    value = quoteattr(whole).replace("\x7f", "&#x7F;").replace("\x9f", "&#x9F;")
    # Characters that an editor would swallow are written by their numbers.
    value = "".join(sign if " " <= sign <= "~" else f"&#x{ord(sign):X};" for sign in value)
    return f'<xs:restriction base="xs:string"><xs:pattern value={value}/>{longest}</xs:restriction>'
