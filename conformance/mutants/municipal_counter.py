"""Mutants of the municipal system's counters: decisions, steps, endorsements, half-done work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from conformance.mutants.municipal import altering, changed, dropping, moving_first
from conformance.mutants.otherwise import otherwise
from conformance.mutants.shape import Answers, Body, Mutant, answering, each
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import Event, Node, Reply, Step
from sim.drivers.topology import Topology
from sim.law.kinds import CardState
from sim.nodes.messages.counter import FileFiling, Visit

FAILED: Final = "authenticity_failed"
"""The reason for which a filing with a doubtful card is refused."""


# --- nodes ----------------------------------------------------------------------------------------------
def _refusing_without_card(event: Event, step: Step) -> Step:
    form = event.body
    if not isinstance(form, FileFiling) or form.card is not CardState.ABSENT:
        return step
    place = {key: step.entries[0].data[key] for key in ("office", "session")}
    data = place | {"reason": "card_not_presented", "filing": str(form.filing)}
    entry = Entry("filing_refused", form.case, form.person.ref, data)
    return Step(Reply(False, "card_not_presented"), entries=(entry,))


def _given_otherwise(change: Callable[[Any], Any]) -> Callable[[Node[Any], Any, Event, Instant], Step]:
    """The node is told something else than it is told."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        body = change(event.body)
        told = event if body is event.body else msgspec.structs.replace(event, body=body)
        return node.step(state, told, now)

    return decide


def _seeing_no_forgery(body: Any) -> Any:
    return msgspec.structs.replace(body, forged=()) if isinstance(body, FileFiling) else body


def _seeing_text_only(body: Any) -> Any:
    return _seeing(body, lambda item: item not in ("photo", "signature"))


def _seeing_no_address(body: Any) -> Any:
    return _seeing(body, lambda item: item != "place_of_residence")


def _seeing(body: Any, seen: Callable[[str], bool]) -> Any:
    if not isinstance(body, FileFiling):
        return body
    return msgspec.structs.replace(body, forged=tuple(filter(seen, body.forged)))


