"""住民票の写し: copies of a record, and what they say after a renewal that the register has not got yet.

The seed (001, line 31) asks: is the copy issued by information that is a day old, or by the card that the
applicant brings? A register declares one of two options.

- `stale_record`: the copy says what the record says. Where the card, or a notice that waits, says otherwise,
  the journal has it.
- `card_based`: a copy certifies the record, so it cannot say anything else: to issue by the card, the record
  has to say the same first. Notices of the person that wait are taken in. Where the card is newer still, the
  record is corrected ex officio by the card that was checked, and the agency is told of the correction, since
  no notice of its own led to it; with `newer_card` = `wait` the copy is refused until the notice has come.
  The notice that comes later then finds nothing to change. (This is a reading of the question, which the seed
  leaves open: UNCONFIRMED `register-copy-by-card`; 住基法8条 lets the mayor correct a record ex officio.)

A provisional change is on no copy.
"""

from __future__ import annotations

from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Send, Step
from sim.exchange.records import AnyRecord
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ChangeRecord, IssueCopy
from sim.nodes.registry import notices, raising, revising, staleness
from sim.nodes.registry.items import changed
from sim.nodes.registry.settings import CopyOption, NewerCard, Settings
from sim.nodes.registry.state import Copy, RegistryState


def issue(settings: Settings, state: RegistryState, body: IssueCopy, now: Instant) -> Step:
    """Issues the copy, or refuses it: without a record, with somebody else's card, or to await a notice."""
    sends: list[Send] = []
    entries: list[Entry] = []
    card_based = settings.copies == CopyOption.CARD_BASED
    if card_based:
        results: list[AnyRecord] = []
        for key, imported in state.imported():
            if imported.ref == body.ref:
                result, told = notices.confirm(settings, state, key, imported, now)
                results.append(result)
                entries += told
        sends += raising.outbound(settings, results)
    person = state.resident(body.ref)
    reason, item = _refusal(state, body, person), ""
    if not reason and card_based and person is not None:
        newer = staleness.by_card(state, person, body.shown)
        if newer != person and settings.newer_card == NewerCard.WAIT:
            reason = "notice_awaited"
        elif newer != person:
            corrected = _correct(settings, state, body, person, newer, now)
            reason, item = corrected.reply.code, corrected.reply.detail
            if corrected.reply.ok:
                sends += corrected.sends
                entries += corrected.entries
                person = state.resident(body.ref)
    if reason or person is None:
        data: Data = {"reason": reason, "item": item} if item else {"reason": reason}
        entries.append(Entry("copy_refused", body.case, body.ref, data))
        return Step(Reply(False, reason, item), tuple(sends), entries=tuple(entries))
    today = japan_date(now)
    differs, days = staleness.known_now(state, person, body.shown, today)
    version = state.last_version(body.ref)
    copy = Copy(body.case, today, settings.copies, version, body.shown is not None, differs)
    state.keep_copy(body.ref, copy)
    data = {
        "option": str(settings.copies),
        "stale": bool(differs),
        "differs": list(differs),
        "days_behind": days,
    }
    entries.append(Entry("copy_issued", body.case, body.ref, data))
    return Step(sends=tuple(sends), entries=tuple(entries))


def _refusal(state: RegistryState, body: IssueCopy, person: Person | None) -> str:
    if person is None:
        return "removed" if state.removed(body.ref) is not None else "not_registered"
    if body.shown is not None:
        holder = state.holder_of(body.shown.card_number)
        if holder is not None and holder.ref != body.ref:
            return "card_of_another"
    return ""


def _correct(
    settings: Settings, state: RegistryState, body: IssueCopy, person: Person, newer: Person, now: Instant
) -> Step:
    """The record is corrected ex officio by the card that lies on the counter."""
    today = japan_date(now)
    permitted = None if body.shown is None else body.shown.permitted
    event = today if permitted is None else min(permitted, today)
    items = changed(person, newer)
    return revising.revise(
        settings,
        state,
        ChangeRecord(body.case, "corrected_ex_officio", newer, event, today, items),
        now,
    )
