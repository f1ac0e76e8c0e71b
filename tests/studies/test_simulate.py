"""A run is its scenario and its seed: the same bytes again, nothing lost, and what was planned happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.base import journal
from sim.base.instant import instant, japan_date, japan_time
from sim.exchange.reconciliation import reconcile
from sim.law.rules import RULES
from sim.nodes.messages.agency import ExtendPeriod
from sim.nodes.messages.counter import FileFiling, Revise
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister
from sim.studies import measures as measuring
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.measures import Measures
from sim.studies.scenario import Scenario, loading


def small(days: int = 14, residents: int = 1_500) -> Scenario:
    """Shinjuku with fewer people who move more, so that all that happens there happens here."""
    full = loading.load("shinjuku-2019")
    municipality = full.only.model_copy(update={"residents": residents})
    rates = full.rates.model_copy(
        update={
            name: getattr(full.rates, name) * 4
            for name in ("entry_from_abroad", "moving_in", "moving_within", "moving_out", "period_extended")
        }
    )
    return full.model_copy(update={"municipality": municipality, "rates": rates, "days": days})


def ran(folder: Path, seed: int = 7, **changes: int) -> Measures:
    plan = small(**changes)
    return simulate.write(simulate.run(plan, seed).site.lines(), simulate.run_of(plan, seed), folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Measures]:
    folder = tmp_path_factory.mktemp("run")
    return folder, ran(folder)


def files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in (simulate.JOURNAL_FILE, simulate.MEASURES_FILE)]


def test_two_runs_give_the_same_bytes_although_their_keys_differ(
    run: tuple[Path, Measures], tmp_path: Path
) -> None:
    ran(tmp_path)
    assert files(tmp_path) == files(run[0])


def test_another_seed_gives_another_journal(run: tuple[Path, Measures], tmp_path: Path) -> None:
    ran(tmp_path, seed=8)
    assert files(tmp_path)[0] != files(run[0])[0]


def test_a_longer_run_begins_with_the_shorter_one(run: tuple[Path, Measures], tmp_path: Path) -> None:
    ran(tmp_path, days=16)
    shorter = files(run[0])[0]
    assert files(tmp_path)[0][: len(shorter)] == shorter


def test_a_variant_that_changes_nothing_changes_not_one_byte(
    run: tuple[Path, Measures], tmp_path: Path
) -> None:
    plan = small()
    same = replace(RULES, deem=lambda who, history, filing, card: RULES.deem(who, history, filing, card))  # noqa: PLW0108
    world = simulate.run(plan, 7, rules=same)
    simulate.write(world.site.lines(), simulate.run_of(plan, 7), tmp_path)
    assert files(tmp_path) == files(run[0])


def test_measures_are_the_fold_of_the_written_journal(run: tuple[Path, Measures]) -> None:
    folder, measures = run
    again = fold(simulate.run_of(small(), 7), journal.read(folder / simulate.JOURNAL_FILE))
    assert measuring.encode(again) == (folder / simulate.MEASURES_FILE).read_bytes()
    assert measuring.read(folder / simulate.MEASURES_FILE) == measures


def test_every_record_and_every_batch_adds_up_to_zero(run: tuple[Path, Measures]) -> None:
    _, measures = run
    assert set(measures.balances) == {"municipality_notice", "municipality_transmission", "agency_notice"}
    for balance in (*measures.balances.values(), *measures.batches.values()):
        assert balance.raised > 20
        assert balance.rest == 0


def test_there_is_an_exchange_on_every_day_and_one_night_is_late_because_of_the_outage(
    run: tuple[Path, Measures],
) -> None:
    _, measures = run
    # The batch of the night of the outage arrives on the day after, which then sees two nights' batches.
    assert measures.exchange["2019-04-13"].delayed > 0
    assert measures.exchange["2019-04-13"].exchanges == 0
    assert measures.exchange["2019-04-14"].exchanges >= 2
    others = [day for day in measures.exchange if day != "2019-04-13"]
    assert all(measures.exchange[day].exchanges >= 1 for day in others)
    assert len(measures.exchange) == 14


def test_each_bad_batch_is_rejected_with_its_code(run: tuple[Path, Measures]) -> None:
    _, measures = run
    assert [(row["ref"], row["code"]) for row in measures.rejected_batches] == [
        ("truncated-001", "NOT_OPENED"),
        ("altered-002", "DIGEST_MISMATCH"),
        ("foreign-003", "NOT_OPENED"),
    ]


def test_every_kind_of_filing_happens_late_ones_and_cards_left_at_home_too(
    run: tuple[Path, Measures],
) -> None:
    _, measures = run
    assert set(measures.filings) == {
        "entry_from_abroad",
        "moving_in",
        "moving_within",
        "moving_out",
        "residence_notification",
    }
    assert sum(cell.late for cell in measures.filings.values()) > 0
    assert sum(cell.card.get("absent", 0) for cell in measures.filings.values()) > 0
    assert measures.filings["moving_out"].deemed == {}
    assert measures.duties_open + measures.duties_closed == sum(
        cell.card.get("absent", 0) for cell in measures.filings.values()
    )


def test_the_register_at_the_end_is_what_came_in_less_what_left(run: tuple[Path, Measures]) -> None:
    folder, measures = run
    kinds = Counter(line.kind for line in journal.read(folder / simulate.JOURNAL_FILE))
    assert measures.residents_end == 1_500 + kinds["record_made"] - kinds["record_removed"]


def test_no_name_and_no_card_number_reaches_the_journal(run: tuple[Path, Measures]) -> None:
    content = files(run[0])[0].decode()
    world_people = [
        item.body.person for item in simulate.inputs_of(small(days=3), 7) if isinstance(item.body, FileFiling)
    ]
    assert world_people
    for person in world_people:
        assert person.card_number not in content
        assert person.name not in content


def test_inputs_come_in_the_order_of_time_and_only_when_somebody_is_there() -> None:
    plan = small(days=20)
    inputs = list(simulate.inputs_of(plan, 7))
    assert [item.at for item in inputs] == sorted(item.at for item in inputs)
    assert len({item.key for item in inputs}) == len(inputs)
    for item in inputs:
        day, clock = japan_date(item.at), japan_time(item.at)
        if isinstance(item.body, FileFiling):
            assert not RULES.is_closed(day)
            assert plan.counter.opens <= clock < plan.counter.closes
        elif isinstance(item.body, ConfirmNotices | ExtendPeriod):
            assert not RULES.is_closed(day)


def test_nobody_files_twice_for_one_event_and_nobody_moves_after_leaving() -> None:
    left: set[str] = set()
    for item in simulate.inputs_of(small(days=40), 7):
        if isinstance(item.body, FileFiling):
            assert item.body.person.ref not in left
            if item.body.filing == "moving_out":
                left.add(item.body.person.ref)
    assert left


def test_moving_outs_filed_before_the_first_day_are_planned_by_the_register() -> None:
    plan = small(days=10)
    items = list(simulate.inputs_of(plan, 7))
    opened = next(i for i, item in enumerate(items) if isinstance(item.body, OpenRegister))
    found = [(i, item) for i, item in enumerate(items) if isinstance(item.body, Revise)]
    assert found
    refs = set()
    for i, item in found:
        assert i > opened
        assert isinstance(item.body, Revise)
        assert item.at == instant(plan.start)
        assert item.body.filed_date < plan.start <= item.body.event_date
        refs.add(item.body.person.ref)
    filed = {item.body.person.ref for item in items if isinstance(item.body, FileFiling)}
    assert not refs & filed


def test_as_many_leave_and_come_in_a_month_as_the_rates_say() -> None:
    """Nobody is missing on the first days, which a start from cold would bring about."""
    full = loading.load("shinjuku-2019")
    even = full.model_copy(
        update={
            "start": date(2019, 6, 3),
            "days": 30,
            "rates": full.rates.model_copy(update={"months": [1.0] * 12}),
        }
    )
    end = even.start + timedelta(days=30)
    left = came = 0
    for item in simulate.inputs_of(even, 7):
        if isinstance(item.body, FileFiling):
            left += item.body.filing == "moving_out" and item.body.event_date < end
            came += item.body.filing in ("moving_in", "entry_from_abroad")
        left += isinstance(item.body, Revise) and item.body.event_date < end
    month = even.only.residents * 30 / 365.2425
    assert abs(left / (month * even.rates.moving_out) - 1) < 0.1
    assert abs(came / (month * (even.rates.moving_in + even.rates.entry_from_abroad)) - 1) < 0.1


def test_nobody_lives_there_and_still_the_exchange_runs(tmp_path: Path) -> None:
    measures = ran(tmp_path, residents=0)
    assert measures.filings == {}
    assert sum(day.exchanges for day in measures.exchange.values()) == 14


def test_a_run_ends_at_midnight_of_its_last_day(run: tuple[Path, Measures]) -> None:
    last = max(line.at for line in journal.read(run[0] / simulate.JOURNAL_FILE))
    assert last < instant(date(2019, 4, 1) + timedelta(days=14))


def test_the_reports_sums_are_those_of_the_reconciliation(run: tuple[Path, Measures]) -> None:
    """Two walks through one journal: the report's, in its order, and the one that takes any journals."""
    folder, measures = run
    found = reconcile(journal.read(folder / simulate.JOURNAL_FILE))
    assert found.sound
    assert {
        kind: (s.sent, s.accepted, s.rejected, s.pending, s.codes) for kind, s in found.sums().items()
    } == {
        kind: (b.raised, b.accepted, b.rejected, b.pending, b.codes) for kind, b in measures.balances.items()
    }
    # The report counts a batch again when it goes again; by name it counts once, and its end is the same.
    for way, one in found.batch_sums().items():
        balance = measures.batches[way]
        assert (one.accepted, one.pending, one.rest) == (balance.accepted, balance.pending, balance.rest)
        assert one.sent <= balance.raised
    people = [one for ref, one in found.persons().items() if ref]
    assert measures.persons["all"] == len(people)
    assert measures.persons["pending"] == sum(one.pending > 0 for one in people)
    assert measures.persons["unsound"] == 0
    waiting = [item for item in (*found.records.values(), *found.batches.values()) if item.pending]
    assert measures.unsettled_count == len(waiting)
    assert {row["name"] for row in measures.unsettled} <= {item.name for item in waiting}
