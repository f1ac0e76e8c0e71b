"""`docs/renkei-open-1.md`, made from the profile: everything that a vendor needs to write and read batches.

A pure function of the profile's data, the codes and the examples: a test holds the shipped document against
it. The folders, the envelope and the numbers of batches are described where they are decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from sim.exchange import forms
from sim.exchange.batch import digest_of, encode
from sim.exchange.codes import EXPLAINED, TELLABLE, Code
from sim.exchange.described import SECTIONS
from sim.exchange.examples import example
from sim.exchange.model import CSV, XML
from sim.exchange.profile import EVENT, PAST, Column, Layout, Profile
from sim.exchange.sequence import REMEDIES, Remedy

FIRST_OF_A_ROW: Final = "UNKNOWN_KIND"
# Codes that do not stand on their own side of that row.
_ALSO: Final = {
    Code.NOT_CSV: "record",
    Code.LINE_ENDING: "file or record",
    Code.XML_ELEMENT: "file or record",
}
# What begins a line of its own, and what nothing is joined to.
_STARTS = re.compile(r"\s*(?:$|[-|#>]|```|[0-9]+\.\s)")
_ENDS = re.compile(r"\s*(?:$|[|#]|```)")

_HEADER: Final = (
    ("record type", "レコード区分", "`H`", "– (the element `header`)"),
    ("profile", "仕様の版", "`{name}`", "`profile`"),
    ("sender", "送信元", "six digits of a municipality with check digit, or `{agency}`", "`sender`"),
    ("recipient", "宛先", "as sender", "`recipient`"),
    ("business", "業務コード", "see below", "`business`"),
    (
        "direction",
        "送受信の方向",
        "`up` from a municipality to `{agency}`, `down` from `{agency}` to one",
        "`direction`",
    ),
    ("sequence", "一連番号", "a number from 1, without leading zeros", "`sequence`"),
    (
        "created_at",
        "作成日時",
        "ISO 8601 to the second, with the offset: `2026-04-02T22:00:00+09:00`",
        "`created_at`",
    ),
    ("count", "件数", "how many detail records there are, from 0", "`count`"),
)

_FORMS: Final = {
    "code": f"ASCII letters, digits, `.`, `/`, `-`; the first is a letter or digit: `{forms.CODE}`",
    "reason_code": f"a code of the table below: `{forms.REASON}`",
    "card_number": f"two capital letters, eight digits, two capital letters: `{forms.CARD}`",
    "date": f"a day that exists in the western calendar, `YYYY-MM-DD`: `{forms.DATE}`",
    "choice": "exactly one of the values that the table lists",
    "text": "Unicode text without control characters, line breaks and private code points; see *Text*",
}


def document(profiles: Sequence[Profile], sections: Iterable[str] = ()) -> str:
    """The document, as Markdown.

        Args:
            profiles: all versions, newest first; the oldest is the one described, the newer ones by what they
    add.
            sections: further chapters, each a text that begins with its heading.
    """
    profile = profiles[-1]
    parts = [
        _opening(profile),
        _by_hand(profile),
        _batch(profile),
        _csv(profile),
        _xml(profile),
        _items(profile),
        _kinds(profile),
        _versions(profiles),
        _results(),
        *sections,
        _codes(),
        _examples(profile),
    ]
    return _unwrapped("\n\n".join(part.strip("\n") for part in parts)) + "\n"


def _unwrapped(text: str) -> str:
    """Paragraphs and list items as one line each; tables, headings and code as they are."""
    lines: list[str] = []
    in_code = False
    for line in text.split("\n"):
        in_code ^= line.lstrip().startswith("```")
        goes_on = (
            not in_code and _STARTS.match(line) is None and bool(lines) and _ENDS.match(lines[-1]) is None
        )
        if goes_on:
            lines[-1] = f"{lines[-1]} {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def whole_document(profiles: Sequence[Profile]) -> str:
    """The document as it is published."""
    return document(profiles, (section() for section in SECTIONS))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _opening(profile: Profile) -> str:
    return f"""# {profile.name}: an open profile of the exchange 市町村連携

This document is made from the profile's data (`sim/exchange/profiles/`). **No authority issued, endorsed or
reviewed it.** The agency's own interface specification is not public; {profile.name} is reconstructed from
the
Acts, the ordinances and the open functional text, so that implementations can be built and tested in the
open. Items and values that nobody could read in a source are marked *assumed*.

