"""The way of one record, drawn from a journal: who did what, when, and what led to what.

A lane for each actor, a row for each entry, an arrow from each entry to the ones it led to. The picture is
a pure function of the journal: `docs/path-of-a-record.svg` is drawn by this module from a run of the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from sim.base.errors import UsageError
from sim.base.instant import iso
from sim.base.journal import Line

# Lanes in the order in which a record meets them; the part before a municipality's code names the actor.
LANES: Final = (
    ("counter", "窓口", "sim/nodes/counter/node.py"),
    ("registry", "住基DBサーバ", "sim/nodes/registry/node.py"),
    ("terminal", "情報連携端末", "sim/nodes/terminal/node.py"),
    ("lgwan", "LGWAN", "sim/nodes/lgwan/node.py"),
    ("ministry", "市町村連携用サーバ", "sim/nodes/ministry/node.py"),
)
# The line inside the municipality hands on and writes nothing: it is named on the way it carries.
LINK: Final = "sim/nodes/link/node.py"
RAISED: Final = ("record_raised", "notice_raised")
AFTERWARDS: Final = (
    "sim/base/journal.py merge → sim/studies/folding/__init__.py Folding → reports/page.py render"
)

_LANE_WIDTH: Final = 200
_LEFT: Final = 150
_TOP: Final = 84
_ROW: Final = 46
_BOX_WIDTH: Final = 176
_BOX_HEIGHT: Final = 30
_INK, _GREY, _ACCENT, _PALE, _RULE = "#1a1a1a", "#6b6b6b", "#1f4e79", "#eef3f8", "#d0d0d0"


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry in the picture."""

    line: Line
    lane: int
    row: int

    @property
    def centre(self) -> int:
        return _LEFT + _LANE_WIDTH * self.lane + _LANE_WIDTH // 2

    @property
    def middle(self) -> int:
        return _TOP + _ROW * self.row + 20


def way_of(lines: Iterable[Line], record: str) -> list[Line]:
    """The entries that concern one record, in merged order: its case, its batch, the answer.

    Raises:
        UsageError: the journal knows no such record.
    """
    everything = list(lines)
    raised = next((item for item in everything if item.kind in RAISED and _is(item, record)), None)
    if raised is None:
        raise UsageError(
            f"the journal knows no record {record!r} that was raised",
            expected="a record's number such as 131041-00000001, or an agency notice's such as ISA-00000001",
            received=record,
            remedy="look for record_raised or notice_raised in journal.ndjson",
        )
    made = [item for item in everything if item.kind == "batch_made"]
    batches = {item.subject for item in made if record in item.data["contains"]}
    accepted = [item for item in everything if item.kind == "batch_accepted"]
    if raised.kind == "record_raised":
        # The answer goes down in the batch that came of the same arrival as the acceptance of ours.
        arrivals = {item.cause for item in accepted if item.subject in batches}
        batches |= {
            item.subject for item in made if item.cause in arrivals and item.data["direction"] == "down"
        }
    else:
        # The result went up in the batch of whose arrival the settlement came.
        settled = {_step(item) for item in everything if item.kind == "notice_settled" and _is(item, record)}
        batches |= {item.subject for item in accepted if _step(item) in settled}
    return [
        item
        for item in everything
        if _is(item, record)
        or item.subject in batches
        or (item.case == raised.case and "record" not in item.data)
    ]


