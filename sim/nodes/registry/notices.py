"""出入国在留管理庁通知: what the agency says must be followed (住基法30条の50), and nothing goes up for it.

A notice is taken in with a slip (処理結果確認票) that puts each item before and after side by side; a clerk
confirms and the record follows (住民記録システム標準仕様書 1.0, 4.5.6). Notices of special permanent
residents are left alone by the automatic confirmation and taken in by hand, one by one. What is not taken in
yet can be listed, whatever day it is of.

The standard lets a designated city (指定都市) limit the import to the residents of the own ward. The Acts
read 市町村 as its wards, so here each ward is a municipality with a register and a terminal of its own, and
the agency addresses a notice to the one that holds the record: no register is ever given another ward's. A
city that shares one terminal among its wards has to split what arrives before it reaches the registers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Step
from sim.exchange.codes import Code, Finding
from sim.exchange.records import AgencyNotice, AnyRecord, Result
from sim.law.kinds import PersonClass
from sim.nodes.intake import answer
from sim.nodes.messages.registry import ConfirmNotice, Inbound
from sim.nodes.registry import raising, staleness
from sim.nodes.registry.history import ABODE_CORRECTED, ABODE_REMOVED, CORRECTED, REMOVED, Version
from sim.nodes.registry.items import changed, missing
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.slips import REMOVE, following, given, subject_of, superseded
from sim.nodes.registry.state import Imported, RegistryState


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is not taken in yet: when it came, of which day it is, whether it must be by hand."""

    record_id: str
    ref: str
    came: date
    decided_date: date
    by_hand: bool


# --- in ---------------------------------------------------------------------------------------------
def arrived(settings: Settings, state: RegistryState, inbound: Inbound, now: Instant) -> Step:
    """What came down the link: results settle their records, notices wait for a clerk.

    A terminal in another's place is given what went down before once more, so a notice may come again; it is
    told by its number and let go. After what came, the terminal may ask for what has no result.
    """
    entries: list[Entry] = []
    for record in inbound.records:
        if isinstance(record, Result):
            entries.append(raising.settle(state, record))
        elif isinstance(record, AgencyNotice):
            entries.append(_import(state, record, inbound.batch, japan_date(now)))
    if inbound.reraise is None:
        return Step(entries=tuple(entries))
    asked = raising.again(settings, state, inbound.reraise)
    return msgspec.structs.replace(asked, entries=(*entries, *asked.entries), cause=len(entries))


def _import(state: RegistryState, notice: AgencyNotice, batch: str, today: date) -> Entry:
    if not state.first_time(notice.record_id):
        again: Data = {"record": notice.record_id, "batch": batch}
        return Entry("notice_repeated", notice.record_id, notice.person_ref, again)
    person = subject_of(state, notice)
    if person is not None:
        special = PersonClass.SPECIAL_PERMANENT_RESIDENT
        ref, by_hand = person.ref, special in (person.person_class, notice.person_class)
    else:
        # It may build on the card that another waiting notice brings.
        ref, by_hand = next(
            (
                (earlier.ref, earlier.by_hand)
                for _, earlier in reversed(state.imported())
                if earlier.notice.card_number and earlier.notice.card_number == notice.card_number_before
            ),
            ("", False),
        )
    state.import_notice(Imported(notice, batch, today, ref, by_hand))
    data: Data = {"record": notice.record_id, "batch": batch, "reason": notice.reason, "by_hand": by_hand}
    return Entry("notice_imported", notice.record_id, notice.person_ref, data)


# --- waiting ----------------------------------------------------------------------------------------
def backlog(state: RegistryState) -> tuple[Waiting, ...]:
    """All notices that are not taken in yet, in the order of their arrival, whatever day they are of."""
    return tuple(
        Waiting(
            imported.notice.record_id,
            imported.ref or imported.notice.person_ref,
            imported.on,
            imported.notice.decided_date,
            imported.by_hand,
        )
        for _, imported in state.imported()
    )


def list_backlog(state: RegistryState, now: Instant) -> Step:
    """The clerk looks at the list: how many wait, and for how many days the oldest has."""
    waiting = backlog(state)
    today = japan_date(now)
    oldest = max(((today - one.came).days for one in waiting), default=0)
    data: Data = {
        "waiting": len(waiting),
        "oldest_days": oldest,
        "by_hand": sum(one.by_hand for one in waiting),
    }
    return Step(entries=(Entry("notice_backlog_listed", data=data),))


