"""Single checks on small journals, where a wrong answer would be easy to give."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from conformance.checks import CHECKS, gather
from conformance.checks.declare import said
from conformance.evidence import Case
from sim.base import journal
from sim.base.instant import Instant, parse_iso
from sim.base.journal import Line

NOON = parse_iso("2026-06-03T12:00:00+09:00")
Row = tuple[str, dict[str, Any]]


def journal_of(*rows: Row) -> list[Line]:
    """Lines of one visit, an instant apart; `visit` and `person` in the data are the line's own."""
    return [
        Line(
            journal.VERSION,
            "node",
            n,
            Instant(NOON + n),
            kind,
            "",
            str(data.get("visit", "V")),
            str(data.get("person", data.get("id", "P"))),
            data,
        )
        for n, (kind, data) in enumerate(rows, start=1)
    ]


def findings(name: str, *rows: Row, **params: Any) -> list[str]:
    """What the check has to say, as `expected / received`; each finding has evidence that is there."""
    check = CHECKS[name]
    lines = journal_of(*rows)
    found = list(check(Case(lines, check.reads), **params))
    assert all(set(one.evidence) <= {line.id for line in lines} for one in found)
    return [f"{one.expected} / {one.received}" for one in found]


def filed(card: str = "presented", office: str = "main_office", **more: Any) -> Row:
    """Somebody's filing at a counter, as it was asked."""
    person = {"ref": "P", "person_class": more.pop("person_class", "mid_long_term_resident")}
    filing = {"person": person, "card": card, "new_address": "HERE"} | more
    return ("file_asked", {"office": office, "filings": [filing]})


def decision(decision: str = "accepted", filing: str = "moving_in", **more: Any) -> Row:
    """What was decided on it."""
    return ("filing_decided", {"person": "P", "filing": filing, "decision": decision} | more)


def step(step: str, office: str = "main_office", session: str = "s1", **more: Any) -> Row:
    """One step of the procedure."""
    return ("step_done", {"person": "P", "step": step, "office": office, "session": session} | more)


def endorsed(office: str = "main_office", day: str = "2026-06-03", **more: Any) -> Row:
    """An endorsement."""
    written = {"office": office, "filed_date": day, "address": "HERE", "official_mark": True}
    return ("card_endorsed", {"person": "P"} | written | more)


IDENTITY, AUTHENTIC, DECIDED, DONE = map(step, ("identity", "authenticity", "decision", "endorsement"))


# --- the order of the procedure ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "rows",
    [
        (filed(), IDENTITY, AUTHENTIC, DECIDED, decision(), DONE),
        (filed("absent"), IDENTITY, DECIDED, decision()),
        (filed(), IDENTITY, AUTHENTIC, DECIDED, decision()),
        (filed(person_class="japanese_national"), IDENTITY, DECIDED, decision()),
        (filed("expired"), IDENTITY, AUTHENTIC, DECIDED, decision()),
    ],
    ids=["with card", "without card", "not endorsed: another check's business", "no card at all", "expired"],
)
def test_the_counter_s_order_is_kept(rows: tuple[Row, ...]) -> None:
    assert findings("counter_order", *rows) == []


@pytest.mark.parametrize(
    "steps",
    [
        (AUTHENTIC, IDENTITY, DECIDED, DONE),
        (IDENTITY, AUTHENTIC, DONE, DECIDED),
        (IDENTITY, DECIDED, DONE),
        (AUTHENTIC, DECIDED, DONE),
        (IDENTITY, AUTHENTIC, DONE),
        (IDENTITY, AUTHENTIC, DECIDED, DONE, DONE),
        (),
    ],
    ids=["swapped", "endorsed first", "not compared", "nobody", "not decided", "twice", "nothing at all"],
)
def test_a_step_that_is_missing_doubled_or_out_of_order_is_found(steps: tuple[Row, ...]) -> None:
    assert len(findings("counter_order", filed(), *steps, decision())) == 1


def test_steps_in_two_offices_or_sessions_are_found() -> None:
    assert findings("one_session", filed(), IDENTITY, DECIDED) == []
    assert findings("one_session", filed(), IDENTITY, step("endorsement", session="s2")) == [
        "main_office, one session / main_office; sessions s1, s2"
    ]
    assert len(findings("one_session", filed(), IDENTITY, step("endorsement", office="okubo"))) == 1
    assert (
        len(findings("one_session", filed(), step("identity", session="s1"), step("decision", session="s2")))
        == 1
    )


