"""Each area of the measures, from a few entries of its own and from short runs of the scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from sim.base.instant import HOUR, Instant
from sim.base.journal import Line
from sim.nodes.link.labour import labour
from sim.nodes.terminal.audit import hash_of, origin
from sim.nodes.terminal.safeguards import SAFEGUARDS
from sim.studies import simulate
from sim.studies.figures import figure_of
from sim.studies.folding import fold
from sim.studies.measures import LinkWork, Measures
from sim.studies.scenario import loading

CODE = "992011"
RUN = simulate.run_of(loading.load("outage-day"), 1)
START = 1_557_673_200_000_000
Row = tuple[str, str, str, dict[str, Any]]


def told(*rows: Row) -> list[Line]:
    """Lines an hour apart from (node, kind, subject, data)."""
    return [
        Line(1, node, n, Instant(START + n * HOUR), kind, "", f"C{n}", subject, data)
        for n, (node, kind, subject, data) in enumerate(rows, start=1)
    ]


def folded(*rows: Row) -> Measures:
    return fold(RUN, told(*rows))


# --- the audit log -----------------------------------------------------------------------------------------
def audit(*whats: tuple[str, int], serial: str = "1", spoilt: int = 0) -> list[Row]:
    """A log of (what, session); `spoilt`: the number of an entry whose hash is somebody else's."""
    node, before, rows = f"terminal-{CODE}", origin(f"terminal-{CODE}", serial), list[Row]()
    for n, (what, session) in enumerate(whats, start=1):
        subject = serial if what == "replaced" else ""
        at = Instant(START + n * HOUR)
        before = hash_of(before, n, at, what, "op", session, subject)
        shown = "0" * 64 if n == spoilt else before
        rows.append(
            (
                node,
                "audit_logged",
                subject,
                {"n": n, "what": what, "operator": "op", "session": session, "hash": shown},
            )
        )
    return rows


def test_an_audit_log_that_was_written_so_verifies_and_pairs_log_ons_with_log_offs() -> None:
    """S3-031, S3-032: the chain is computed anew from the journal; who never logged off is seen."""
    found = folded(*audit(("log_on", 1), ("send", 1), ("log_off", 1), ("log_on", 2))).terminals[CODE]
    assert (found.chains, found.broken) == (1, 0)
    assert (found.log_ons, found.sessions) == (2, 1)
    assert found.safeguards["S3-032"].counts == {"entries": 4, "verified": 1}
    assert found.safeguards["S3-031"].counts == {"log_on": 2, "log_off": 1}


@pytest.mark.parametrize("spoilt", [1, 2, 3])
def test_an_altered_audit_log_does_not_verify(spoilt: int) -> None:
    """S3-032."""
    found = folded(*audit(("log_on", 1), ("send", 1), ("log_off", 1), spoilt=spoilt)).terminals[CODE]
    assert found.broken == 1
    assert found.safeguards["S3-032"].counts["broken"] == 1


def test_an_audit_log_with_a_line_taken_out_does_not_verify() -> None:
    """S3-032."""
    rows = audit(("log_on", 1), ("send", 1), ("log_off", 1))
    lines = told(*rows)
    assert fold(RUN, [lines[0], lines[2]]).terminals[CODE].broken == 1


def test_another_machine_begins_a_log_of_its_own() -> None:
    first = told(*audit(("log_on", 1), ("log_off", 1)))
    second = [
        Line(
            line.v, line.node, line.n + 2, line.at, line.kind, line.cause, line.case, line.subject, line.data
        )
        for line in told(*audit(("replaced", 0), ("log_on", 1), serial="T-2"))
    ]
    found = fold(RUN, [*first, *second]).terminals[CODE]
    assert (found.chains, found.broken) == (2, 0)


