"""Mutants of the municipal system's register: records and their histories, agency notices, copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import item_as, otherwise, record_as
from conformance.mutants.shape import Body, Mutant, answering, each
from sim.base.instant import DAY, HOUR, Instant, instant, japan_date
from sim.base.node import Event, Node, Step, Wake
from sim.drivers.topology import Topology
from sim.exchange.records import AgencyNotice
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotice, ConfirmNotices, Inbound, IssueCopy
from sim.nodes.registry import Registry


# --- copies ---------------------------------------------------------------------------------------------
def _correcting_in_silence(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """What a copy has corrected in the record does not leave."""
    step = node.step(state, event, now)
    return msgspec.structs.replace(step, sends=()) if isinstance(event.body, IssueCopy) else step


# --- agency notices -------------------------------------------------------------------------------------
def _confirming_all(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """The notices of special permanent residents go with the others."""
    if isinstance(event.body, ConfirmNotices):
        event = msgspec.structs.replace(event, body=ConfirmNotices(by_hand=True))
    return node.step(state, event, now)


def _confirming_at_once(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """A notice changes the record when it comes."""
    step = node.step(state, event, now)
    if not isinstance(event.body, Inbound) or not any(
        isinstance(record, AgencyNotice) for record in event.body.records
    ):
        return step
    more = node.step(state, msgspec.structs.replace(event, body=ConfirmNotices()), now)
    return msgspec.structs.replace(
        step, sends=(*step.sends, *more.sends), entries=(*step.entries, *more.entries)
    )


def _confirming_nothing(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    if isinstance(event.body, ConfirmNotices | ConfirmNotice):
        return Step()
    return node.step(state, event, now)


def _confirming_next_day(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """What a clerk confirmed is written a day later."""
    if isinstance(event.body, ConfirmNotices) and now - instant(japan_date(now)) < 12 * HOUR:
        return Step(wakes=(Wake(Instant(now + DAY + 6 * HOUR), event.body),))
    return node.step(state, event, now)


def _losing_by_day(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """What comes outside of the evening's exchange is lost."""
    body = event.body
    if isinstance(body, Inbound) and now - instant(japan_date(now)) < 17 * HOUR:
        kept = tuple(record for record in body.records if not isinstance(record, AgencyNotice))
        event = msgspec.structs.replace(event, body=Inbound(body.batch, kept, body.reraise))
    return node.step(state, event, now)


# --- the register ---------------------------------------------------------------------------------------
def _insisting_on_nothing(actors: Any, at: Any) -> Any:
    actor = actors[at.registry]
    node = actor.node
    if not isinstance(node, Registry):
        return actors
    items = frozenset(Person.__struct_fields__)
    return actors | {at.registry: replace(actor, node=replace(node, not_insisted_on=items))}


def _other_copies(topology: Topology) -> Topology:
    other = "card_based" if topology.fittings.copies == "stale_record" else "stale_record"
    return replace(topology, fittings=replace(topology.fittings, copies=other))


def _erased(answer: Body) -> Body:
    return answer | {"items": {}} if answer["state"] == "removed" else answer


def _state(old: str, new: str) -> Any:
    return record_as(lambda answer: answer | {"state": new} if answer["state"] == old else answer)


def _without_cancelled(answer: Body) -> Body:
    """A change and its cancellation are struck out together."""
    history = list(answer["history"])
    while "cancelled" in history:
        place = history.index("cancelled")
        del history[max(place - 1, 0) : place + 1]
    return answer | {"history": history}


def _in_japanese_era(text: str) -> str:
    year, _, rest = text.partition("-")
    return f"H{int(year) - 1988:02d}-{rest}"


def _taking_any_day(op: str, request: Body, answer: Body) -> Body:
    if op != "change" or request["filed_date"] <= request["event_date"]:
        return answer
    return answer | {"accepted": True, "reason": ""}


def _slip_turned(notice: Body) -> Body:
    return notice | {"before": notice["after"], "after": notice["before"]}