def test_a_session_or_a_terminal_that_was_not_given_is_told_as_such_with_its_field() -> None:
    assert findings("one_session", filed(), IDENTITY, step("decision", session="")) == [
        "`session` in each of `steps` / not given in decision"
    ]
    assert findings("one_session", filed(), step("identity", office="okubo", session="")) == [
        "`session` in each of `steps` / not given in identity",
        "main_office, one session / okubo; sessions none",
    ]
    assert findings("read_at_a_terminal", step("authenticity", result="match", terminal="")) == [
        "`terminal` in the step `authenticity` of a card that was read / not given"
    ]


# --- endorsements ------------------------------------------------------------------------------------------
def test_a_card_that_was_not_handed_in_needs_no_endorsement() -> None:
    assert findings("endorsement", filed("absent"), decision()) == []


def test_moving_out_needs_no_endorsement() -> None:
    assert findings("endorsement", filed(), decision(filing="moving_out")) == []


def test_whoever_may_not_notify_gets_no_endorsement_and_is_not_blamed_for_it() -> None:
    by_other = filed(by={"tie": "spouse"})
    assert findings("endorsement", by_other, decision(deemed=None)) == []
    assert findings("endorsement", by_other, decision(deemed="immi.19-9-1")) == ["1 / 0"]


def test_an_endorsement_that_is_missing_or_of_another_day_is_found() -> None:
    assert findings("endorsement", filed(), decision(), endorsed()) == []
    assert findings("endorsement", filed(), decision()) == ["1 / 0"]
    assert findings("endorsement", filed(), decision(), endorsed(day="2026-06-04")) == [
        "2026-06-03 / 2026-06-04"
    ]
    assert findings("endorsement", filed(), decision(), endorsed(), day="2026-06-05") == [
        "2026-06-05 / 2026-06-03"
    ]


def test_an_endorsement_bears_the_address_that_was_filed_and_the_mayor_s_mark() -> None:
    assert findings("endorsement", filed(), decision(), endorsed(address="THERE")) == ["HERE / THERE"]
    assert findings("endorsement", filed(), decision(), endorsed(official_mark=False)) == ["yes / no"]


def test_an_endorsement_that_could_not_be_made_counts_only_when_it_is_asked_for() -> None:
    broken = filed(endorsing_fails="printer_out_of_order")
    assert findings("endorsement", broken, decision()) == []
    assert findings("endorsement", broken, decision(), day="2026-06-03") == ["1 / 0"]


def test_an_endorsement_of_another_visit_does_not_count() -> None:
    elsewhere = endorsed(visit="W")
    assert findings("endorsement", filed(), decision(), elsewhere) == ["1 / 0"]
    assert findings("endorsement_office", filed(), decision(), elsewhere) == [
        "a filing of this visit / main_office"
    ]


def test_an_endorsement_at_another_office_is_found() -> None:
    assert findings("endorsement_office", filed(office="okubo"), endorsed("okubo")) == []
    assert findings("endorsement_office", filed(office="okubo"), endorsed()) == ["okubo / main_office"]


def test_a_case_is_looked_at_after_each_attempt() -> None:
    rows = (
        ("file_answered", {"case_open": True}),
        ("endorse_answered", {"case_open": True}),
        ("endorse_answered", {"case_open": False}),
    )
    for answer, is_open in enumerate((True, True, False)):
        assert findings("case_open", *rows, visit="V", is_open=is_open, answer=answer) == []
        assert len(findings("case_open", *rows, visit="V", is_open=not is_open, answer=answer)) == 1


# --- forgeries and referrals --------------------------------------------------------------------------------
def test_a_doubtful_card_must_end_the_procedure() -> None:
    doubtful = filed(forged=["photo"])
    assert findings("forgery_stops", doubtful, decision("refused")) == []
    assert findings("forgery_stops", doubtful, decision(), endorsed()) == [
        "a stop, because of photo / accepted",
        "a stop, because of photo / endorsed",
    ]
    assert findings("forgery_stops", filed(), decision(), endorsed()) == []


def test_an_office_that_refers_people_must_do_nothing_else() -> None:
    away = decision("referred", referred_to="main_office")
    assert findings("referred", away, visit="V", office="main_office") == []
    half = findings("referred", away, IDENTITY, visit="V", office="main_office")
    assert half == ["nothing / step_done"]
    sent = ("record_sent", {"person": "P", "visit": "elsewhere"})
    assert len(findings("referred", away, sent, visit="V", office="main_office")) == 1
    nowhere = decision("referred", referred_to="")
    assert findings("referred", nowhere, visit="V", office="main_office") == ["main_office / "]


def test_nothing_is_sent_about_somebody_whose_filings_were_all_refused() -> None:
    sent = ("record_sent", {"person": "P", "person_ref": "P", "kind": "municipality_notice"})
    assert findings("refused_sends_nothing", decision("refused"), sent) == ["nothing / municipality_notice"]
    assert findings("refused_sends_nothing", decision("refused"), decision(), sent) == []
    assert findings("refused_sends_nothing", decision("ex_officio"), sent) == []
    assert findings("refused_sends_nothing", decision("referred"), ("record_sent", {"person_ref": "Q"})) == []