# --- safeguards --------------------------------------------------------------------------------------------
EVENTS: dict[str, list[Row]] = {
    "S3-026": [(f"terminal-{CODE}", "peer_refused", "", {"peer": "terminal-000000"})],
    "S3-027": [
        (
            "lgwan",
            "transfer_done",
            "B1",
            {"from": f"terminal-{CODE}", "to": "ministry", "bytes": 9, "started": START},
        )
    ],
    "S3-028": [(f"terminal-{CODE}", "batch_quarantined", "B1", {"what": "EICAR"})],
    "S3-029": [
        ("lgwan", "peer_refused", "", {"from": "x", "to": f"terminal-{CODE}", "reason": "not_listed"})
    ],
    "S3-030": audit(("log_on_failed", 0), ("locked", 0)),
    "S3-031": audit(("log_on", 1), ("timed_out", 1)),
    "S3-032": audit(("view", 1)),
    "S3-033": [(f"terminal-{CODE}", "log_exported", "", {"medium": "m", "entries": 1, "head": ""})],
    "S3-034": [(f"terminal-{CODE}", "training_overdue", "", {"operator": "op", "due": None})],
}


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda one: one.id)
def test_each_safeguard_has_its_counts_and_its_evidence(safeguard: Any) -> None:
    """S3-026 to S3-034: a row for each, with journal lines that show it; none without an event."""
    found = folded(*EVENTS[safeguard.id]).terminals[CODE].safeguards[safeguard.id]
    assert found.counts
    assert found.evidence
    assert set(found.evidence) <= {line.id for line in told(*EVENTS[safeguard.id])}
    silent = folded((f"terminal-{CODE}", "terminal_opened", "", {"exchange_at": "22:00"}))
    shown = silent.terminals[CODE].safeguards[safeguard.id]
    assert (shown.counts, shown.evidence) == ({}, [])


def test_everyday_log_ons_leave_room_for_the_rare_lock_among_the_evidence() -> None:
    rows = audit(*[("log_on", n) for n in range(1, 40)], ("log_on_failed", 0), ("locked", 0))
    evidence = folded(*rows).terminals[CODE].safeguards["S3-030"].evidence
    assert [line.rpartition("#")[2] for line in evidence] == ["1", "40", "41"]


def test_a_transfer_that_an_outage_stopped_is_no_refused_peer() -> None:
    row = (
        "lgwan",
        "transfer_refused",
        "B1",
        {"from": f"terminal-{CODE}", "to": "ministry", "bytes": 1, "reason": "outage"},
    )
    assert CODE not in folded(row).terminals


# --- candidates and lateness -------------------------------------------------------------------------------
def withdrawn(why: str, filed: str | None) -> Row:
    data = {
        "ground": "not_renewed",
        "start": "2019-02-01",
        "last_day": "2019-05-02",
        "arrived_date": "2019-05-10",
    }
    return (
        "ministry",
        "candidate_withdrawn",
        "P1",
        data | {"filed_date": filed, "why": why, "status": "", "rests_on": []},
    )


def test_a_candidate_who_had_filed_in_time_is_a_false_one_and_the_delay_is_counted() -> None:
    found = folded(withdrawn("filed_in_time", "2019-05-01"), withdrawn("filed_late", "2019-05-08")).candidates
    assert found.false == 1
    assert found.behind.ordered() == [(2, 1), (9, 1)]
    assert folded(withdrawn("leaving_cancelled", None)).candidates.behind.total == 0


FILED: dict[str, Any] = {
    "office": "main_office",
    "session": "s",
    "filing": "moving_in",
    "event_date": "2019-02-01",
    "person_class": "mid_long_term_resident",
    "history": "residence_on_card",
    "card": "presented",
    "last_day": "2019-02-15",
    "deemed": None,
    "transmit_article": None,
    "rests_on": [],
}


@pytest.mark.parametrize(
    ("filed", "expected"),
    [
        ("2019-02-15", (1, 0, 0)),
        ("2019-02-16", (0, 1, 0)),
        ("2019-05-02", (0, 1, 0)),
        ("2019-05-03", (0, 1, 1)),
    ],
)
def test_late_filings_are_told_apart_by_the_last_of_the_90_days(
    filed: str, expected: tuple[int, int, int]
) -> None:
    data = FILED | {"filed_date": filed, "in_time": filed <= "2019-02-15"}
    measures = folded((f"counter-{CODE}", "filing_accepted", "P1", data))
    for found in (measures.lateness["moving_in"], measures.lateness_by_class["mid_long_term_resident"]):
        assert (found.in_time, found.late, found.over_90) == expected
    assert measures.sites[CODE].over_90 == expected[2]


# --- offices ------------------------------------------------------------------------------------------------
def test_a_branch_office_counts_apart_from_the_main_office() -> None:
    away = {"office": "branch_office-02", "reason": "no_trained_clerk", "referred_to": "main_office"}
    served = {
        "office": "main_office",
        "session": "s",
        "waited": 7,
        "minutes": 20,
        "persons": 2,
        "filings": 2,
        "clerk": "c",
    }
    offices = folded(
        (f"counter-{CODE}-02", "visit_turned_away", "", away), (f"counter-{CODE}", "visit_served", "", served)
    ).offices
    assert offices[f"{CODE}/branch_office-02"].without_training == 1
    assert offices[f"{CODE}/main_office"].waited.ordered() == [(7, 1)]
    assert offices[f"{CODE}/main_office"].persons == 2


