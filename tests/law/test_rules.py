"""The bundle of rules that nodes are handed."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import date

import pytest

from sim.law.deeming import Deeming
from sim.law.kinds import CardState, Filing, Governing, History, PersonClass
from sim.law.rules import RULES, Rules

CASE = (
    PersonClass.MID_LONG_TERM_RESIDENT,
    History.RESIDENCE_ON_CARD,
    Filing.MOVING_IN,
    CardState.ABSENT,
)


def _deem_without_a_card(
    person_class: PersonClass, history: History, filing: Filing, card: CardState
) -> Deeming:
    return RULES.deem(person_class, history, filing, CardState.PRESENTED)


def test_the_bundle_answers_like_the_law() -> None:
    assert RULES.is_closed(date(2026, 5, 6))
    assert RULES.next_open(date(2026, 5, 6)) == date(2026, 5, 7)
    limit = RULES.deadline(Filing.MOVING_IN, date(2026, 4, 22))
    assert limit.last_day == date(2026, 5, 7)
    assert RULES.in_time(limit, date(2026, 5, 7))
    assert RULES.deem(*CASE).clause is None
    assert RULES.governing(Filing.MOVING_IN, False) is Governing.REGISTER
    assert RULES.counterpart(date(2019, 4, 1))[0] == "出入国在留管理庁長官"


def test_a_mutant_replaces_one_rule_and_leaves_the_rest() -> None:
    mutant = dataclasses.replace(RULES, deem=_deem_without_a_card)
    assert mutant.deem(*CASE).clause == "immi.19-9-1"
    assert RULES.deem(*CASE).clause is None
    assert mutant.deadline is RULES.deadline


def test_the_bundle_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RULES.deem = _deem_without_a_card  # type: ignore[misc]


def test_the_bundle_travels_to_a_worker_process_unchanged() -> None:
    assert pickle.loads(pickle.dumps(RULES)) == Rules() == RULES