# --- decisions and duties ---------------------------------------------------------------------------------
def test_a_missing_value_is_the_implementation_s_fault_and_not_ours() -> None:
    assert findings("deemed", decision(), visit="V", article="immi.19-9-1") == ["immi.19-9-1 / none"]
    assert findings("in_time", decision(), visit="V", kept=False) == ["no / none"]
    assert findings("affairs", decision(), visit="V", affairs=["autonomous_affair"]) == [
        "autonomous_affair / none"
    ]
    assert findings("forms", decision(), visit="V", forms=["residence_form"]) == ["residence_form / none"]


def test_one_person_of_a_household_is_judged_without_the_others() -> None:
    rows = (decision(deemed="immi.19-9-1"), decision(person="Q", deemed=None))
    assert findings("deemed", *rows, visit="V", article="immi.19-9-1", person="P") == []
    assert findings("deemed", *rows, visit="V", article=None, person="Q") == []
    assert len(findings("deemed", *rows, visit="V", article="immi.19-9-1")) == 1


def test_what_is_refused_is_deemed_nothing_and_may_be_refused() -> None:
    assert findings("never_deemed", decision("refused", deemed=None), visit="V") == []
    assert findings("never_deemed", decision(deemed="immi.19-8-1"), visit="V") == ["none / immi.19-8-1"]


def duty(state: str, **more: Any) -> Row:
    """What was told of a duty."""
    return ("duty_told", {"person": "P", "state": state} | more)


@pytest.mark.parametrize(
    ("state", "rows"),
    [("none", ()), ("open", (duty("open"),)), ("closed", (duty("open"), duty("closed")))],
)
def test_the_state_of_a_duty_is_told_apart(state: str, rows: tuple[Row, ...]) -> None:
    for wanted in ("none", "open", "closed"):
        found = findings("residence_duty", decision(), *rows, visit="V", state=wanted)
        assert found == ([] if wanted == state else [f"{wanted} / {state}"])


def test_nothing_can_be_said_of_the_duty_after_a_filing_that_was_not_accepted() -> None:
    check = CHECKS["residence_duty"]
    case = Case(journal_of(decision("refused"), duty("open")), check.reads)
    assert list(check(case, visit="V", state="none")) == []
    assert case.seen == ()


def test_both_limits_of_a_warning_are_compared() -> None:
    told = duty("open", warned=True, last_day="2026-06-15", revocation_last_day="2026-08-30")
    assert findings("warning", told, visit="V", day="2026-06-15") == []
    assert findings("warning", told, visit="V", day="2026-06-16") == ["2026-06-16 / 2026-06-15"]
    assert findings("revocation_warning", told, visit="V", day="2026-08-30") == []
    assert findings("revocation_warning", told, visit="V", day=None) == ["none / 2026-08-30"]


def test_a_warning_is_owed_in_each_language_of_the_office_that_gave_it() -> None:
    offices = [{"languages": ["ja", "en"]}, {"id": "okubo", "languages": ["ja", "zh"]}]
    reset = ("reset_asked", {"offices": offices})
    assert findings("warning_languages", reset, filed(), duty("open", languages=["en", "ja"])) == []
    assert findings("warning_languages", reset, filed(office="okubo"), duty("open", languages=["ja"])) == [
        "ja, zh / ja"
    ]
    assert findings("warning_languages", filed(), duty("open", languages=[])) == ["ja / none"]


FINE = {"kind": "administrative", "max_fine_yen": 50_000, "decided_by": "summary_court"}
REVOKED = {"kind": "revocation", "candidate_only": True}


def test_consequences_are_compared_thing_by_thing() -> None:
    told = ("consequence_told", FINE)
    assert findings("consequences", told, expected=[FINE]) == []
    dearer = ("consequence_told", FINE | {"max_fine_yen": 60_000})
    assert findings("consequences", dearer, expected=[FINE]) == [
        "administrative, max_fine_yen: 50000 / max_fine_yen: 60000"
    ]
    assert findings("consequences", told, expected=[FINE, REVOKED]) == ["revocation / 0 of them"]
    assert findings("consequences", told, ("consequence_told", REVOKED), expected=[FINE]) == [
        "nothing else / revocation"
    ]


# --- forms --------------------------------------------------------------------------------------------------
def test_a_household_is_asked_once_for_what_it_has_in_common() -> None:
    mine = decision(asked=["address", "relationship"])
    yours = decision(person="Q", asked=["relationship"])
    assert findings("asked_once", mine, yours) == []
    again = decision(person="Q", asked=["address", "relationship"])
    assert findings("asked_once", mine, again) == ["each item once / address"]
    assert findings("asked_once", decision(asked=["name", "name"])) == ["each item once / name of P"]
    assert findings("asked_once", mine, decision(visit="W", asked=["relationship"])) == []