# --- copies -------------------------------------------------------------------------------------------------
def test_a_copy_known_to_be_stale_counts_once_though_the_notice_finds_it_again() -> None:
    issued = {"option": "stale_record", "stale": True, "differs": ["period_until"], "days_behind": 2}
    later = {
        "option": "stale_record",
        "record": "N1",
        "differs": ["status"],
        "days_behind": 3,
        "issued_date": "",
        "decided_date": "",
    }
    registry = f"registry-{CODE}"
    copies = folded(
        (registry, "copy_issued", "P1", issued),
        (registry, "copy_found_stale", "P1", later | {"known": True}),
        (registry, "copy_issued", "P2", issued | {"stale": False, "differs": [], "days_behind": None}),
        (registry, "copy_found_stale", "P2", later | {"known": False}),
    ).copies["stale_record"]
    assert (copies.issued, copies.stale, copies.found_later) == (2, 1, 1)
    assert copies.behind.ordered() == [(2, 1), (3, 1)]
    assert copies.items == {"period_until": 1, "status": 1}


# --- whole runs ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "days", "pattern"), [("media-city", 15, "media"), ("paper-village", 20, "paper")]
)
def test_manual_steps_and_slips_are_those_that_the_link_counts(name: str, days: int, pattern: str) -> None:
    scenario = loading.load(name)
    scenario = scenario.model_copy(update={"days": days, "happenings": ()})
    lines = list(simulate.run(scenario, 2).site.lines())
    measures = fold(simulate.run_of(scenario, 2), lines)
    work = measures.links[f"{scenario.places[0].code}/{pattern}"]
    counted = labour(lines)[pattern]
    assert (work.steps, work.fields, work.errors, work.caught, work.wrong, work.lost) == (
        counted.steps,
        counted.fields,
        counted.errors,
        counted.caught,
        counted.wrong,
        counted.lost,
    )
    assert work.steps > 0
    assert work.hours.total > 0
    assert all(balance.sound for balance in measures.balances.values()), "what waits for a walk is not lost"


def test_a_line_that_always_works_has_no_steps_and_no_hours() -> None:
    scenario = loading.load("cutover-2019").model_copy(update={"days": 4})
    measures = fold(simulate.run_of(scenario, 2), simulate.run(scenario, 2).site.lines())
    work = measures.links[f"{scenario.places[0].code}/line"]
    assert work.hours.ordered() == [(0, work.records)]
    assert work == LinkWork(records=work.records, hours=work.hours)


# --- writing to chips --------------------------------------------------------------------------------------
def test_refused_writes_before_the_start_was_allowed_are_counted_apart() -> None:
    terminal = f"cards-{CODE}-01"
    refused: Row = (terminal, "write_refused", "P1", {"reason": "suspended", "reasons": []})
    decided: Row = ("write-authority", "policy_moved", "", {"step": "decision", "state": "decided"})
    active: Row = ("write-authority", "policy_moved", "", {"step": "start", "state": "active"})
    found = folded(refused, decided, refused, active, refused).card_terminals[terminal]
    assert found.write_refused == {"suspended": 3}
    assert found.refused_before == 2


# --- links ---------------------------------------------------------------------------------------------
def test_what_waited_at_a_switch_counts_under_the_pattern_that_took_it_up() -> None:
    """A record that was given to media and left over the line waited because of the media."""
    until_the_line_breaks = loading.lasting(loading.load("media-city"), 24)
    lines = simulate.run(until_the_line_breaks, 1).site.lines()
    m = fold(simulate.run_of(until_the_line_breaks, 1), lines)
    line, media = m.links[f"{CODE}/line"], m.links[f"{CODE}/media"]
    assert line.records and media.records
    assert line.hours.largest == 0, "over a line that works nothing waits"


# --- key figures -------------------------------------------------------------------------------------------
def test_candidates_are_a_figure_only_where_the_agency_watches() -> None:
    m = folded()
    for key in ("candidates", "false_candidates"):
        assert figure_of(key).value(m) is None
    m.run.watches = True
    for key in ("candidates", "false_candidates"):
        assert figure_of(key).value(m) == 0


# --- readings ----------------------------------------------------------------------------------------------
def test_the_facts_of_a_run_are_those_of_every_run_and_the_readings_that_it_leaned_on() -> None:
    issued = {"option": "card_based", "stale": False, "differs": [], "days_behind": None}
    plain = {row["id"] for row in folded().run.unconfirmed}
    found = {row["id"] for row in folded((f"registry-{CODE}", "copy_issued", "P1", issued)).run.unconfirmed}
    assert found - plain == {"register-copy-by-card"}
