"""What a clerk of the reference municipality sees of agency notices: where each stands, and its slip."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from conformance.protocol import municipal as wire
from conformance.protocol.base import PersonData
from sim.base.journal import Line
from sim.law.citation import counterpart
from sim.nodes.messages.people import Person
from sim.nodes.ministry import notice_called
from sim.nodes.registry import RegistryState
from sim.nodes.registry.history import KEEPS_ABODE, KEEPS_RECORD
from sim.nodes.registry.slips import slip

ITEMS: Final = tuple(sorted(PersonData.model_fields.keys() - {"ref", "photo"}))
"""The items of a record in the protocol."""
_EMPTY: Final = (None, "")


def items_of(person: Person) -> dict[str, str]:
    """The items of a record as texts, without those that are empty."""
    values = {name: getattr(person, name) for name in ITEMS}
    return {name: str(value) for name, value in values.items() if value not in _EMPTY}


def seen(state: RegistryState, lines: Iterable[Line]) -> list[wire.NoticeData]:
    """Every notice that came, in the order of arrival. `lines`: the register's journal."""
    lines = list(lines)
    waiting = {one.notice.record_id: one for _, one in state.imported()}
    settled = {
        str(line.data["record"]): line
        for line in lines
        if line.kind in ("notice_confirmed", "notice_refused")
    }
    told = []
    for line in lines:
        if line.kind != "notice_imported":
            continue
        record = str(line.data["record"])
        if record in waiting:
            told.append(_waiting(state, waiting[record]))
        elif record in settled:
            told.append(_settled(state, record, settled[record], line.subject))
    return told


def _waiting(state: RegistryState, imported: Any) -> wire.NoticeData:
    notice = imported.notice
    changes = [line for line in slip(state, notice.record_id) if line.changes and line.item in ITEMS]
    return wire.NoticeData(
        record=notice.record_id,
        person=imported.ref or notice.person_ref,
        state="backlog" if imported.by_hand else "imported",
        called=_called(notice.decided_date),
        before=_texts({line.item: line.before for line in changes}),
        after=_texts({line.item: line.after for line in changes}),
    )


def _settled(state: RegistryState, record: str, line: Line, subject: str) -> wire.NoticeData:
    """What became of a notice, from the history that it left."""
    person = line.subject or subject
    if line.kind == "notice_refused":
        return wire.NoticeData(record=record, person=person, state="refused")
    before: Person | None = None
    changes: dict[str, tuple[Any, Any]] = {}
    for version in state.history(person):
        if version.case == record and before is not None:
            keeps = version.action in KEEPS_RECORD | KEEPS_ABODE
            after = version.person if keeps else None
            names = version.items if keeps else ITEMS
            changes = {
                name: (getattr(before, name), getattr(after, name, None)) for name in names if name in ITEMS
            }
        before = version.person
    return wire.NoticeData(
        record=record,
        person=person,
        state="applied",
        called=_called(date.fromisoformat(str(line.data["decided_date"]))),
        before=_texts({name: one for name, (one, _) in changes.items()}),
        after=_texts({name: other for name, (_, other) in changes.items()}),
    )


def _called(decided: date) -> str:
    """The notice's name and its sender's, as the screen has them on that day."""
    return f"{notice_called(decided)[0]}（{counterpart(decided)[0]}）"


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in sorted(values.items())}
