"""From a scenario and a seed to a journal and its measures."""

from __future__ import annotations

import heapq
import itertools
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.base import collecting, journal
from sim.base.errors import UsageError
from sim.base.instant import DAY, Instant, instant
from sim.base.journal import Line
from sim.base.node import Key
from sim.base.streams import Streams
from sim.base.version import VERSION
from sim.drivers.edge import SealedEdge
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.drivers.world import Input, World
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.profile import open_profile
from sim.law.rules import RULES, Rules
from sim.nodes.messages.network import Arrival
from sim.stores.memory import MemoryStore
from sim.studies import measures as measuring
from sim.studies.assumed import assumed, unconfirmed
from sim.studies.building import nation_of
from sim.studies.folding import Folding
from sim.studies.inputs import Inputs
from sim.studies.inputs.happenings import moment
from sim.studies.measures import Measures, Run, Site
from sim.studies.office_names import office_id
from sim.studies.real_cards import desk_edge
from sim.studies.scenario import Scenario
from sim.studies.scenario.beyond import beyond
from sim.studies.scenario.events import BadBatch
from sim.studies.scenario.places import Municipality

JOURNAL_FILE: Final = "journal.ndjson"
MEASURES_FILE: Final = "measures.json"


def topology_of(scenario: Scenario) -> Topology:
    """The scenario's only municipality, line and outages, for what plays one municipality.

    Raises:
        UsageError: the scenario has several.
    """
    sites = nation_of(scenario, 0).sites
    if len(sites) != 1:
        raise UsageError(
            "the live clock plays one municipality",
            expected="a scenario with one [municipality]",
            received=f"{len(sites)} municipalities",
            where=scenario.name,
            remedy="run it with --clock simulated",
        )
    return sites[0]


def inputs_of(scenario: Scenario, seed: int, rules: Rules = RULES) -> Iterator[Input]:
    """What happens in the scenario, in the order of time, without its bad batches."""
    return iter(Inputs(scenario, Streams(seed), rules))


def run(
    scenario: Scenario,
    seed: int,
    *,
    rules: Rules = RULES,
    progress: Callable[[int], None] | None = None,
) -> World:
    """Plays the whole scenario in simulated time, in memory, with sealed batches."""
    nation = nation_of(scenario, seed, rules)
    sealed = nation.sealed_edge()
    start = instant(scenario.start)
    edge = desk_edge(scenario, nation, seed, sealed)
    world = World(nation.everything(MemoryStore), edge, start)
    inputs = _with_bad_batches(scenario, seed, nation.sites[0], sealed, rules)
    world.run(inputs, Instant(start + scenario.days * DAY), progress)
    return world


def on_real_network(scenario: Scenario) -> Scenario:
    """The scenario without what only a simulated network has: rate, latency and outages."""
    network = scenario.lgwan.model_copy(update={"rate_kbps": 0, "latency_ms": 0, "outages": ()})
    return scenario.model_copy(update={"lgwan": network})


def run_live(scenario: Scenario, seed: int, folder: Path) -> Iterator[Line]:
    """Plays the scenario as two processes over TLS, on the clock of its inputs; gives the merged journal.

    Keys, recording and databases of an earlier run in `folder` are replaced.

    Raises:
        HarnessError: a process failed.
        UsageError: the scenario has what only simulated time can play.
    """
    from sim.drivers.live.municipality import INPUTS
    from sim.drivers.live.rehearsal import prepare, rehearse

    scenario = on_real_network(scenario)
    topology = topology_of(scenario)
    if (folder / INPUTS).exists():  # else whatever lies there is not ours to remove
        shutil.rmtree(folder)
    edge = prepare(topology, folder)
    until = Instant(instant(scenario.start) + scenario.days * DAY)
    return rehearse(topology, _with_bad_batches(scenario, seed, topology, edge, RULES), until, folder)


def _with_bad_batches(
    scenario: Scenario, seed: int, topology: Topology, edge: SealedEdge, rules: Rules
) -> Iterator[Input]:
    bad = (
        bad_input(spec, number, topology, edge) for number, spec in enumerate(scenario.bad_batches, start=1)
    )
    end = Instant(instant(scenario.start) + scenario.days * DAY)
    inputs = heapq.merge(inputs_of(scenario, seed, rules), sorted(bad, key=_at), key=_at)
    return itertools.takewhile(lambda item: item.at < end, inputs)


def _at(item: Input) -> Instant:
    return item.at