Everything needed to write and to read a batch is here. `renkei exchange check FILE` finds every fault of a
batch, `renkei exchange convert FILE` turns CSV into XML and back, `renkei exchange diff FILE OTHER` compares
two batches by what they say. `renkei exchange spec` prints this document, `renkei exchange spec --xsd` the
XSD."""


def _by_hand(profile: Profile) -> str:
    header, records = example("municipality_transmission", profile)
    content = encode(header, records, profile)
    cut = content.rindex(b"\r\nT,") + 2
    lines = content[:cut].decode().replace("\r\n", "\n").rstrip("\n")
    return f"""## A batch by hand

1. Write the header and the detail records, one a line, in UTF-8, each line ended by CR LF (`\\r\\n`):

   ```
{_indented(lines)}
   ```

2. Take SHA-256 of the file as it is now, with the CR LF of its last line: `sha256sum batch.csv` says
   `{digest_of(content[:cut])}`.
3. Append the trailer, `T`, the number of detail records and that digest, and end it by CR LF, too:

   ```
{_indented(content[cut:].decode().rstrip())}
   ```

4. `renkei exchange check batch.csv` finds no fault.

On a shell, with the lines of step 1 in `lines.txt`: `sed 's/$/\\r/' lines.txt > batch.csv`, then
`printf 'T,1,%s\\r\\n' $(sha256sum < batch.csv | cut -d' ' -f1) >> batch.csv`.

As XML it goes the same way: write everything before `<trailer>`, each line ended by LF, take SHA-256 of that,
and append `<trailer><count>1</count><digest>…</digest></trailer>` and `</batch>`. On a shell, with the lines
before `<trailer>` in `batch.xml`:
`printf '<trailer><count>1</count><digest>%s</digest></trailer>\\n</batch>\\n'
$(sha256sum < batch.xml | cut -d' ' -f1) >> batch.xml`. Whole files of every kind stand under *Examples*."""


def _indented(text: str) -> str:
    return "\n".join("   " + line for line in text.split("\n"))


def _batch(profile: Profile) -> str:
    rows = [
        (
            f"{place}",
            f"`{name}`" if place > 1 else name,
            ja,
            rule.format(name=profile.name, agency=profile.agency),
            xml,
        )
        for place, (name, ja, rule, xml) in enumerate(_HEADER, start=1)
    ]
    businesses = [(f"`{b.code}`", b.ja, b.en, f"`{b.name}`") for b in profile.businesses.values()]
    limits = profile.limits
    return f"""## The batch

A batch is one file: a header (H), any number of detail records (D), a trailer (T). It is written as CSV or as
XML; both say the same, and either can be made from the other without loss. A batch without details is
allowed:
it counts as that day's exchange. Its name is `sender-recipient-business-sequence`, the sequence with eight
digits: `131041-{profile.agency}-01-00000012`.

### Header

{_table(("CSV column", "item", "項目", "what it holds", "XML"), rows)}

A municipality's code is five digits and a check digit (全国地方公共団体コード): multiply the five digits by
6, 5, 4, 3, 2, add up, take the remainder by 11 from 11; the last digit of that is the sixth. Wards of
designated
cities are municipalities. The agency's code is `{profile.agency}`.

### Businesses

{_table(("code", "業務", "business", "name"), businesses)}

### Trailer

| CSV column | item | 項目 | what it holds |
|---|---|---|---|
| 1 | record type | レコード区分 | `T` |
| 2 | `count` | 件数 | the number of detail records, again |
| 3 | `digest` | ダイジェスト | SHA-256 of every byte before the trailer: 64 small hexadecimal digits |

The header's count, the trailer's count and the number of detail records are equal.

### Limits

At most {limits.records:,} detail records, {limits.file_bytes:,} bytes in a file and {limits.line_bytes:,}
bytes in a line of CSV
or in one text of XML. A larger file is refused unread."""


def _csv(profile: Profile) -> str:
    return """## CSV

- UTF-8 without byte-order mark. No NUL, no other control character.
- Every line ends with CR LF, the trailer's too, and nothing follows it.
- One record a line: a line break is never part of an item, not within quotation marks either.
- Fields are separated by commas. A field that holds a comma or a quotation mark is put in quotation marks,
  and
  a quotation mark in it is doubled (RFC 4180). Other fields may be quoted, too; in canonical form they are
  not.