def _refusing_in_words_only(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """A doubtful card's filing goes to the register, and is called refused."""
    step = _given_otherwise(_seeing_no_forgery)(node, state, event, now)
    entries = [
        msgspec.structs.replace(entry, kind="filing_refused", data=entry.data | {"reason": FAILED})
        if entry.kind == "filing_accepted"
        else entry
        for entry in step.entries
    ]
    return msgspec.structs.replace(step, entries=tuple(entries))


def _one_card_for_all(body: Any) -> Any:
    if not isinstance(body, Visit) or not body.filings:
        return body
    first = body.filings[0].card
    filings = tuple(msgspec.structs.replace(form, card=first) for form in body.filings)
    return msgspec.structs.replace(body, filings=filings)


# --- how offices are set up -------------------------------------------------------------------------------
def fitted(**items: Any) -> Callable[[Topology], Topology]:
    """The municipality with other fittings."""
    return lambda topology: replace(topology, fittings=replace(topology.fittings, **items))


def _offices(**items: Any) -> Callable[[Topology], Topology]:
    def change(topology: Topology) -> Topology:
        offices = tuple(replace(office, **items) for office in topology.fittings.offices)
        return fitted(offices=offices)(topology)

    return change


# --- answers --------------------------------------------------------------------------------------------
def outcomes(change: Callable[[Body], Body]) -> Answers:
    """Changes what was decided on each filing of a visit."""
    return each("file", "outcomes", change)


def _accepting(*reasons: str) -> Answers:
    """What is refused for these reasons is accepted after all."""
    return outcomes(lambda one: one | {"decision": "accepted"} if one["reason"] in reasons else one)


def _refusing(which: Callable[[Body], bool]) -> Answers:
    """Filings of which this holds are refused."""

    def change(op: str, request: Body, answer: Body) -> Body:
        if op != "file" or not any(which(filing) for filing in request["filings"]):
            return answer
        refused = [one | {"decision": "refused", "reason": "other"} for one in answer["outcomes"]]
        return answer | {"outcomes": refused}

    return change


def setting(part: str, **items: Any) -> Answers:
    """Items of every thing in a part of the answer to a visit."""
    return each("file", part, lambda one: one | items)


def steps(step: str, change: Callable[[Body], Body]) -> Answers:
    """Changes what is told of each step of this kind."""
    return each("file", "steps", lambda one: change(one) if one["step"] == step else one)


def where(key: str, **items: Any) -> Callable[[Body], Body]:
    """Items of a thing in whose data the key holds anything."""
    return lambda one: one | items if one.get(key) else one


def _half_done(answer: Body) -> Body:
    """Somebody who is referred is identified all the same."""
    identified = [
        {"step": "identity", "person": one["person"], "office": "ochiai", "session": "s", "result": "photo"}
        for one in answer["outcomes"]
        if one["decision"] == "referred"
    ]
    return answer | {"steps": [*answer["steps"], *identified]}


def _elsewhere(answer: Body) -> Body:
    return answer | {"endorsements": [one | {"office": "main_office"} for one in answer["endorsements"]]}


COUNTER: Final = (
    Mutant(
        "refuse-without-card",
        "カードがないと転入届を受理しない",
        "refuses a moving-in filing when the card is not brought",
        "filing_accepted",
        actors=changed("counter", _refusing_without_card),
    ),
    Mutant(
        "no-record-no-filing",
        "住民票を作らない場所の住居地の届出を受理しない",
        "refuses a residence notification where no resident record is made",
        "filing_accepted",
        answers=_refusing(lambda filing: bool(filing["no_record"])),
    ),
    Mutant(
        "accept-the-future",
        "まだ起きていないことの届出を受理する",
        "accepts filings of what has not happened yet",
        "filing_refused",
        answers=_accepting("event_in_future"),
    ),
    Mutant(
        "notify-without-card",
        "カードがなくても単独の住居地の届出を受理する",
        "accepts a separate residence notification without the card",
        "filing_refused",
        answers=_accepting("card_not_presented"),
    ),
    Mutant(
        "late-moving-out-as-filing",
        "15日以上たった転出も届出として受理する",
        "takes a moving-out for a filing however late it is",
        "moved_out_ex_officio",
        answers=outcomes(
            lambda one: one | {"decision": "accepted"} if one["decision"] == "ex_officio" else one
        ),
    ),
    Mutant(
        "late-moving-out-ex-officio",
        "転出した後の転出届を、14日以内でも職権で記載する",
        "records every moving-out after the move ex officio",
        "moved_out_ex_officio",
        answers=outcomes(lambda one: one | {"decision": "ex_officio"} if one["in_time"] is False else one),
    ),
    Mutant(
        "specified-card-always",
        "みなし届出でなくても特定在留カードの申請を受け付ける",
        "takes applications for specified cards with any filing",
        "specified_card",
        answers=outcomes(
            lambda one: one if one["specified_card"] is None else one | {"specified_card": True}
        ),
    ),
    Mutant(
        "specified-card-never",
        "特定在留カードの申請を受け付けない",
        "takes no application for a specified card",
        "specified_card",
        answers=outcomes(where("specified_card", specified_card=False)),
    ),
    Mutant(
        "forget-duty",
        "カードがないときに住居地の届出義務を残さない",
        "does not keep the residence notification open when the card is absent",
        "residence_duty",
        actors=changed("counter", dropping("residence_duty_open")),
    ),
    Mutant(
        "never-close-duty",
        "住居地の届出が済んでも、義務を残したままにする",
        "keeps the residence notification open after it was made",
        "residence_duty",
        actors=changed("counter", dropping("residence_duty_closed")),
    ),
    Mutant(
        "warn-nobody",
        "住居地の届出が別に必要なことを伝えない",
        "does not warn that a residence notification is still due",
        "warning",
        actors=changed("counter", altering("residence_duty_open", warned=False)),
    ),
    Mutant(
        "warn-of-another-day",
        "住居地の届出の期限を誤って伝える",
        "tells another limit",
        "warning",
        actors=changed("counter", altering("residence_duty_open", last_day="2026-06-30")),
    ),
    Mutant(
        "warn-in-japanese-only",
        "注意喚起を日本語だけで行う",
        "warns in Japanese only",
        "warning_languages",
        answers=each("file", "duties", where("languages", languages=["ja"])),
    ),
    Mutant(
        "one-card-for-all",
        "世帯の一人のカードで、全員のカードが提出されたものとする",
        "lets one member's card count for the whole household",
        "deemed",
        actors=otherwise("counter", _given_otherwise(_one_card_for_all)),
    ),
    # --- steps ------------------------------------------------------------------------------------------
    Mutant(
        "endorse-first",
        "本人確認より先に裏書きをする",
        "endorses the card before anything is confirmed",
        "counter_order",
        actors=changed("counter", moving_first("card_endorsed")),
    ),
    Mutant(
        "identify-nobody",
        "本人確認をしない",
        "confirms nobody's identity",
        "counter_order",
        actors=changed("counter", dropping("identity_confirmed")),
    ),
    Mutant(
        "compare-nothing",
        "偽変造確認をしない",
        "does not compare face and chip",
        "counter_order",
        actors=changed("counter", dropping("authenticity_confirmed")),
    ),
    Mutant(
        "by-the-photograph",
        "写真のないカードでも、写真により本人確認をしたとする",
        "says that identity was confirmed by a photograph that is not there",
        "identity_manner",
        answers=steps("identity", lambda one: one | {"result": "photo"}),
    ),
    Mutant(
        "unreadable-as-match",
        "読取り不能を一致とする",
        "takes a chip that does not answer for one that agrees",
        "authenticity_result",
        answers=steps("authenticity", lambda one: one | {"result": "match"}),
    ),
    Mutant(
        "see-no-forgery",
        "券面とICチップの違いに気付かない",
        "does not see that face and chip differ",
        "forgery_stops",
        actors=otherwise("counter", _given_otherwise(_seeing_no_forgery)),
    ),
    Mutant(
        "compare-text-only",
        "顔写真と電子署名を確かめない",
        "compares the text only, not the photograph and the signature",
        "forgery_stops",
        actors=otherwise("counter", _given_otherwise(_seeing_text_only)),
    ),
    Mutant(
        "compare-no-address",
        "住居地を確かめない",
        "does not compare the place of residence",
        "forgery_stops",
        actors=otherwise("counter", _given_otherwise(_seeing_no_address)),
    ),
    Mutant(
        "accept-forgeries",
        "券面とICチップが違っても受理する",
        "accepts a filing with a card whose face and chip differ",
        "forgery_stops",
        answers=_accepting(FAILED),
    ),
    Mutant(
        "endorse-never",
        "カードに裏書きをしない",
        "does not endorse the card",
        "endorsement",
        actors=changed("counter", dropping("card_endorsed")),
    ),
    Mutant(
        "endorse-the-old-address",
        "裏書きに前の住居地を書く",
        "writes the old address on the card",
        "endorsement",
        answers=setting("endorsements", address="東京都中野区中央1丁目1番1号"),
    ),
    Mutant(
        "endorse-without-mark",
        "裏書きに職印を押さない",
        "endorses cards without the mayor's mark",
        "endorsement",
        answers=setting("endorsements", official_mark=False),
    ),
    Mutant(
        "send-what-was-refused",
        "受理しなかった届出についても通知と伝達を送る",
        "sends records of filings that it refused",
        "refused_sends_nothing",
        actors=otherwise("counter", _refusing_in_words_only),
    ),
    Mutant(
        "endorse-another-day",
        "裏書きに届出の日と違う日付を書く",
        "writes another day than that of the filing",
        "endorsement",
        answers=setting("endorsements", filed_date="2026-01-05"),
    ),
    Mutant(
        "endorse-elsewhere",
        "受け付けた窓口と違う窓口で裏書きをする",
        "has the card endorsed at another office than the one that took the filing",
        "endorsement_office",
        answers=answering("file", _elsewhere),
    ),
    Mutant(
        "split-session",
        "裏書きを別の受付で行う",
        "endorses in another session than the filing's",
        "one_session",
        answers=steps("endorsement", lambda one: one | {"session": "another"}),
    ),
    Mutant(
        "close-without-endorsement",
        "裏書きが済んでいなくても案件を終える",
        "closes a case whose card lacks its endorsement",
        "case_open",
        answers=answering("file", lambda answer: answer | {"case_open": False}),
    ),
    Mutant(
        "never-close-a-case",
        "裏書きが済んでも案件を終えない",
        "keeps a case open after its card was endorsed",
        "case_open",
        answers=answering("endorse", lambda answer: answer | {"case_open": True}),
    ),
    Mutant(
        "take-at-any-office",
        "受け付けない支所でも受け付ける",
        "takes filings at an office that takes none",
        "referred",
        topology=_offices(accepts_foreign_filings=True),
    ),
    Mutant(
        "half-at-a-branch",
        "受け付けない支所で、本人確認だけを行う",
        "does half of the procedure at an office that takes no filings",
        "referred",
        answers=answering("file", _half_done),
    ),
    Mutant(
        "refer-nowhere",
        "受け付けない支所で、どこへ行けばよいかを案内しない",
        "turns people away without saying where to go",
        "referred",
        answers=outcomes(where("referred_to", referred_to="")),
    ),
)
"""All of them."""
