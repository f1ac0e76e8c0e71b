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
from sim.exchange.consequences import EFFECT_TEXT, REMEDY_TEXT, effects_of, remedy_of
from sim.exchange.described import SECTIONS
from sim.exchange.examples import example
from sim.exchange.heading import ITEMS
from sim.exchange.model import CSV, XML
from sim.exchange.profile import EVENT, PAST, Column, Layout, Profile

# What begins a line of its own, and what nothing is joined to.
_STARTS = re.compile(r"\s*(?:$|[-|#>]|```|[0-9]+\.\s)")
_ENDS = re.compile(r"\s*(?:$|[|#]|```)")

_FORMS: Final = {
    "code": f"ASCII letters, digits, `.`, `/`, `-`; the first is a letter or digit: `{forms.CODE}`",
    "reason_code": "one of the codes of the table under *Codes*",
    "country": f"three capital letters: `{forms.COUNTRY}`",
    "card_number": f"two capital letters, eight digits, two capital letters: `{forms.CARD}`",
    "date": f"a day that exists in the western calendar, `YYYY-MM-DD`: `{forms.DATE}`",
    "birth_date": "a `date`, or `YYYY-MM-00` where the day, `YYYY-00-00` where month and day are not known;"
    " see *Dates of birth*",
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
        _checking(),
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
    rows = [("1", "record type", "レコード区分", "`H`", "– (the element `header`)")]
    rows += [
        (f"{place}", f"`{one.item}`", one.ja, one.expected(profile), f"`{one.item}`")
        for place, one in enumerate(ITEMS, start=2)
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

`up` is from a municipality to `{profile.agency}`, `down` from `{profile.agency}` to one: direction, sender
and recipient hold together. `created_at` is written to the second; its day in Japan is the day on which the
batch was made.

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
or in one text of XML; a whole record of XML has at most {4 * limits.line_bytes:,}. A larger file is refused
unread. In a folder or on a medium a batch has at most
{limits.payload_bytes:,} bytes: it is read in pieces here, but held whole there, to be sealed, opened and
scanned in one piece. That is far above the largest day of the largest city; what is more goes in several
batches."""


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
- A character may also be written by its number, `&#12354;` or `&#x3042;`, which is then that character in
  every respect: `&#10;` in an item is a line break in it, and a number that names no character of XML 1.0
  (`&#0;`) makes the file unreadable. In canonical form no character is written by its number.
- The line of a record, in findings and in the name `line-N`, is that on which its end tag stands; of the
  header and the trailer likewise. Of several records that end on one line the second is `line-N.2`, and so
  on. In canonical form each record has a line of its own.
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
- Days of birth, of a permission or of an expiry are free.

### Dates of birth

A register knows dates of birth of which a part is missing (月日不詳). What is not known is written `00`: of
who was born in May 1961, on a day that nobody knows, `1961-05-00`; where the month is not known either,
`1961-00-00`. A day without its month (`1961-00-15`) and a year that is not known are refused. Nothing is
ever filled in: such a date goes on as it came. The form is assumed; how the agency's own interface writes
such dates is not public.

### Items that belong together

Besides its own form, an item must agree with the others of its record. The tables say so in their notes:

- *mandatory when*: left out, it is `MISSING_ITEM`.
- *not given when*: given all the same, it is `CONTRADICTION`. So an accepted result carries no code.
- *never … when*: two values that contradict each other are `CONTRADICTION`. So no record is `made` by a
  moving-out.
- *another value than*: the same value is `CONTRADICTION`. So no record cancels itself.

Which items belong together is this profile's own reading of the Acts. The XSD cannot say it, nor what *Days*
says, nor check digits, counts and digests: `renkei exchange check` does."""


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
    notes += [f"not given when `{item}` is {_or(values)}" for item, values in column.empty_when]
    for never, when in column.never_with:
        notes += [f"never `{never}` when `{item}` is {_or(values)}" for item, values in when]
    if column.other_than:
        notes.append(f"another value than `{column.other_than}`")
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
by one with `scope` `record`, `answers` its `record_id`, or `line-N` where that could not be read: N is the
line of the record in the file, from 1 (of CSV the header is line 1). A result is
`accepted`, or `rejected` with the code, the item at fault and a sentence that holds none of the record's own
text. Results travel as records of kind `result` in batches of the other direction. A record that is rejected
does not hold up the others of its batch."""


def _checking() -> str:
    effects = [(f"`{effect}`", *text) for effect, text in EFFECT_TEXT.items()]
    remedies = [(f"`{remedy}`", *text) for remedy, text in REMEDY_TEXT.items()]
    return f"""## Findings of `renkei exchange check`

It reports every fault of a file, the first 100 in full and the others by their number (`--show N`): all
items of a header and of a record at once, and of one item up to {forms.MOST} faults that are independent of
each other. Where one fault hides others it is told alone: a header in an unknown version or with another
number of columns, a record whose columns are too many or too few, markup that is not handed to a parser. A
header whose form is wrong is not held against the records.

A finding stands as `FILE:LINE:ITEM:CHARACTER: CODE`, its parts left out where there is none. With `--json`:

| key | what it says |
|---|---|
| `line` | line of the file, from 1; in XML that on which the header, record or trailer ends |
| `column` | name of the item; empty where it is none in particular |
| `csv_column` | number of that item's column in CSV, from 1; `null` in XML and where there is none |
| `position` | first wrong character of the item, from 1, in Unicode code points; 0: none in particular |
| `byte` | first wrong byte of the file, from 1, where its bytes are wrong (`NUL`, `NOT_UTF8`, …); else 0 |
| `code`, `ja`, `en` | the code, and its explanation in both languages |
| `effect`, `remedy` | what the fault costs, and what the sender does; see below |
| `expected`, `received` | what would have been right, and what came |

{_table(("effect", "日本語", "meaning"), effects)}

{_table(("remedy", "日本語", "the sender"), remedies)}"""


def _codes() -> str:
    rows = [
        (
            f"`{code}`",
            " or ".join(effects_of(code)),
            " or ".join(dict.fromkeys(f"`{remedy_of(code, effect)}`" for effect in effects_of(code))),
            *EXPLAINED[code],
            "yes" if code in TELLABLE else "",
        )
        for code in Code
    ]
    return f"""## Codes

A code with the effect *batch* refuses the whole batch; one with the effect *record* rejects that record only.
Told: the result repeats what was received, because it cannot be anything personal.

{_table(("code", "effect", "remedy", "説明", "explanation", "told"), rows)}"""


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