- There is no line with the names of columns. A detail record is `D`, the code of its kind, then the items
  of that
  kind in the order of its table. An item that is not given is an empty field; no column is left out."""


def _xml(profile: Profile) -> str:
    names = ", ".join(f"`{kind}`" for kind in profile.layouts)
    return f"""## XML

- UTF-8 without byte-order mark, XML 1.0. The root is `batch` in the namespace `{profile.namespace}`,
  declared as
  the default namespace (no prefixes).
- In the root: `header` with the eight items of the header in their order; any number of records, each an
  element named
  after its kind ({names}) with an element for each item in the order of its table; `trailer` with `count`
  and `digest`.
- An optional item that is not given is an empty element or no element. In canonical form it is an empty
  element,
  the declaration, each of `<batch …>`, `<header>`, each record and `<trailer>` stand on a line of their
  own, ended by LF,
  nothing is indented, and `&`, `<`, `>` are written `&amp;`, `&lt;`, `&gt;`. Other layouts are read as well.
- White space within an item is part of it.
- Nothing but elements and text: no document type, no entities but the five of XML itself, no attributes,
  comments, CDATA
  sections, processing instructions or inclusions. So a batch can neither grow nor fetch anything when it is
  read.
- The digest is SHA-256 of every byte before `<trailer>`, which is written so, without white space in the tag.

The XSD (`sim/exchange/profiles/renkei-open-1.xsd`) says the same of every item."""


def _items(profile: Profile) -> str:
    rows = [(f"`{form}`", rule) for form, rule in _FORMS.items()]
    return f"""## Items

{_table(("form", "what it takes"), rows)}

Digits and letters of these forms are ASCII; full-width ones (`１`, `Ａ`) are refused, as is white space
around them.
`max` counts characters (Unicode code points), not bytes.

### Text

Any script is welcome: long Latin names, kanji, full-width signs. Line breaks, control characters (C0, C1,
DEL), U+2028,
U+2029, U+FEFF, U+FFFE and U+FFFF are refused.

A character that has no code point (外字) is written as a mark, which counts as the characters it is written
with:

| mark | set |
|---|---|
| `{{gaiji:mj:MJ012345}}` | MJ文字図形名: `MJ` and six digits |
| `{{gaiji:juki:A1B2}}` | 住基ネット統一文字コード: four or five capital hexadecimal digits |
| `{{gaiji:nyukan:00FF}}` | 入管外字コード: four capital hexadecimal digits |

Private code points (U+E000–U+F8FF, planes 15 and 16) are refused, because they mean something else on every
machine. The
signs `{{` and `}}` stand in no other place. The marks and their sets are assumed: how the agency's own
interface
carries such characters is not public.

### Days

- *event*: the day of an event: {profile.first_day} (the first day of the system) or later, and not after
  the day, in Japan,
  on which the batch was made. Where the table says *may be planned*, it may lie in the future.
