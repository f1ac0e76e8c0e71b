"""The write authority: the policy moves by both ministries, and the gate asks every municipality."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.base.errors import HarnessError
from sim.base.instant import instant
from sim.base.node import NodeId
from sim.law.write_policy import Ministry, Policy
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.messages.cards import (
    DeliverPattern,
    MinistrySignature,
    OpenCardTerminal,
    ReleasePattern,
    TakePolicyStep,
    TerminalFacts,
)
from tests.nodes.card_terminal.town import AUTHORITY, CODE, COUNTER, OTHER, TERMINAL, Town, ready, writing

SURVEYED = Policy(date(2013, 10, 1))
BOTH = tuple(MinistrySignature(ministry, date(2019, 4, 1)) for ministry in Ministry)
ON = instant(date(2019, 5, 7), 12)


def codes(town: Town, *steps: TakePolicyStep) -> list[str]:
    return [town.give(AUTHORITY, step).code for step in steps]


# --- the policy -----------------------------------------------------------------------------------------
def test_the_policy_goes_through_all_its_states_in_order() -> None:
    """S0-046, S0-047: survey, decision of both ministries, start; only then is anything written."""
    town = Town(policy=Policy())
    survey, start = TakePolicyStep("survey"), TakePolicyStep("start")
    signed = tuple(msgspec.structs.replace(one, on=date(2019, 5, 7)) for one in BOTH)
    decision = TakePolicyStep("decision", signed, date(2019, 5, 7))
    assert codes(town, decision, start, survey, survey, start, decision, start, start) == [
        "step_not_allowed",
        "step_not_allowed",
        "",
        "step_not_allowed",
        "step_not_allowed",
        "",
        "",
        "step_not_allowed",
    ]
    assert [line.data["state"] for line in town.lines("policy_moved")] == ["survey", "decided", "active"]
    town.ask(writing())
    assert len(town.lines("address_written")) == 1


@pytest.mark.parametrize(
    "signatures",
    [(), BOTH[:1], (BOTH[0], BOTH[0])],
)
def test_one_ministry_alone_decides_nothing(signatures: tuple[MinistrySignature, ...]) -> None:
    """S0-047: the start is decided by both."""
    town = Town(policy=SURVEYED)
    step = TakePolicyStep("decision", signatures, date(2019, 5, 1))
    assert codes(town, step) == ["step_not_allowed"]
    assert not town.lines("policy_moved")


def test_no_municipality_moves_the_policy_and_no_signature_is_of_tomorrow() -> None:
    """S0-047: a municipality cannot turn writing on by itself."""
    town = Town(policy=Policy())
    for sender in (COUNTER, TERMINAL, NodeId("terminal-131041")):
        assert town.give(AUTHORITY, TakePolicyStep("survey"), sender).code == "not_the_agency"
    tomorrow = tuple(msgspec.structs.replace(one, on=date(2019, 5, 8)) for one in BOTH)
    assert codes(town, TakePolicyStep("decision", tomorrow)) == ["signed_in_future"]
    assert codes(town, TakePolicyStep("back")) == ["step_not_allowed"]
    assert len(town.lines("policy_not_moved")) == 5


def test_writing_does_not_start_while_a_municipality_is_not_ready() -> None:
    """S0-034: all or none."""
    town = Town(policy=SURVEYED, municipalities=(CODE, OTHER))
    town.give(AUTHORITY, ready(OTHER, lan_configured=False))
    decision = TakePolicyStep("decision", BOTH, date(2019, 5, 1))
    assert codes(town, decision, TakePolicyStep("start")) == ["", "step_not_allowed"]
    town.give(AUTHORITY, ready(OTHER))
    assert codes(town, TakePolicyStep("start")) == [""]


# --- readiness ------------------------------------------------------------------------------------------
def test_a_report_is_answered_with_what_is_lacking_and_what_to_do() -> None:
    """S0-039: where the security policy forbids it, the municipality considers revising it."""
    town = Town(reports=False)
    reply = town.give(AUTHORITY, ready(security_policy_permits=False))
    assert reply.ok and reply.detail == "当該市区町村がセキュリティポリシーの改正を検討する。"
    (line,) = town.lines("readiness_reported")
    assert line.data == {"municipality": CODE, "lacking": ["security_policy"]}
    assert town.give(AUTHORITY, ready()).detail == ""


def test_nobody_reports_for_another_municipality_or_for_one_that_does_not_exist() -> None:
    town = Town(municipalities=(CODE, OTHER))
    assert town.give(AUTHORITY, ready("999999")).code == "unknown_municipality"
    assert town.give(AUTHORITY, ready(OTHER), COUNTER).code == "not_its_own"
    assert town.give(AUTHORITY, ready(CODE), NodeId(f"counter-{CODE}-02")).ok
    twice = (TerminalFacts(TERMINAL, "a"), TerminalFacts(TERMINAL, "b"))
    assert town.give(AUTHORITY, ready(CODE, twice)).code == "terminals_share_an_id"


def test_offices_that_do_not_do_what_the_policy_says_are_found_when_they_appear() -> None:
    """S0-043: one office that writes before the start, or one that does not after it, is a finding."""
    both = (TerminalFacts(TERMINAL, "main_office"), TerminalFacts("cards-131041-02", "branch", writes=True))
    town = Town(policy=SURVEYED, reports=False)
    for _ in range(2):
        town.give(AUTHORITY, ready(terminals=both))
    assert [line.data["offices"] for line in town.lines("offices_differ")] == [["branch"]]
    codes(town, TakePolicyStep("decision", BOTH, date(2019, 5, 1)), TakePolicyStep("start"))
    assert [line.data["offices"] for line in town.lines("offices_differ")] == [["branch"], ["main_office"]]
    town.ask(writing())  # this very terminal's office does not write
    assert "offices_differ" in town.lines("write_not_authorised")[0].data["reasons"]


def test_a_message_that_is_not_the_authoritys_is_a_fault_of_ours() -> None:
    town = Town()
    for body in (OpenCardTerminal(), DeliverPattern(TERMINAL)):
        with pytest.raises(HarnessError, match="does not know"):
            town.give(AUTHORITY, body)


# --- pattern files --------------------------------------------------------------------------------------
def test_a_released_pattern_file_reaches_the_terminals_on_lgwan_and_no_other() -> None:
    """S0-052 on the one hand, S0-051 on the other."""
    online = Town()
    assert online.give(AUTHORITY, ReleasePattern("v2", date(2019, 5, 1))).ok
    (line,) = online.lines("pattern_updated")
    assert (line.data["version"], line.data["manner"], line.data["age_days"]) == ("v2", "automatic", 6)

    alone = CardTerminal(TERMINAL, CODE, COUNTER, connection=Connection.STANDALONE)
    standalone = Town(alone, reports=False)
    facts = TerminalFacts(TERMINAL, "main_office", Connection.STANDALONE)
    standalone.give(AUTHORITY, ready(terminals=(facts,)))
    assert standalone.give(AUTHORITY, ReleasePattern("v2", date(2019, 5, 1))).ok
    assert standalone.lines("pattern_released")[0].data["terminals"] == 0
    assert not standalone.lines("pattern_updated")


def test_only_the_agency_releases_and_only_what_is_newer_and_made_already() -> None:
    town = Town()
    release = ReleasePattern("v2", date(2019, 5, 1))
    assert town.give(AUTHORITY, release, COUNTER).code == "not_the_agency"
    assert town.give(AUTHORITY, ReleasePattern("v3", date(2019, 5, 8))).code == "pattern_not_newer"
    assert town.give(AUTHORITY, release).ok
    assert town.give(AUTHORITY, ReleasePattern("v2b", date(2019, 5, 1))).code == "pattern_not_newer"


def test_a_pattern_file_that_did_not_get_through_is_sent_again() -> None:
    from sim.base.instant import HOUR, Instant
    from sim.nodes.lgwan import Outage

    town = Town(outages=(Outage(ON, Instant(ON + HOUR // 2)),))
    town.give(AUTHORITY, ReleasePattern("v2", date(2019, 5, 1)))
    assert not town.lines("pattern_updated")
    town.ring(Instant(ON + 2 * HOUR))
    assert len(town.lines("pattern_updated")) == 1


def test_writing_starts_on_the_decided_day_and_not_before() -> None:
    """S0-047: the decided day is part of the decision, and is kept."""
    town = Town(policy=SURVEYED)
    assert codes(town, TakePolicyStep("decision", BOTH, date(2019, 5, 8)), TakePolicyStep("start")) == [
        "",
        "step_not_allowed",
    ]
    assert town.give(AUTHORITY, TakePolicyStep("start"), now=instant(date(2019, 5, 8), 9)).ok