# --- confirmed --------------------------------------------------------------------------------------
def confirm_all(settings: Settings, state: RegistryState, now: Instant, *, by_hand: bool = False) -> Step:
    """A clerk goes through the slips in their order; what wants a hand stays, and whatever follows it for the
    same person. `by_hand`: the clerk sees to each of these too.
    """
    entries: list[Entry] = []
    results: list[AnyRecord] = []
    held: set[str] = set()
    for key, imported in state.imported():
        if (imported.by_hand and not by_hand) or imported.ref in held:
            held |= {imported.ref} - {""}
            continue
        result, told = confirm(settings, state, key, imported, now)
        results.append(result)
        entries += told
    if not entries:
        return Step(entries=(Entry("nothing_to_confirm"),))
    return Step(sends=raising.outbound(settings, results), entries=tuple(entries))


def confirm_by_hand(settings: Settings, state: RegistryState, body: ConfirmNotice, now: Instant) -> Step:
    """A clerk takes in one notice; an earlier one of the same person comes first."""
    seen: set[str] = set()
    for key, imported in state.imported():
        if imported.notice.record_id == body.record_id:
            if imported.ref and imported.ref in seen:
                return Step(Reply(False, "earlier_notice_waits"))
            result, told = confirm(settings, state, key, imported, now)
            return Step(sends=raising.outbound(settings, [result]), entries=tuple(told))
        seen.add(imported.ref)
    return Step(Reply(False, "no_such_notice"))


def confirm(
    settings: Settings, state: RegistryState, key: str, imported: Imported, now: Instant
) -> tuple[Result, list[Entry]]:
    """The record follows the notice, or the notice is refused; either way the agency is answered.

    Copies that were issued since the decision said what was no longer so, and are found now.
    """
    state.drop_import(key)
    notice = imported.notice
    person = subject_of(state, notice)
    if person is None:
        finding = Finding(
            Code.NO_SUCH_RESIDENT, 0, "card_number_before", "the card of a resident recorded here", ""
        )
        return _refused(settings, state, notice, notice.person_ref, finding)
    after = following(person, notice)
    removes = notice.effect == REMOVE
    lacked = missing(person, settings.not_insisted_on)
    lost = [item for item in missing(after, settings.not_insisted_on) if item not in lacked]
    if lost and not removes:
        finding = Finding(Code.MISSING_ITEM, 0, lost[0], f"an item of the class {after.person_class}", "")
        return _refused(settings, state, notice, person.ref, finding)
    if superseded(person, notice) and notice.card_number:
        state.bore(person.ref, notice.card_number)  # so that the next notice in the row finds the person
    today = japan_date(now)
    items = changed(person, after)
    lives_only = state.resident(person.ref) is None
    entries: list[Entry] = []
    if lives_only:
        action = ABODE_REMOVED if removes else ABODE_CORRECTED
    else:
        action = REMOVED if removes else CORRECTED
    if removes:
        gone: Data = {"filing": notice.reason, "event_date": notice.decided_date.isoformat()}
        kind = "abode_removed" if lives_only else "record_removed"
        entries.append(Entry(kind, notice.record_id, person.ref, gone))
    # Who never changed has no history, and a notice that changes nothing begins none.
    if removes or items or state.last_version(person.ref):
        version = Version(
            on=today,
            action=action,
            ground=notice.reason,
            case=notice.record_id,
            person=person if removes else after,
            items=() if removes else items,
            given=() if removes else tuple(given(person, notice)),
            event_date=notice.decided_date,
        )
        state.append(person.ref, version)
    data: Data = {
        "record": notice.record_id,
        "reason": notice.reason,
        "decided_date": notice.decided_date.isoformat(),
        "confirmed_date": today.isoformat(),
        "before": _period(person.period_until),
        "after": _period(after.period_until),
    }
    entries.append(Entry("notice_confirmed", notice.record_id, person.ref, data))
    entries += staleness.found(state, person.ref, notice)
    return _answer(settings, state, notice, None), entries


def _refused(
    settings: Settings, state: RegistryState, notice: AgencyNotice, ref: str, finding: Finding
) -> tuple[Result, list[Entry]]:
    data: Data = {"record": notice.record_id, "code": finding.code}
    if finding.code is Code.MISSING_ITEM:
        data["item"] = finding.column
    entry = Entry("notice_refused", notice.record_id, ref, data)
    return _answer(settings, state, notice, finding), [entry]


def _answer(
    settings: Settings, state: RegistryState, notice: AgencyNotice, finding: Finding | None
) -> Result:
    result = answer(raising.record_id(settings, state), "record", notice.record_id, finding)
    state.keep_answer(result)
    return result


def _period(until: date | None) -> str | None:
    return None if until is None else until.isoformat()
