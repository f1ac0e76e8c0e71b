"""The XSD of a profile, made from its data: for other people's tools.

It says of every item what `forms` says. What lies between items (a mandatory item that depends on another,
days, counts, the digest) no XSD can say: `renkei exchange check` does.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from sim.exchange import forms
from sim.exchange.profile import Column, Layout, Profile

# Inside a character class of XSD: a control character that XML allows, and what else no text may hold.
_NEVER: Final = "\\t\\n\\r\x7f-\x9f\u2028\u2029\ufeff" + forms.PRIVATE + "\\{\\}"
_TEXT: Final = f"([^{_NEVER}]|{forms.GAIJI.replace('(?:', '(')})"
_MOMENT: Final = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?(\\+|-)[0-9]{2}:[0-9]{2}"
)


def schema(profile: Profile) -> str:
    """The XSD, as a text that ends with a line feed."""
    businesses = [business.code for business in profile.businesses.values()]
    header = (
        ("profile", _choice([profile.name])),
        ("sender", _pattern("[0-9A-Za-z]{1,12}")),
        ("recipient", _pattern("[0-9A-Za-z]{1,12}")),
        ("business", _choice(businesses)),
        ("direction", _choice(["up", "down"])),
        ("sequence", _pattern("[1-9][0-9]{0,17}")),
        ("created_at", _pattern(_MOMENT)),
        ("count", _pattern("0|[1-9][0-9]{0,17}")),
    )
    trailer = (("count", _pattern("0|[1-9][0-9]{0,17}")), ("digest", _pattern("[0-9a-f]{64}")))
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


def _item(column: Column) -> str:
    match column.form:
        case "choice":
            body = _choice([*([""] if column.optional else []), *column.values])
        case "date":
            body = _date(column.optional)
        case "card_number":
            body = _pattern(forms.CARD, optional=column.optional)
        case "code":
            body = _pattern(forms.CODE, column.max, column.optional)
        case "reason_code":
            body = _pattern(forms.REASON, column.max, column.optional)
        case _:
            body = _pattern(_TEXT + ("*" if column.optional else "+"), column.max)
    return _element(column.item, body, optional=column.optional)


def _element(name: str, body: str, optional: bool = False) -> str:
    least = ' minOccurs="0"' if optional else ""
    return f'<xs:element name="{name}"{least}><xs:simpleType>{body}</xs:simpleType></xs:element>'


def _choice(values: list[str]) -> str:
    found = "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in values)
    return f'<xs:restriction base="xs:string">{found}</xs:restriction>'


def _pattern(pattern: str, limit: int = 0, optional: bool = False) -> str:
    whole = f"({pattern})?" if optional else pattern
    longest = f'<xs:maxLength value="{limit}"/>' if limit else ""
    value = quoteattr(whole).replace("\x7f", "&#x7F;").replace("\x9f", "&#x9F;")
    # Characters that an editor would swallow are written by their numbers.
    value = "".join(sign if " " <= sign <= "~" else f"&#x{ord(sign):X};" for sign in value)
    return f'<xs:restriction base="xs:string"><xs:pattern value={value}/>{longest}</xs:restriction>'


def _date(optional: bool) -> str:
    day = f'<xs:restriction base="xs:date"><xs:pattern value="{forms.DATE}"/></xs:restriction>'
    if not optional:
        return day
    nothing = '<xs:restriction base="xs:string"><xs:length value="0"/></xs:restriction>'
    one_of = f"<xs:simpleType>{day}</xs:simpleType><xs:simpleType>{nothing}</xs:simpleType>"
    return f"<xs:union>{one_of}</xs:union>"
