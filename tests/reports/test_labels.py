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


def test_a_notice_from_above_bears_the_name_of_its_day_and_both_where_a_run_crosses_the_change() -> None:
    """S3-007: 法務省通知 until 2019-03-31, 出入国在留管理庁通知 from 2019-04-01."""
    last = date(2019, 3, 31)
    assert labels.record_kind("agency_notice", last)[0] == "法務省通知"
    assert labels.record_kind("agency_notice", DAY)[0] == "出入国在留管理庁通知"
    japanese, english = labels.renamed(last, DAY)
    assert japanese == "出入国在留管理庁通知は、2019年3月31日までは法務省通知という。"
    assert "Ministry of Justice until 31 March 2019" in english
    assert labels.renamed(DAY, date(2019, 5, 1)) == labels.renamed(date(2019, 1, 1), last) == ("", "")


def test_every_reason_of_the_register_to_refuse_a_revision_has_a_label() -> None:
    assert set(registry.REFUSALS) == set(labels.REVISION_REASONS)


def test_an_unlisted_identifier_is_shown_as_it_is() -> None:
    assert labels.named(labels.CLAUSES, "immi.99-1") == ("immi.99-1", "immi.99-1")
    assert labels.record_kind("something", DAY) == ("something", "something")
    assert labels.in_order(labels.CARDS, {"zzz", "absent", "presented"}) == ["presented", "absent", "zzz"]


def test_every_state_and_fault_of_the_reconciliation_has_a_label() -> None:
    assert set(labels.STATES) == {str(state) for state in State}
    assert set(labels.FAULTS) == {str(fault) for fault in Fault}