def draw(lines: Sequence[Line], title: str) -> str:
    """The picture of some entries as SVG."""
    steps = _place(lines)
    height = _TOP + _ROW * len(steps) + 60
    width = _LEFT + _LANE_WIDTH * len(LANES) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        f' width="{width}" height="{height}" font-size="12" fill="{_INK}"',
        " font-family=\"system-ui, 'Noto Sans CJK JP', sans-serif\">",
        f"<title>{escape(title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"',
        f' orient="auto"><path d="M0 0L8 4L0 8z" fill="{_ACCENT}"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="10" y="22" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for number, (_, ja, module) in enumerate(LANES):
        x = _LEFT + _LANE_WIDTH * number + _LANE_WIDTH // 2
        parts.append(f'<text x="{x}" y="50" text-anchor="middle" font-weight="600">{ja}</text>')
        parts.append(
            f'<text x="{x}" y="66" text-anchor="middle" font-size="10" fill="{_GREY}">{module}</text>'
        )
        parts.append(f'<path d="M{x} {_TOP - 8}V{height - 50}" stroke="{_RULE}"/>')
    places = {step.line.id: step for step in steps}
    parts += [_arrow(places[step.line.cause], step) for step in steps if step.line.cause in places]
    parts += _waits(steps)
    parts += _times(steps)
    parts += [_box(step) for step in steps]
    parts.append(f'<text x="{_LEFT}" y="{height - 22}" fill="{_ACCENT}">→ {escape(AFTERWARDS)}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _step(line: Line) -> tuple[str, int, str]:
    """Which step of which node wrote a line."""
    return line.node, line.at, line.cause


def _is(line: Line, record: str) -> bool:
    return bool(line.data.get("record") == record)


def _place(lines: Sequence[Line]) -> list[_Step]:
    """Gives each entry its lane and row; at one instant causes stand before their effects."""
    names = [name for name, _, _ in LANES]
    shown = [line for line in lines if line.node.split("-")[0] in names]
    by_id = {line.id: line for line in shown}

    def depth(line: Line) -> int:
        return depth(by_id[line.cause]) + 1 if line.cause in by_id else 0

    shown.sort(key=lambda line: (line.at, depth(line), line.node, line.n))
    return [_Step(line, names.index(line.node.split("-")[0]), row) for row, line in enumerate(shown)]


def _times(steps: Sequence[_Step]) -> list[str]:
    parts = []
    day = ""
    for step in steps:
        date, clock = iso(step.line.at)[:10], iso(step.line.at)[11:19]
        if date != day:
            parts.append(f'<text x="10" y="{step.middle + 4}" font-size="11" fill="{_GREY}">{date}</text>')
            day = date
        parts.append(f'<text x="84" y="{step.middle + 4}" font-size="11" fill="{_GREY}">{clock}</text>')
    return parts


def _box(step: _Step) -> str:
    line = step.line
    told = line.subject if line.kind.startswith(("batch", "transfer")) else line.data.get("record", "")
    x, y = step.centre - _BOX_WIDTH // 2, step.middle - _BOX_HEIGHT // 2
    where = f'x="{step.centre}" text-anchor="middle"'
    return (
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="4" fill="{_PALE}"'
        f' stroke="{_ACCENT}"/><text {where} y="{y + (14 if told else 19)}">{escape(line.kind)}</text>'
        f'<text {where} y="{y + 25}" font-size="9" fill="{_GREY}">{escape(told)}</text>'
    )


def _waits(steps: Sequence[_Step]) -> list[str]:
    """What waits for an exchange has no cause in the journal and gets a dashed line here."""
    made = {record: step for step in steps for record in step.line.data.get("contains", ())}
    up = [step for step in steps if step.line.kind == "batch_made" and step.line.data["direction"] == "up"]
    parts = []
    for step in steps:
        if step.line.kind in RAISED:
            end = made.get(step.line.data["record"])
        elif step.line.kind in ("notice_confirmed", "notice_refused"):
            end = up[0] if up else None  # the batch that took the clerk's answer along
        else:
            continue
        if end is not None:
            parts.append(_arrow(step, end, dashed=True))
            if step.lane != end.lane:
                parts[-1] += (
                    f'<text x="{step.centre + _BOX_WIDTH // 2 + 18}" y="{step.middle + 4}" font-size="10"'
                    f' fill="{_GREY}">{LINK}</text>'
                )
    return parts


def _arrow(start: _Step, end: _Step, *, dashed: bool = False) -> str:
    look = f'fill="none" stroke="{_ACCENT}" marker-end="url(#tip)"'
    if dashed:
        look += ' stroke-dasharray="4 3"'
    if start.lane == end.lane:
        edge = start.centre + _BOX_WIDTH // 2
        return f'<path d="M{edge} {start.middle}H{edge + 12}V{end.middle}H{edge}" {look}/>'
    side = 1 if end.lane > start.lane else -1
    leave, enter = start.centre + side * _BOX_WIDTH // 2, end.centre - side * _BOX_WIDTH // 2
    return f'<path d="M{leave} {start.middle}H{leave + side * 12}V{end.middle}H{enter}" {look}/>'