def test_nobody_is_asked_for_what_stands_on_the_card_on_the_counter() -> None:
    asked = decision(asked=["nationality", "relationship"])
    assert findings("card_not_asked", filed(), asked) == ["none of the card's items / nationality"]
    assert findings("card_not_asked", filed("absent"), asked) == []


def test_the_record_is_compared_as_it_was_looked_at_last() -> None:
    rows = [("query_answered", {"person": "P", "items": {"name": name}}) for name in ("TEST KO", "TEST K0")]
    assert findings("prefilled_record", *rows, person="P", items={"name": "TEST KO"}) == [
        "name: TEST KO / name: TEST K0"
    ]


def test_a_medium_is_encrypted_and_its_use_is_logged() -> None:
    used = ("medium_used", {"records": 1, "encrypted": True})
    assert findings("extract_carried", decision(), used, visit="V", records=1) == []
    assert findings("extract_carried", decision(), visit="V", records=1) == ["1 / 0"]
    plain = ("medium_used", {"records": 1, "encrypted": False})
    assert findings("extract_carried", decision(), plain, visit="V", records=1) == ["encrypted / no"]


# --- chips and terminals ------------------------------------------------------------------------------------
def test_a_chip_is_written_with_the_authorisation_of_this_visit_and_person_only() -> None:
    written = endorsed(written_to_chip=True)
    assert findings("chip_authorised", ("write_authorised", {}), written) == []
    assert len(findings("chip_authorised", written)) == 1
    assert len(findings("chip_authorised", ("write_authorised", {"visit": "W"}), written)) == 1
    assert len(findings("chip_authorised", ("write_authorised", {"person": "Q"}), written)) == 1
    assert findings("chip_authorised", endorsed(written_to_chip=False)) == []


def test_a_card_that_was_not_endorsed_is_not_written_either() -> None:
    assert findings("chip_written", decision(), visit="V", written=False) == [
        "an endorsement on the back / none"
    ]
    assert findings("chip_written", endorsed(written_to_chip=False), visit="V", written=True) == ["yes / no"]


def test_a_reading_names_a_terminal_of_its_own_office() -> None:
    here = step("authenticity", result="match", terminal="T1")
    assert findings("read_at_a_terminal", here) == []
    there = step("authenticity", office="okubo", result="match", terminal="T1", visit="W")
    assert findings("read_at_a_terminal", here, there) == ["a terminal of okubo / T1 of main_office"]
    assert len(findings("read_at_a_terminal", step("authenticity", result="match", terminal=""))) == 1
    assert findings("read_at_a_terminal", step("authenticity", result="not_presented", terminal="")) == []


def terminal(name: str, use: str) -> Row:
    """A terminal of the inventory."""
    return ("terminal_listed", {"id": name, "use": use})


def test_card_terminals_and_exchange_terminals_are_two_things() -> None:
    good = (terminal("C1", "cards"), terminal("X", "exchange"))
    assert findings("terminals_apart", *good, step("authenticity", terminal="C1")) == []
    assert len(findings("terminals_apart", *good, step("authenticity", terminal="X"))) == 1
    assert len(findings("terminals_apart", terminal("X", "cards"), terminal("X", "exchange"))) == 1
    assert len(findings("terminals_apart", terminal("X", "exchange"))) == 1


# --- checks as such -----------------------------------------------------------------------------------------
def test_a_case_gives_only_what_is_asked_for_and_remembers_it() -> None:
    rows = journal_of(decision(), decision("refused"), endorsed())
    case = Case(rows, ("filing_decided", "card_endorsed"))
    assert [line.n for line in case.lines("filing_decided", decision="refused")] == [2]
    assert case.lines("card_endorsed", visit="W") == []
    assert case.seen == ("node#2",)


def test_two_checks_of_one_name_are_refused() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    one = CHECKS["deemed"]
    setattr(first, "deemed", one)  # noqa: B010
    setattr(second, "deemed", replace(one, ja="別の検査"))  # noqa: B010
    assert gather(first, first) == {"deemed": one}
    with pytest.raises(ValueError, match="deemed"):
        gather(first, second)


def test_values_are_told_as_people_say_them() -> None:
    assert [said(value) for value in (None, True, False, ["a", "b"], [], 3)] == [
        "none", "yes", "no", "a, b", "none", "3",
    ]  # fmt: skip


def test_every_check_says_what_it_checks_in_both_languages() -> None:
    for check in CHECKS.values():
        assert check.ja
        assert check.en not in ("", check.id)
        assert check.requirements
        assert check.reads