def run_of(scenario: Scenario, seed: int, *, asked: str = "", clock: str = "simulated") -> Run:
    """The description of a run that its measures and its report carry.

    `asked` is how the scenario was asked for, when that is not its name but a file.
    """
    network, places = scenario.lgwan, scenario.places
    asked = shlex.quote(asked or scenario.name)
    live = " --clock live" if clock == "live" else ""
    first = places[0]
    others = len(places) - 1
    return Run(
        scenario=scenario.name,
        title_ja=scenario.title_ja,
        title_en=scenario.title_en,
        command=f"renkei sim run {asked} --days {scenario.days} --seed {seed}{live} --out DIR",
        clock=clock,
        municipality=first.code if not others else "",
        municipality_ja=first.ja if not others else f"{first.ja}ほか{others}市区町村",
        municipality_en=first.en if not others else f"{first.en} and {others} more",
        start=scenario.start.isoformat(),
        days=scenario.days,
        seed=seed,
        residents=scenario.residents,
        profile=open_profile().name,
        version=VERSION,
        line_rate=network.rate_kbps * 1000,
        line_latency_ms=network.latency_ms,
        exchange_at="、".join(at.isoformat()[: 8 if at.second else 5] for at in scenario.exchange.times),
        outages=[
            {
                "from": outage.from_.isoformat(" ", "minutes"),
                "until": outage.until.isoformat(" ", "minutes"),
                "ja": outage.ja,
                "en": outage.en,
            }
            for outage in network.outages
        ],
        assumptions=[
            *(assumption.model_dump() for assumption in scenario.assumptions),
            *assumed(scenario, network=clock != "live"),
        ],
        unconfirmed=unconfirmed(()),
        sites=[
            Site(
                place.code,
                place.ja,
                place.en,
                place.residents,
                place.link.pattern,
                offices_of(place),
                bool(place.offices),
            )
            for place in places
        ],
        shows_ja=scenario.shows_ja,
        shows_en=scenario.shows_en,
        answers=list(scenario.answers),
        beyond=beyond(scenario),
        watches=scenario.exchange.watches_periods,
    )


def offices_of(place: Municipality) -> dict[str, list[str]]:
    """The offices of a municipality by their ids in the journal: Japanese and English name."""
    return {
        office_id(place, number): [office.ja, office.en] for number, office in enumerate(place.offices)
    } or {"main_office": ["本庁舎", "main office"]}


def write(lines: Iterable[Line], description: Run, folder: Path) -> Measures:
    """Writes the merged journal of a run and its measures into `folder`; gives the measures."""
    folder.mkdir(parents=True, exist_ok=True)
    with collecting.seldom():
        folding = Folding(description)
        journal.write(folder / JOURNAL_FILE, folding.watch(lines))
        measures = folding.finish()
        # All that it kept goes before the collector searches again.
        del folding
    (folder / MEASURES_FILE).write_bytes(measuring.encode(measures))
    return measures


# --- batches that nobody should take in ----------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Forger:
    """Makes bad batches that look as if they came from the municipality's terminal."""

    topology: Topology
    edge: SealedEdge

    def plain(self, at: Instant, number: int) -> bytes:
        """An empty batch of the residence business with a sequence that is not due."""
        profile, code = self.topology.profile, self.topology.code
        business = profile.businesses["residence"].code
        header = Header(profile.name, code, profile.agency, business, UP, 900_000 + number, at, 0)
        return batches.encode(header, (), profile)

    def sealed(self, content: bytes, edge: SealedEdge) -> bytes:
        from sim.exchange.envelope import seal

        return seal(content, edge.own[self.topology.places.terminal], self.edge.certificates[MINISTRY])


def bad_input(spec: BadBatch, number: int, topology: Topology, edge: SealedEdge) -> Input:
    """A batch that must be refused, as an input that reaches the other end over the municipality's line."""
    at = moment(spec.at)
    if spec.kind == "infected":
        return _infected_input(at, number, topology, edge)
    forger = _Forger(topology, edge)
    plain = forger.plain(at, number)
    if spec.kind == "truncated":
        sealed = forger.sealed(plain, edge)
        sealed = sealed[: len(sealed) * 2 // 3]
    elif spec.kind == "altered":
        # A digit of the sequence changed after the digest was made, then sealed with the genuine key.
        sealed = forger.sealed(plain.replace(b",900", b",800", 1), edge)
    else:
        sealed = forger.sealed(plain, topology.sealed_edge())
    ref = f"{spec.kind}-{number:03d}"
    return Input(at, MINISTRY, Key(f"bad/{number:03d}"), Arrival(topology.places.terminal, ref, sealed))


def _infected_input(at: Instant, number: int, topology: Topology, edge: SealedEdge) -> Input:
    """What the antivirus program of a terminal must find: the public test file, sealed like a batch."""
    from sim.exchange.envelope import seal
    from sim.exchange.folders import public_test_file

    terminal = topology.places.terminal
    sealed = seal(public_test_file(), edge.own[MINISTRY], edge.certificates[terminal])
    return Input(
        at, terminal, Key(f"bad/{number:03d}"), Arrival(MINISTRY, f"infected-{number:03d}", sealed), LGWAN
    )