- *past*: not after the day, in Japan, on which the batch was made.
- Days of birth, of a permission or of an expiry are free."""


def _kinds(profile: Profile) -> str:
    rows = [
        (f"`{lay.code}`", f"`{lay.kind}`", lay.ja, lay.direction, _business(lay, profile), lay.source)
        for lay in profile.layouts.values()
    ]
    parts = [
        "## Kinds of record\n",
        _table(("code", "kind (XML element)", "種別", "direction", "business", "source"), rows),
        "\n`record_id` is unique per sender, over all batches. Nothing is sent up for a change that came",
        "down, nor for a change of household or relationship. A moving-out notice goes on its planned day.",
        "An event that falls under both Acts raises a notice and a transmission; the records of one person",
        "keep their order.",
    ]
    for layout in profile.layouts.values():
        parts += ["", f"### {layout.code}: {layout.ja} / {layout.en} (`{layout.kind}`)", "", _layout(layout)]
    values = [(f"`{value}`", ja, en) for value, (ja, en) in profile.meanings.items()]
    parts += ["", "### What the values mean", "", _table(("value", "意味", "meaning"), values)]
    return "\n".join(parts)


def _business(layout: Layout, profile: Profile) -> str:
    return "any" if layout.business == "any" else f"`{profile.businesses[layout.business].code}`"


def _layout(layout: Layout) -> str:
    rows = [
        ("1", "–", "レコード区分", "`D`", "", "yes", ""),
        ("2", "–", "種別", f"`{layout.code}`", "", "yes", ""),
        *(
            (
                str(place),
                f"`{column.item}`",
                column.ja,
                column.form,
                str(column.max) if column.max else "",
                "" if column.optional else "yes",
                _notes(column),
            )
            for place, column in enumerate(layout.columns, start=3)
        ),
    ]
    return _table(("CSV column", "item", "項目", "form", "max", "mandatory", "notes"), rows)


def _notes(column: Column) -> str:
    notes = [column.en]
    if column.note:
        notes.append(column.note)
    if column.values:
        assumed = set(column.assumed_values)
        notes.append(
            "one of " + ", ".join(f"`{v}`" + (" (assumed)" if v in assumed else "") for v in column.values)
        )
    notes += [f"mandatory when `{item}` is {_or(values)}" for item, values in column.required_when]
    if column.day == EVENT:
        notes.append("*event*")
    if column.day == PAST:
        notes.append("*past*")
    notes += [f"may be planned when `{item}` is {_or(values)}" for item, values in column.planned_when]
    if column.assumed:
        notes.append("*assumed*")
    return "; ".join(notes)


def _or(values: Sequence[str]) -> str:
    return " or ".join(f"`{value}`" for value in values)


def _versions(profiles: Sequence[Profile]) -> str:
    lines = [
        "## Versions",
        "",
        "The header names the version in which a batch is written. A newer version of the same major number",
        "only adds optional columns at the end of a kind. An item that a version lacks is not sent in it. A",
        "batch in a version that the recipient does not speak is refused with `UNKNOWN_PROFILE`, and nothing",
        "of it is taken in.",
        "",
    ]
    rows = []
    for older, newer in zip(profiles[::-1], profiles[-2::-1], strict=False):
        added = [
            f"`{layout.kind}.{column.item}` ({column.ja}: {_notes(column)})"
            for kind, layout in newer.layouts.items()
            for column in layout.columns[len(older.layouts[kind].columns) :]
        ]
        rows.append((f"`{newer.name}`", f"`{older.name}`", "; ".join(added)))
    return "\n".join([*lines, _table(("version", "after", "adds at the end"), rows)])


def _results() -> str:
    return """## Results

Every batch is answered by a result with `scope` `batch`, `answers` the batch's name; every record but a
result
by one with `scope` `record`, `answers` its `record_id`, or `line-N` where that could not be read. A result is
`accepted`, or `rejected` with the code, the item at fault and a sentence that holds none of the record's own
text. Results travel as records of kind `result` in batches of the other direction. A record that is rejected
does not hold up the others of its batch."""


def _codes() -> str:
    row_from = list(Code).index(Code(FIRST_OF_A_ROW))
    rows = [
        (
            f"`{code}`",
            _ALSO.get(code, "file" if place < row_from else "record"),
            ""
            if "file" not in _ALSO.get(code, "file" if place < row_from else "")
            else str(REMEDIES.get(code, Remedy.REPLACE)),
            *EXPLAINED[code],
            "yes" if code in TELLABLE else "",
        )
        for place, code in enumerate(Code)
    ]
    return f"""## Codes

A code that concerns the *file* refuses the whole batch; one that concerns a *record* rejects that record
only. Told: the
result repeats what was received, because it cannot be anything personal.

{_table(("code", "of", "remedy", "説明", "explanation", "told"), rows)}"""


def _examples(profile: Profile) -> str:
    parts = [
        "## Examples",
        "",
        "Whole files, digests included. In the CSV every line ends with CR LF, in the XML with LF. Nobody in",
        "them exists.",
    ]
    for kind, layout in profile.layouts.items():
        header, records = example(kind, profile)
        for form in (CSV, XML):
            content = encode(header, records, profile, form)
            text = content.decode().replace("\r\n", "\n").rstrip("\n")
            parts += [
                "",
                f"### {layout.ja} / {layout.en}, {form.upper()}",
                "",
                f"`{header.batch_id}.{form}`, {len(content)} bytes, SHA-256 of the whole file",
                f"`{digest_of(content)}`.",
                "",
                f"```{form}",
                text,
                "```",
            ]
    return "\n".join(parts)