ALL: Final = (
    Mutant(
        "confirm-special",
        "特別永住者の通知も、ほかの通知と一緒に反映する",
        "takes in notices of special permanent residents with the others",
        "notice_backlog",
        actors=otherwise("registry", _confirming_all),
    ),
    Mutant(
        "confirm-at-once",
        "確認を待たずに住民票を更新する",
        "changes the record before a clerk has confirmed",
        "after_confirmation",
        actors=otherwise("registry", _confirming_at_once),
    ),
    Mutant(
        "confirm-nothing",
        "確認しても住民票を更新しない",
        "does not change the record when a clerk confirms",
        "record_item",
        actors=otherwise("registry", _confirming_nothing),
    ),
    Mutant(
        "confirm-next-day",
        "確認した内容を、翌日になってから反映する",
        "writes what was confirmed a day later",
        "follows_in_time",
        actors=otherwise("registry", _confirming_next_day),
    ),
    Mutant(
        "lose-by-day",
        "随時に届いた通知を失う",
        "loses notices that come outside of the evening's exchange",
        "either_mode",
        actors=otherwise("registry", _losing_by_day),
    ),
    Mutant(
        "import-nothing",
        "通知を自動では取り込まない",
        "takes in no notice by itself",
        "notice_imported",
        answers=each(
            "notices",
            "notices",
            lambda one: one | {"state": "backlog" if one["state"] == "imported" else one["state"]},
        ),
    ),
    Mutant(
        "import-twice",
        "同じ通知を2件として表示する",
        "shows a notice as two",
        "notice_count",
        answers=answering(
            "notices", lambda answer: answer | {"notices": [*answer["notices"], *answer["notices"]]}
        ),
    ),
    Mutant(
        "slip-turned",
        "確認票の変更前と変更後が逆である",
        "puts before and after on the slip the wrong way round",
        "slip",
        answers=each("notices", "notices", _slip_turned),
    ),
    Mutant(
        "old-name",
        "2019年4月1日以後も法務省通知と表示する",
        "calls a notice by its older name after 2019-04-01",
        "notice_called",
        answers=each("notices", "notices", lambda one: one | {"called": "法務省通知（法務大臣）"}),
    ),
    Mutant(
        "removed-stays",
        "消除した住民票を、ある住民票として示す",
        "shows a removed record as one that stands",
        "record_state",
        answers=_state("removed", "present"),
    ),
    Mutant(
        "residents-only",
        "居住地のみの特別永住者を対象から落とす",
        "knows only who has a resident record",
        "abode_only",
        answers=record_as(
            lambda answer: (
                answer | {"state": "none", "items": {}} if answer["state"] == "abode_only" else answer
            )
        ),
    ),
    Mutant(
        "fold-kanji-in-record",
        "氏名の漢字を、似た字に置き換えて記載する",
        "records another character in place of a rare one",
        "kanji_kept",
        answers=item_as("name_kanji", lambda text: text.replace("\U00020bb7", "吉")),
    ),
    Mutant(
        "empty-nationality",
        "国籍・地域が空欄の住民票を許す",
        "leaves the nationality empty",
        "not_null",
        answers=record_as(
            lambda answer: (
                answer
                | {"items": {name: text for name, text in answer["items"].items() if name != "nationality"}}
            )
        ),
    ),
    Mutant(
        "insist-on-nothing",
        "必須の項目を空欄にする修正を受け付ける",
        "takes corrections that leave mandatory items empty",
        "refused_empty",
        actors=_insisting_on_nothing,
    ),
    Mutant(
        "any-filing-day",
        "届出日が将来の日付でも異動を受け付ける",
        "takes a change whose day of filing has not come",
        "refused_future",
        answers=_taking_any_day,
    ),
    Mutant(
        "japanese-era",
        "生年月日を元号で書く",
        "writes the day of birth by the Japanese era",
        "western_dates",
        answers=item_as("birth_date", _in_japanese_era),
    ),
    Mutant(
        "erase-removed",
        "消除すると住民票の内容を消してしまう",
        "erases a record that is removed",
        "removed_kept",
        answers=record_as(_erased),
    ),
    Mutant(
        "strike-out-history",
        "取り消した異動を履歴から消す",
        "strikes a cancelled change out of the history",
        "history_grows",
        answers=record_as(_without_cancelled),
    ),
    Mutant(
        "cancel-as-correction",
        "異動の取消しを、ただの修正として履歴に残す",
        "has a cancellation in the history as a mere correction",
        "cancelled_back",
        answers=record_as(
            lambda answer: (
                answer
                | {"history": ["corrected" if one == "cancelled" else one for one in answer["history"]]}
            )
        ),
    ),
    Mutant(
        "cancel-anything",
        "後の異動がある異動も取り消す",
        "takes back changes on which later ones rest",
        "cancel_refused",
        answers=answering("cancel", lambda answer: answer | {"accepted": True, "reason": ""}),
    ),
    Mutant(
        "refuse-changes",
        "届出によらない異動を受け付けない",
        "refuses changes that no mover files",
        "change_taken",
        answers=answering("change", lambda answer: answer | {"accepted": False, "reason": "no"}),
    ),
    Mutant(
        "other-copies",
        "宣言した方針と違う写しを交付する",
        "issues copies otherwise than declared",
        "copy_option",
        topology=_other_copies,
    ),
    Mutant(
        "note-nothing",
        "写しがカードより古いことを記録しない",
        "does not note that a copy says less than the card",
        "copy_noted",
        answers=answering("copy", lambda answer: answer | {"noted": False}),
    ),
    Mutant(
        "correct-in-silence",
        "カードに合わせた住民票の修正を通知しない",
        "does not notify a record that it corrected by the card for a copy",
        "copy_correction_told",
        actors=otherwise("registry", _correcting_in_silence),
    ),
)
