"""Mutants of the municipal system's forms, chips and terminals: what is asked, keyed, carried and written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from conformance.mutants.municipal_counter import fitted, outcomes, setting, steps, where
from conformance.mutants.shape import Body, Mutant, answering, each
from conformance.writing import policy_of
from sim.drivers.topology import Topology
from sim.law.write_requirements import Connection


def _on_lgwan(topology: Topology) -> Topology:
    cards = tuple(replace(card, connection=Connection.LGWAN) for card in topology.fittings.cards)
    return fitted(cards=cards)(topology)


def _asking_more(one: Body) -> Body:
    return one | {"asked": [*one["asked"], *one["asked"][:1]]}


def _asking_card(one: Body) -> Body:
    return one | {"asked": [*one["asked"], "nationality"]} if one["deemed"] else one


def _updated(one: Body) -> Body:
    return one | {"update": "P-20260616"} if one["use"] == "cards" else one


def _one_id(answer: Body) -> Body:
    cards = [one["id"] for one in answer["terminals"] if one["use"] == "cards"]
    return answer | {
        "terminals": [
            one | {"id": cards[0]} if one["use"] == "exchange" else one for one in answer["terminals"]
        ]
    }


def _folded(answer: Body) -> Body:
    """Whatever a smaller set of characters does not have is replaced."""
    items = {
        name: text.encode("cp932", "replace").decode("cp932").replace("叱", "？")
        for name, text in answer["items"].items()
    }
    return answer | {"items": items}


FORMS: Final = (
    Mutant(
        "ask-twice",
        "同じ事項を二度尋ねる",
        "asks for an item twice",
        "asked_once",
        answers=outcomes(_asking_more),
    ),
    Mutant(
        "ask-for-the-card",
        "提出されたカードに記載された事項を尋ねる",
        "asks for what stands on the card that was handed in",
        "card_not_asked",
        answers=outcomes(_asking_card),
    ),
    Mutant(
        "two-forms-always",
        "カードを出した人にも住居地届出書を書かせる",
        "has everybody fill in the residence form",
        "forms",
        answers=outcomes(where("forms", forms=["resident_record_form", "residence_form"])),
    ),
    Mutant(
        "one-form-always",
        "カードを持たない人に住居地届出書を求めない",
        "asks nobody for the residence form",
        "forms",
        answers=outcomes(where("forms", forms=["resident_record_form"])),
    ),
    Mutant(
        "read-no-text",
        "ICチップの文字を取り込まない",
        "takes no text over from the chip",
        "read_items",
        answers=outcomes(where("read", read=[])),
    ),
    Mutant(
        "key-everything",
        "ICチップにある事項も手で入力する",
        "has everything keyed by hand",
        "keyed_items",
        answers=outcomes(lambda one: one | {"keyed": [*one["keyed"], *one["read"]]}),
    ),
    Mutant(
        "edit-unseen",
        "ICチップの文字を直しても記録しない",
        "does not keep that a clerk wrote something else than the chip has",
        "edits_logged",
        answers=outcomes(where("edited", edited=[])),
    ),
    Mutant(
        "plain-medium",
        "暗号化されていない媒体で文字を移す",
        "carries text on a medium that is not encrypted",
        "extract_carried",
        answers=setting("media", encrypted=False),
    ),
    Mutant(
        "medium-unlogged",
        "媒体の使用を記録しない",
        "does not log the use of media",
        "extract_carried",
        answers=answering("file", lambda answer: answer | {"media": []}),
    ),
    Mutant(
        "smaller-character-set",
        "扱えない文字を別の文字に置き換えて住民票に載せる",
        "replaces characters that its set does not have",
        "prefilled_record",
        answers=answering("query", _folded),
    ),
    # --- chips and terminals ----------------------------------------------------------------------------
    Mutant(
        "write-at-will",
        "権限認証を受けずにICチップに書き込む",
        "writes chips without an authorisation",
        "chip_authorised",
        answers=setting("endorsements", written_to_chip=True),
    ),
    Mutant(
        "write-never",
        "開始後もICチップに書き込まない",
        "writes no chip after the start",
        "chip_written",
        answers=setting("endorsements", written_to_chip=False),
    ),
    Mutant(
        "write-at-the-main-office-only",
        "本庁舎だけでICチップに書き込む",
        "writes chips at the main office only",
        "chip_written",
        answers=each(
            "file",
            "endorsements",
            lambda one: one | {"written_to_chip": one["written_to_chip"] and one["office"] == "main_office"},
        ),
    ),
    Mutant(
        "start-on-its-own",
        "国の開始を待たずに書込みを始める",
        "starts writing before the nation does",
        "write_asked",
        topology=fitted(policy=policy_of("active", date(2013, 4, 1))),
    ),
    Mutant(
        "ask-from-standalone",
        "スタンドアロンの端末から権限認証を求める",
        "asks for an authorisation from a terminal that is on no network",
        "write_asked",
        topology=_on_lgwan,
    ),
    Mutant(
        "read-nowhere",
        "どの端末でカードを読み取ったかを記録しない",
        "does not keep at which terminal a card was read",
        "read_at_a_terminal",
        answers=steps("authenticity", lambda one: one | {"terminal": ""}),
    ),
    Mutant(
        "one-terminal-for-everything",
        "ICカード取扱端末と情報連携端末を一つの端末で兼ねる",
        "uses one terminal for cards and for the exchange",
        "terminals_apart",
        answers=answering("inventory", _one_id),
    ),
    Mutant(
        "never-update",
        "LGWANに接続した端末でも自動で更新されない",
        "does not take updates by itself",
        "terminal_update",
        answers=each("inventory", "terminals", lambda one: one | {"update": ""}),
    ),
    Mutant(
        "update-standalone",
        "スタンドアロンの端末にも更新が届いたことにする",
        "says that a terminal on no network took an update by itself",
        "terminal_update",
        answers=each("inventory", "terminals", _updated),
    ),
)
"""All of them."""
