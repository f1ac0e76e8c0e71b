"""A week of each pattern with the real registry, terminal, network and ministry server."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache

import pytest

from sim.base.instant import instant, japan_date
from sim.base.journal import Line
from sim.base.node import Body, Key, NodeId
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.drivers.world import Input, World
from sim.exchange.reconciliation import reconcile
from sim.nodes.link import LINE, MEDIA, PAPER, KeyingError, Link, LinkState, Media, Paper, labour
from sim.nodes.link.rekeying import ErrorModel, Fields, no_errors
from sim.nodes.messages.link import LinkDown, LinkUp, LoseMedium, SwitchLink
from sim.nodes.messages.registry import ConfirmNotices
from sim.stores.memory import MemoryStore
from tests.drivers.story import AT, DAY_1, START, TOPOLOGY, story

# The exchange is at 22:00; what came down at night is at the registry before it opens at nine.
RUNS = (time(8), time(17))
DAYS = 7
END = instant(DAY_1 + timedelta(days=DAYS))


def _slips(record_id: str, fields: Fields) -> Sequence[KeyingError]:
    """The last figures of a day or of a card exchanged, and a character missing in a name that is seen."""
    typed = dict(fields)
    slips = (
        KeyingError("event_date", 8, "transposed"),
        KeyingError("card_number_before", 8, "transposed"),
        KeyingError("name", 0, "missing", caught=True),
    )
    return [slip for slip in slips if slip.item in typed]


def _wild(seed: int) -> ErrorModel:
    """People who mis-key every fourth item, and a colleague who sees a third of it."""

    def model(record_id: str, fields: Fields) -> Sequence[KeyingError]:
        draw = random.Random(f"{seed}/{record_id}")
        return [
            KeyingError(item, draw.randrange(99), draw.choice(("missing", "transposed")), draw.random() < 0.3)
            for item, _ in fields
            if draw.random() < 0.25
        ]

    return model


@cache
def week(
    pattern: str, slips: ErrorModel = no_errors, extra: tuple[tuple[int, int, Body], ...] = ()
) -> tuple[Line, ...]:
    """The journal of a week. `extra`: commands to the leg, with day (from 0) and hour."""
    paper = Paper(30, runs=RUNS, minutes_per_record=5, errors=slips)
    node = Link(AT.link, AT.registry, AT.terminal, pattern, media=Media(b"k" * 32, RUNS), paper=paper)
    actors = TOPOLOGY.everything(MemoryStore)
    actors[AT.link] = Actor(node, MemoryStore(AT.link, LinkState))
    mornings = [_input(AT.registry, day, 9, ConfirmNotices()) for day in range(4, DAYS)]
    commands = [_input(AT.link, day, hour, body) for day, hour, body in extra]
    inputs = sorted([*story(), *mornings, *commands], key=lambda item: item.at)
    world = World(actors, PlainEdge(), START)
    world.run(inputs, END)
    return tuple(world.site.lines())


def _input(to: NodeId, day: int, hour: int, body: Body) -> Input:
    at = instant(DAY_1 + timedelta(days=day), hour)
    return Input(at, to, Key(f"{to}/{type(body).__name__}/{at}"), body)


def days_of(lines: Sequence[Line], node: NodeId, kind: str) -> set[date]:
    return {japan_date(line.at) for line in lines if (line.node, line.kind) == (node, kind)}


def named(lines: Sequence[Line], *kinds: str) -> Counter[str]:
    return Counter(str(line.data["record"]) for line in lines if line.kind in kinds)


def settled(lines: Sequence[Line]) -> bool:
    """Every record that left has its one result, every notice its one answer, and all adds up to zero."""
    found = reconcile(lines)
    assert found.sound, found.told()
    assert all(one.rest == 0 for one in found.sums().values())
    assert named(lines, "result_applied") == named(lines, "record_raised")
    assert named(lines, "notice_settled") == named(lines, "notice_raised")
    return bool(named(lines, "record_raised")) and bool(named(lines, "notice_raised"))


@pytest.mark.parametrize("pattern", [LINE, MEDIA, PAPER])
def test_there_is_an_exchange_every_day_whatever_the_pattern(pattern: str) -> None:
    """S2-007: also on days on which the leg brought nothing."""
    lines = week(pattern)
    every_day = {DAY_1 + timedelta(days=day) for day in range(DAYS)}
    assert days_of(lines, AT.terminal, "batch_made") == every_day
    assert days_of(lines, AT.terminal, "batch_sent") == every_day
    assert settled(lines)


def test_each_pattern_takes_the_same_batches_to_the_agency_byte_for_byte() -> None:
    """S2-006, S2-015 and S2-017: a pattern changes no message; nobody erred on paper here."""
    batches = {
        pattern: [
            (line.subject, line.at, line.data["digest"])
            for line in week(pattern)
            if (line.node, line.kind) == (AT.terminal, "batch_made")
        ]
        for pattern in (LINE, MEDIA, PAPER)
    }
    assert batches[LINE] == batches[MEDIA] == batches[PAPER]
    assert len(batches[LINE]) >= DAYS


def test_a_week_on_the_line_takes_no_manual_step_and_the_others_do() -> None:
    """S1-012 and S1-013."""
    work = {pattern: labour(week(pattern)) for pattern in (LINE, MEDIA, PAPER)}
    assert [line for line in week(LINE) if line.node == AT.link] == []
    assert {done.steps for done in work[LINE].values()} == {0}
    for pattern in (MEDIA, PAPER):
        assert work[pattern][pattern].steps > 20
        assert {done.steps for name, done in work[pattern].items() if name != pattern} == {0}


def test_the_leg_does_nothing_on_days_without_records() -> None:
    for pattern in (MEDIA, PAPER):
        lines = week(pattern)
        working = {japan_date(line.at) for line in lines if line.node == AT.link}
        # What is filed on the fourth day is answered at night, and the answer applied the next morning.
        assert working <= {DAY_1 + timedelta(days=day) for day in range(5)}


def test_what_was_mis_keyed_is_refused_by_whom_it_reaches_and_nothing_is_lost() -> None:
    """S2-017: what nobody saw travels on, and is told in the end."""
    lines = week(PAPER, _slips)
    work = labour(lines)[PAPER]
    assert work.errors > work.caught > 0
    assert work.error_rate > 0
    assert settled(lines)
    wrong = {line.data["record"] for line in lines if line.kind == "record_rekeyed" and line.data["differs"]}
    above, here = named(lines, "record_rejected"), named(lines, "notice_refused")
    assert above  # a day that lies in the future now
    assert here  # a card that nobody here bears
    assert set(above) | set(here) <= wrong
    assert not [line for line in week(PAPER) if line.kind in ("record_rejected", "notice_refused")]


@pytest.mark.parametrize("seed", range(8))
def test_however_badly_people_type_every_record_and_every_notice_is_answered_once(seed: int) -> None:
    """S2-017: slips change what a record says, never how many there are."""
    lines = week(PAPER, _wild(seed))
    assert labour(lines)[PAPER].wrong > 0
    assert settled(lines)


def test_switches_losses_and_a_broken_line_in_one_week_lose_and_double_nothing() -> None:
    """S2-009 and S1-015."""
    lines = week(
        LINE,
        extra=(
            (0, 8, LinkDown()),
            (0, 12, SwitchLink(MEDIA)),
            (0, 17, LoseMedium("up")),
            (1, 9, LinkUp()),
            (1, 12, SwitchLink(PAPER)),
            (2, 12, SwitchLink(LINE)),
        ),
    )
    assert settled(lines)
    kinds = Counter(line.kind for line in lines if line.node == AT.link)
    assert {"link_down": 1, "link_up": 1, "link_switched": 3, "medium_lost": 1}.items() <= kinds.items()
    assert kinds["sheet_printed"] > 0
    raised = [line.data["record"] for line in lines if line.kind == "record_raised"]
    accepted = [line.data["record"] for line in lines if line.kind == "record_accepted"]
    assert sorted(accepted) == sorted(raised)
