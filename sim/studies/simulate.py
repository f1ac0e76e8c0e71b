"""From a scenario and a seed to a journal and its measures."""

from __future__ import annotations

import heapq
import itertools
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sim.base import journal
from sim.base.instant import DAY, Instant, at_time, instant
from sim.base.journal import Line
from sim.base.node import Key
from sim.base.streams import Streams
from sim.base.version import VERSION
from sim.drivers.edge import SealedEdge
from sim.drivers.topology import MINISTRY, Topology
from sim.drivers.world import Input, World
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.profile import open_profile
from sim.law.rules import RULES, Rules
from sim.nodes.lgwan import Line as AccessLine
from sim.nodes.lgwan import Outage
from sim.nodes.messages import Arrival
from sim.stores.memory import MemoryStore
from sim.studies import measures as measuring
from sim.studies.assumed import assumed, unconfirmed
from sim.studies.folding import Folding
from sim.studies.inputs import Inputs
from sim.studies.measures import Measures, Run
from sim.studies.scenario import BadBatch, Scenario

JOURNAL_FILE: Final = "journal.ndjson"
MEASURES_FILE: Final = "measures.json"


def topology_of(scenario: Scenario, rules: Rules = RULES) -> Topology:
    """The scenario's municipality, line and outages."""
    network = scenario.lgwan
    return Topology(
        code=scenario.municipality.code,
        exchange_at=scenario.exchange.at,
        line=AccessLine(network.rate_kbps * 1000, network.latency_ms * 1000),
        outages=tuple(Outage(_moment(o.from_), _moment(o.until), "outage") for o in network.outages),
        rules=rules,
    )


def inputs_of(scenario: Scenario, seed: int, rules: Rules = RULES) -> Iterator[Input]:
    """What happens in the scenario, in the order of time, without its bad batches."""
    return iter(Inputs(scenario, Streams(seed), topology_of(scenario).places, rules))


def run(
    scenario: Scenario,
    seed: int,
    *,
    rules: Rules = RULES,
    progress: Callable[[int], None] | None = None,
) -> World:
    """Plays the whole scenario in simulated time, in memory, with sealed batches."""
    topology = topology_of(scenario, rules)
    edge = topology.sealed_edge()
    start = instant(scenario.start)
    world = World(topology.everything(MemoryStore), edge, start)
    inputs = _with_bad_batches(scenario, seed, topology, edge, rules)
    world.run(inputs, Instant(start + scenario.days * DAY), progress)
    return world


def on_real_network(scenario: Scenario) -> Scenario:
    """The scenario without what only a simulated network has: rate, latency and outages."""
    network = scenario.lgwan.model_copy(update={"rate_kbps": 0, "latency_ms": 0, "outages": []})
    return scenario.model_copy(update={"lgwan": network})


def run_live(scenario: Scenario, seed: int, folder: Path) -> Iterator[Line]:
    """Plays the scenario as two processes over TLS, on the clock of its inputs; gives the merged journal.

    Keys, recording and databases of an earlier run in `folder` are replaced.

    Raises:
        HarnessError: a process failed.
    """
    from sim.drivers.live.municipality import INPUTS
    from sim.drivers.live.rehearsal import prepare, rehearse

    if (folder / INPUTS).exists():  # else whatever lies there is not ours to remove
        shutil.rmtree(folder)
    scenario = on_real_network(scenario)
    topology = topology_of(scenario)
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


def _moment(clock: datetime) -> Instant:
    """A date and clock time of a scenario, which are Japan's, as an instant."""
    return at_time(clock.date(), clock.time())


def run_of(scenario: Scenario, seed: int, *, asked: str = "", clock: str = "simulated") -> Run:
    """The description of a run that its measures and its report carry.

    `asked` is how the scenario was asked for, when that is not its name but a file.
    """
    place, network = scenario.municipality, scenario.lgwan
    asked = shlex.quote(asked or scenario.name)
    live = " --clock live" if clock == "live" else ""
    return Run(
        scenario=scenario.name,
        title_ja=scenario.title_ja,
        title_en=scenario.title_en,
        command=f"renkei sim run {asked} --days {scenario.days} --seed {seed}{live} --out DIR",
        clock=clock,
        municipality=place.code,
        municipality_ja=place.ja,
        municipality_en=place.en,
        start=scenario.start.isoformat(),
        days=scenario.days,
        seed=seed,
        residents=place.residents,
        profile=open_profile().name,
        version=VERSION,
        line_rate=network.rate_kbps * 1000,
        line_latency_ms=network.latency_ms,
        exchange_at=scenario.exchange.at.isoformat("minutes"),
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
    )


def write(lines: Iterable[Line], description: Run, folder: Path) -> Measures:
    """Writes the merged journal of a run and its measures into `folder`; gives the measures."""
    folder.mkdir(parents=True, exist_ok=True)
    folding = Folding(description)
    journal.write(folder / JOURNAL_FILE, folding.watch(lines))
    measures = folding.finish()
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
    """A batch that the server must refuse, as an input that reaches it over the municipality's line."""
    at = _moment(spec.at)
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
