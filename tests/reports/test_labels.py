"""The label tables keep up with the kinds and codes that the simulation knows."""

from __future__ import annotations

from datetime import date

from reports import labels
from sim.exchange.codes import Code
from sim.exchange.profile import open_profile
from sim.exchange.reconciliation import Fault, State
from sim.exchange.records import KINDS
from sim.law.deeming import DUTIES, MATRIX
from sim.law.kinds import CardState, Filing
from sim.nodes import registry

DAY = date(2019, 4, 1)


def test_every_filing_and_state_of_a_card_has_a_label() -> None:
    assert set(labels.FILINGS) == {str(filing) for filing in Filing}
    assert set(labels.CARDS) == {str(state) for state in CardState}


def test_the_filings_that_can_be_deemed_are_those_of_the_matrix() -> None:
    assert set(labels.DEEMABLE) == {str(filing) for _, _, filing in MATRIX}


def test_every_clause_of_a_residence_notification_has_a_label() -> None:
    assert set(labels.CLAUSES) == set(DUTIES.values())


def test_every_code_of_a_rejection_has_a_label() -> None:
    assert set(labels.CODES) == {str(code) for code in Code}


def test_every_business_and_kind_of_record_has_the_profiles_japanese_name() -> None:
    profile = open_profile()
    assert {name: pair[0] for name, pair in labels.BUSINESSES.items()} == {
        name: business.ja for name, business in profile.businesses.items()
    }
    assert all(labels.record_kind(kind, DAY)[0] == profile.layouts[kind].ja for kind in KINDS)


def test_every_reason_of_the_register_to_refuse_a_revision_has_a_label() -> None:
    assert set(registry.REFUSALS) == set(labels.REVISION_REASONS)


def test_an_unlisted_identifier_is_shown_as_it_is() -> None:
    assert labels.named(labels.CLAUSES, "immi.99-1") == ("immi.99-1", "immi.99-1")
    assert labels.record_kind("something", DAY) == ("something", "something")
    assert labels.in_order(labels.CARDS, {"zzz", "absent", "presented"}) == ["presented", "absent", "zzz"]


def test_every_state_and_fault_of_the_reconciliation_has_a_label() -> None:
    assert set(labels.STATES) == {str(state) for state in State}
    assert set(labels.FAULTS) == {str(fault) for fault in Fault}
