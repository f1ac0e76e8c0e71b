"""The live clock: real processes, a real network, and the same journal as in simulated time."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import DAY, HOUR, Instant, instant
from sim.base.journal import Entry, Line, splice
from sim.base.node import Event, Key, NodeId, Reply, Step, Tables, Wake
from sim.drivers.edge import PlainEdge, SealedEdge
from sim.drivers.live import keys, rehearsal, wire
from sim.drivers.live.client import HttpServer, Unreachable
from sim.drivers.live.clock import RehearsalClock
from sim.drivers.live.ministry import DATABASE as ABOVE_DATABASE
from sim.drivers.live.ministry import Office
from sim.drivers.live.municipality import DATABASE as BELOW_DATABASE
from sim.drivers.live.process import Process, Setup
from sim.drivers.live.recording import read_inputs, write_inputs
from sim.drivers.live.wire import CAUSE, CLOCK, KEY, REF, Waiting
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.drivers.world import Input, World
from sim.exchange import batch as batches
from sim.exchange import pki
from sim.exchange.batch import UP, Header
from sim.exchange.envelope import seal
from sim.exchange.pki import Usage
from sim.law.rules import RULES
from sim.nodes.lgwan import Line as AccessLine
from sim.nodes.messages.network import Carry, Undelivered
from sim.nodes.messages.terminal import ExchangeDue, OpenTerminal
from sim.stores.memory import MemoryStore
from sim.studies import simulate
from sim.studies.scenario.loading import load
from tests.drivers import story
from tests.drivers.mortal import ABOVE, BELOW, BOTH, Ends, Fate, Settings

# The story's municipality on a network without delay: what live and simulated time have in common.
PLAIN = Topology(story.CODE, story.TOPOLOGY.exchange_at)
TERMINAL = PLAIN.places.terminal
NOON = instant(date(2019, 4, 1), 12)
OTHER = "131130"


@dataclass(frozen=True)
class Play:
    """A topology and what happens in it."""

    topology: Topology
    inputs: list[Input]
    start: Instant
    until: Instant

    def simulated(self, edge: SealedEdge | PlainEdge) -> list[Line]:
        """The journal of simulated time, without the simulated network."""
        world = World(self.topology.everything(MemoryStore), edge, self.start)
        world.run(self.inputs, self.until)
        return list(splice(world.site.lines(), LGWAN))


def shinjuku(days: int, residents: int, rate: float) -> Play:
    """Shinjuku scaled down, on a network without delay."""
    whole = load("shinjuku-2019")
    kinds = ("entry_from_abroad", "moving_in", "moving_within", "moving_out", "period_extended")
    scenario = whole.model_copy(
        update={
            "days": days,
            "municipality": whole.only.model_copy(update={"residents": residents}),
            "rates": whole.rates.model_copy(update=dict.fromkeys(kinds, rate)),
        }
    )
    topology = replace(simulate.topology_of(scenario), line=AccessLine(0, 0), outages=())
    start = instant(scenario.start)
    return Play(topology, list(simulate.inputs_of(scenario, 1)), start, Instant(start + scenario.days * DAY))


def all_keys(folder: Path, topology: Topology) -> SealedEdge:
    """Both ends' envelope keys, for a simulation that can open what was sealed for a rehearsal."""
    above, below = keys.ministry_edge(folder, topology), keys.municipality_edge(folder, topology)
    return SealedEdge(above.own | below.own, above.certificates | below.certificates, above.trust)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys and nothing else."""
    folder = tmp_path_factory.mktemp("made")
    rehearsal.prepare(PLAIN, folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder with the keys of `made`."""
    shutil.copytree(made / keys.KEYS, tmp_path / "live" / keys.KEYS)
    return tmp_path / "live"


@dataclass(frozen=True)
class Stage:
    """A running ministry server and who may call it."""

    folder: Path
    process: Process
    port: int
    terminal: HttpServer

    def lines(self) -> list[Line]:
        """The journal so far, without the municipality's."""
        return list(rehearsal.lines(PLAIN, self.folder))

    def client(self, tls: ssl.SSLContext) -> httpx.Client:
        """Somebody who calls with the given certificate."""
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}", verify=tls, trust_env=False, timeout=20
        )

    def listed(self) -> httpx.Client:
        """The listed terminal, as plain HTTP."""
        return self.client(keys.client_tls(self.folder, PLAIN))


@contextmanager
def serving(folder: Path) -> Iterator[Stage]:
    """A ministry server in rehearsal mode, and a terminal that calls it."""
    with rehearsal.start_ministry(PLAIN, folder) as process:
        port = process.port()
        with closing(HttpServer(port, keys.client_tls(folder, PLAIN), patience=0)) as terminal:
            yield Stage(folder, process, port, terminal)


@pytest.fixture
def stage(folder: Path) -> Iterator[Stage]:
    """A server of one's own."""
    with serving(folder) as one:
        yield one


@pytest.fixture(scope="module")
def shared(made: Path) -> Iterator[Stage]:
    """A server for tests after which it must be as new: nothing that they send may get as far as the node."""
    with serving(made) as one:
        yield one
        assert one.lines() == []


def tls_of(identity: pki.Identity, authority: Path, at: Path) -> ssl.SSLContext:
    """TLS with somebody else's certificate that trusts the genuine server."""
    pki.save(at, identity)
    context = ssl.create_default_context(cafile=str(authority / "authority.cert.pem"))
    context.load_cert_chain(at / f"{identity.name}.cert.pem", at / f"{identity.name}.key.pem")
    return context


def batch(sender: str = story.CODE, sequence: int = 1) -> bytes:
    """An empty batch up."""
    profile = PLAIN.profile
    business = profile.businesses["resident_register"].code
    header = Header(profile.name, sender, profile.agency, business, UP, sequence, NOON, 0)
    return batches.encode(header, (), profile)


def sealed(folder: Path, content: bytes) -> bytes:
    """Sealed by the terminal for the ministry."""
    edge = keys.municipality_edge(folder, PLAIN)
    return seal(content, edge.own[TERMINAL], edge.certificates[MINISTRY])


# --- one recorded list, two clocks --------------------------------------------------------------------
def test_one_recorded_list_of_inputs_gives_equal_journals_on_both_clocks(tmp_path: Path) -> None:
    play = shinjuku(days=4, residents=300, rate=8)
    edge = rehearsal.prepare(play.topology, tmp_path)
    bad = [
        simulate.bad_input(
            spec.model_copy(update={"at": datetime(2019, 4, 2, 23, n)}), n, play.topology, edge
        )
        for n, spec in enumerate(load("shinjuku-2019").bad_batches, start=1)
    ]
    play = replace(play, inputs=sorted([*play.inputs, *bad], key=lambda item: item.at))
    expected = play.simulated(all_keys(tmp_path, play.topology))
    kinds = {line.kind for line in expected}
    assert kinds >= {
        "filing_accepted",
        "batch_accepted",
        "batch_rejected",
        "notice_confirmed",
        "notice_settled",
    }
    live = list(rehearsal.rehearse(play.topology, play.inputs, play.until, tmp_path, within=60))
    assert live == expected


@pytest.mark.parametrize("victim", [ABOVE, BELOW, BOTH])
def test_an_end_that_dies_at_any_point_and_is_started_again_changes_nothing(victim: str) -> None:
    play = Play(PLAIN, story.story(), story.START, story.END)
    expected = play.simulated(PlainEdge())
    at = 0
    while True:
        at += 1
        fate = Fate(victim, at)
        assert Ends(PLAIN, fate, victim).play(play.inputs, play.until) == expected, f"died at point {at}"
        if fate.points < at:  # this life was a whole one
            break
    assert at > 60


def test_both_processes_killed_at_random_and_started_again_finish_with_an_equal_journal(
    tmp_path: Path,
) -> None:
    play = shinjuku(days=3, residents=200, rate=8)
    expected = play.simulated(PlainEdge())  # only digests of plain content are journalled
    rehearsal.prepare(play.topology, tmp_path)
    rehearsal.record(play.inputs, tmp_path)
    draw = random.Random(20190401)
    with ExitStack() as stack:

        def municipality() -> Process:
            return stack.enter_context(
                rehearsal.start_municipality(play.topology, tmp_path, port, play.until)
            )

        def ministry(at: int) -> Process:
            return stack.enter_context(rehearsal.start_ministry(play.topology, tmp_path, at))

        server = ministry(0)
        port = server.port()
        player = municipality()
        killed = 0
        for victims, reached in zip(
            ("below", "above", "both", "above", "both"),
            sorted(draw.sample(range(10, len(expected) * 9 // 10), 5)),
            strict=True,
        ):
            wait_for_lines(tmp_path, reached, player)
            if victims != "above":
                killed += not player.ended()
                player.kill()
            if victims != "below":
                killed += 1
                server.kill()
                server = ministry(port)
                server.port()
            if victims != "above":
                player = municipality()
        player.wait(within=60)
        server.stop()
    assert killed == 7, "the run was over before somebody was killed"
    assert list(rehearsal.lines(play.topology, tmp_path)) == expected


def wait_for_lines(folder: Path, wanted: int, player: Process) -> None:
    """Waits until the journals hold that many lines."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not player.ended():
        if sum(lines_in(folder / name) for name in (ABOVE_DATABASE, BELOW_DATABASE)) >= wanted:
            return
        time.sleep(0.002)
    raise AssertionError(f"{wanted} lines were not reached") from player.died("it should go on")


def lines_in(database: Path) -> int:
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db,
    ):
        return int(db.execute("SELECT coalesce(sum(lines), 0) FROM counter").fetchone()[0])
    return 0


def test_a_rehearsal_that_is_done_gives_the_same_journal_again(folder: Path) -> None:
    first = list(rehearsal.rehearse(PLAIN, story.story(), story.END, folder, within=60))
    assert first == list(rehearsal.rehearse(PLAIN, story.story(), story.END, folder, within=60))


# --- who comes in --------------------------------------------------------------------------------------
def test_a_terminal_of_a_foreign_pki_is_refused_at_the_tls_layer(shared: Stage, tmp_path: Path) -> None:
    root = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
    foreign = pki.issue(root, story.CODE, 1, Usage.TLS_CLIENT)
    tls = tls_of(foreign, shared.folder / keys.KEYS / "authority", tmp_path / "foreign")
    # In TLS 1.3 the client's handshake is over before the server has looked at its certificate.
    with shared.client(tls) as client, pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get("/v1/profile")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with shared.client(tls) as client, pytest.raises(httpx.ConnectError):
        client.get("/v1/profile")
    assert shared.lines() == []
    shared.terminal.tell(NOON)  # the server goes on


def test_a_certificate_of_the_same_root_that_is_not_on_the_list_comes_no_further(
    shared: Stage, tmp_path: Path
) -> None:
    authority = shared.folder / keys.KEYS / "authority"
    root = pki.load(authority, "authority")
    root_of = pki.Authority(root.name, root.certificate, root.key)
    other = pki.issue(root_of, OTHER, 7, Usage.TLS_CLIENT)
    with shared.client(tls_of(other, authority, tmp_path / "other")) as client:
        answer = client.get("/v1/profile", headers={CLOCK: str(NOON)})
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_LISTED")
    assert shared.lines() == []


def test_a_terminal_s_envelope_key_does_not_open_the_link(shared: Stage, tmp_path: Path) -> None:
    envelope = keys.municipality_edge(shared.folder, PLAIN).own[TERMINAL]
    tls = tls_of(envelope, shared.folder / keys.KEYS / "authority", tmp_path / "envelope")
    with shared.client(tls) as client:
        assert client.get("/v1/profile").status_code == 403


def test_the_server_asks_for_tls_1_2_at_least(shared: Stage) -> None:
    tls = keys.client_tls(shared.folder, PLAIN)
    assert (
        tls.minimum_version is keys.server_tls(shared.folder, PLAIN).minimum_version is ssl.TLSVersion.TLSv1_2
    )
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with shared.client(tls) as client:
        assert client.get("/v1/profile").status_code == 200


@pytest.mark.real_peer
@pytest.mark.parametrize("known", [True, False], ids=["with a certificate", "without"])
def test_curl_gets_the_server_s_offer_with_a_client_certificate_only(
    known: bool, shared: Stage, record_property: Callable[[str, object], None]
) -> None:
    at = shared.folder / keys.KEYS / "municipality" / "tls"
    curl = shutil.which("curl")
    assert curl is not None, "curl is not installed"
    mine = ["--cert", f"{at}/{story.CODE}.cert.pem", "--key", f"{at}/{story.CODE}.key.pem"] if known else []
    options = [
        "--silent",
        "--max-time",
        "20",
        "--noproxy",
        "*",
        "--cacert",
        f"{at}/authority.cert.pem",
        *mine,
    ]
    url = f"https://127.0.0.1:{shared.port}/v1/profile"
    done = subprocess.run([curl, *options, url], capture_output=True, check=False)
    if known:
        offer = msgspec.json.decode(done.stdout, type=wire.Offer)
        assert offer.profiles == (PLAIN.profile.name,)
    else:
        assert done.returncode != 0
        assert done.stdout == b""
    record_property("peer", "curl")


# --- what comes in -------------------------------------------------------------------------------------
def test_a_listed_terminal_that_claims_another_s_batch_is_rejected_and_journalled(stage: Stage) -> None:
    content = sealed(stage.folder, batch(sender=OTHER))
    reply = stage.terminal.upload(Key("k1"), f"{OTHER}-claim", "", content, NOON)
    assert (reply.ok, reply.code) == (False, "WRONG_SENDER")
    rejected = next(line for line in stage.lines() if line.kind == "batch_rejected")
    assert (rejected.at, rejected.subject) == (NOON, f"{OTHER}-claim")
    assert (rejected.data["code"], rejected.data["from"]) == ("WRONG_SENDER", TERMINAL)


def test_an_altered_sealed_body_is_rejected_and_journalled_and_the_server_goes_on(stage: Stage) -> None:
    content = sealed(stage.folder, batch())
    altered = content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]
    reply = stage.terminal.upload(Key("k1"), "altered", "", altered, NOON)
    assert (reply.ok, reply.code) == (False, "NOT_OPENED")
    assert stage.terminal.upload(Key("k2"), "good", f"{TERMINAL}#1", content, NOON).ok
    told = [(line.kind, line.subject, line.cause) for line in stage.lines() if line.kind != "batch_made"]
    good = "131041-ISA-" + PLAIN.profile.businesses["resident_register"].code + "-00000001"
    assert told == [("batch_rejected", "altered", ""), ("batch_accepted", good, f"{TERMINAL}#1")]


@pytest.mark.parametrize("declared", [True, False], ids=["with its length", "in chunks"])
def test_a_body_over_the_limit_is_refused_and_leaves_no_trace(declared: bool, shared: Stage) -> None:
    whole = bytes(wire.LARGEST_PIECE + 1)
    chunks = (whole[at : at + 65536] for at in range(0, len(whole), 65536))
    headers = {KEY: "k1", REF: "large", CLOCK: str(NOON)}
    with shared.listed() as client:
        answer = client.post("/v1/batches", content=whole if declared else chunks, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
        assert client.get("/v1/profile").status_code == 200
    assert shared.lines() == []


def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(shared: Stage) -> None:
    head = f"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: {wire.LARGEST_PIECE + 1}\r\n"
    head += f"{KEY}: k1\r\n{REF}: large\r\n{CLOCK}: {NOON}\r\n\r\n"
    plain = socket.create_connection(("127.0.0.1", shared.port), timeout=20)
    with keys.client_tls(shared.folder, PLAIN).wrap_socket(plain, server_hostname="localhost") as link:
        link.sendall(head.encode())
        assert link.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "wrong",
    [{KEY: ""}, {KEY: "a b"}, {REF: "../x"}, {CAUSE: "registry-131041#1"}, {CLOCK: "noon"}],
    ids=lambda wrong: " ".join(f"{name}: {value}" for name, value in wrong.items()),
)
def test_a_header_in_no_form_is_refused_and_named(wrong: dict[str, str], shared: Stage) -> None:
    headers = {KEY: "k1", REF: "r", CLOCK: str(NOON)} | wrong
    with shared.listed() as client:
        answer = client.post("/v1/batches", content=b"", headers=headers)
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["detail"]
    assert shared.lines() == []


def test_a_batch_sent_again_under_its_key_is_answered_again_and_processed_once(stage: Stage) -> None:
    first, again = sealed(stage.folder, batch()), sealed(stage.folder, batch())
    assert first != again  # sealed afresh
    reply = stage.terminal.upload(Key("k1"), "r", "", first, NOON)
    journalled = stage.lines()
    assert stage.terminal.upload(Key("k1"), "r", "", again, NOON) == reply == Reply()
    assert stage.lines() == journalled


def test_an_answer_waits_until_its_receipt_and_is_sealed_for_its_terminal(stage: Stage) -> None:
    stage.terminal.upload(Key("k1"), "r", "", sealed(stage.folder, batch()), NOON)
    (waiting,) = stage.terminal.waiting(NOON)
    assert stage.terminal.receipt(Key("ministry>99"), NOON) == Reply(False, "NOTHING_WAITS", "ministry>99")
    (again,) = stage.terminal.waiting(NOON)
    assert (again.key, again.ref) == (waiting.key, waiting.ref)
    assert stage.terminal.download(again, NOON) == stage.terminal.download(waiting, NOON)  # sealed once
    assert opened(stage, waiting).startswith(b"H,renkei-open/1,ISA,131041,")
    assert stage.terminal.receipt(waiting.key, NOON).ok
    assert stage.terminal.waiting(NOON) == []
    assert stage.terminal.receipt(waiting.key, NOON).code == "NOTHING_WAITS"
    assert [line.kind for line in stage.lines()] == ["batch_accepted", "batch_made", "batch_sent"]


def opened(stage: Stage, waiting: Waiting) -> bytes:
    from sim.exchange.envelope import Opened, open_sealed

    edge = keys.municipality_edge(stage.folder, PLAIN)
    result = open_sealed(
        stage.terminal.download(waiting, NOON), edge.own[TERMINAL], edge.trust, date(2019, 4, 1)
    )
    assert isinstance(result, Opened)
    return result.content


def test_what_waits_for_one_terminal_is_neither_shown_nor_struck_for_another() -> None:
    clock = RehearsalClock(Settings())
    office = Office(PLAIN.ministry(MemoryStore), PlainEdge(), clock)
    office.reach(NOON)
    office.take_in(TERMINAL, "k1", "r", "", batch())
    other = NodeId(f"terminal-{OTHER}")
    (waiting,) = office.sends_to(TERMINAL)
    assert office.sends_to(other) == []
    assert office.receipt(other, waiting.key).code == "NOTHING_WAITS"
    assert office.sends_to(TERMINAL) == [waiting]


def sent(office: Office) -> str:
    """The name of the first batch that waits."""
    body = office.sends_to(TERMINAL)[0].body
    assert isinstance(body, Carry)
    return body.ref


def test_a_caller_s_key_is_neither_another_caller_s_nor_one_of_the_node_s() -> None:
    clock = RehearsalClock(Settings())
    office = Office(PLAIN.ministry(MemoryStore), PlainEdge(), clock)
    office.reach(NOON)
    assert office.take_in(TERMINAL, "k1", "r", "", batch()).ok
    assert office.take_in(NodeId(f"terminal-{OTHER}"), "k1", "r", "", batch()).code == "WRONG_SENDER"
    office.command("in/1", Undelivered(TERMINAL, sent(office), "test"))
    assert office.pause is not None
    assert office.take_in(TERMINAL, "ministry!1", "r", "", batch(sequence=2)).ok  # the key of the wake
    office.reach(Instant(NOON + DAY))
    assert len(office.sends_to(TERMINAL)) == 2  # the wake came all the same


# --- clocks --------------------------------------------------------------------------------------------
class Sleeper:
    """A node that wishes to be woken an hour after a command, and notes when it was."""

    def step(self, state: Tables, event: Event, now: Instant) -> Step:
        if isinstance(event.body, ExchangeDue):
            return Step(entries=(Entry("woken"),))
        return Step(wakes=(Wake(Instant(now + HOUR), ExchangeDue()),))


def test_a_wake_of_the_server_comes_at_its_own_instant_when_the_rehearsal_passes_it() -> None:
    actor = Actor(Sleeper(), MemoryStore(MINISTRY, lambda tables: tables))
    office = Office({MINISTRY: actor}, PlainEdge(), RehearsalClock(Settings()))
    office.reach(NOON)
    office.command("in/1", OpenTerminal())
    office.reach(Instant(NOON + HOUR - 1))
    assert list(actor.store.journal()) == []
    office.reach(Instant(NOON + DAY))
    assert [line.at for line in actor.store.journal()] == [NOON + HOUR]


def test_without_a_rehearsal_the_server_has_its_own_clock_and_takes_no_commands(folder: Path) -> None:
    with rehearsal.start_ministry(PLAIN, folder) as process:
        with closing(HttpServer(process.port(), keys.client_tls(folder, PLAIN))) as terminal:
            terminal.upload(Key("k1"), "r", "", sealed(folder, batch()), NOON)
            (waiting,) = terminal.waiting(NOON)
            terminal.command(Key("in/1"), Undelivered(TERMINAL, waiting.ref, "test"), NOON)
        process.stop()
    before = time.time_ns() // 1000
    with Process("ministry", Setup(str(folder), PLAIN.code, "22:00")) as process:
        stage = Stage(folder, process, process.port(), terminal)
        with stage.listed() as client:
            assert client.post("/v1/commands", headers={KEY: "k"}).status_code == 404
            assert client.post("/v1/clock").status_code == 404
            assert client.get("/v1/outbox", headers={CLOCK: str(NOON)}).status_code == 400
            end = time.monotonic() + 20
            while len(client.get("/v1/outbox").json()) < 2:  # the wake of 2019 is long due
                assert time.monotonic() < end
            answer = client.post(
                "/v1/batches", content=sealed(folder, batch(sequence=2)), headers={KEY: "k2", REF: "r2"}
            )
            assert answer.status_code == 202
            while client.get("/v1/batches/k2").json()["state"] == "kept":
                assert time.monotonic() < end
            assert client.get("/v1/batches/k2").json()["reply"]["ok"]
        process.stop()
    accepted = [line.at for line in stage.lines() if line.kind == "batch_accepted"]
    assert accepted[0] == NOON
    assert before <= accepted[1] <= time.time_ns() // 1000


# --- processes -----------------------------------------------------------------------------------------
def test_a_stranger_s_sim_in_the_working_directory_does_not_get_in(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "sim" / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("raise SystemExit('a stranger was imported')")
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(9)")  # Python runs it at its start
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend("")
    inputs = story.story()[:4]
    assert list(rehearsal.rehearse(PLAIN, inputs, Instant(inputs[-1].at + 1), folder, within=60))


def test_a_path_that_leads_to_another_sim_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "sim" / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with (
        rehearsal.start_ministry(PLAIN, folder) as process,
        pytest.raises(HarnessError, match="in front of ours"),
    ):
        process.port()


def test_a_process_that_dies_is_an_error_with_its_last_output(tmp_path: Path) -> None:
    with rehearsal.start_ministry(PLAIN, tmp_path) as process, pytest.raises(HarnessError) as error:
        process.port()
    assert "cannot read authority.cert.pem" in str(error.value)
    assert "exit code 2" in str(error.value)


def test_a_rehearsal_that_takes_too_long_or_loses_its_server_ends_and_leaves_no_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    class Noted(Process):
        def __init__(self, name: str, setup: Setup) -> None:
            super().__init__(name, setup)
            started.append(self)
            if name == "municipality" and dies:
                started[-2].kill()

    monkeypatch.setattr(rehearsal, "Process", Noted)
    dies = False
    with pytest.raises(HarnessError, match="'municipality' failed"):
        rehearsal.rehearse(PLAIN, story.story(), story.END, folder, within=0)
    dies = True
    with pytest.raises(HarnessError, match="'ministry' failed"):
        rehearsal.rehearse(PLAIN, story.story(), story.END, folder, within=60)
    assert len(started) == 4
    assert all(process.ended() for process in started)


def test_a_process_whose_parent_was_killed_ends(folder: Path, tmp_path: Path) -> None:
    parent = f"""
import sys, time
sys.path[:] = {sys.path!r}
from datetime import time as clock
from pathlib import Path
from sim.drivers.live.rehearsal import start_ministry
from sim.drivers.site import Actor
from sim.drivers.topology import Topology
print(start_ministry(Topology({PLAIN.code!r}, clock(22)), Path({str(folder)!r})).port(), flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", parent], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 20
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < end:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            time.sleep(0.05)


def test_a_server_that_is_not_there_is_unreachable_once_the_patience_is_over(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    began = time.monotonic()
    server = HttpServer(port, keys.client_tls(folder, PLAIN), patience=0.3)
    with closing(server), pytest.raises(Unreachable, match="ConnectError"):
        server.tell(NOON)
    assert 0.3 <= time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("name", "topology"),
    [
        ("line", replace(PLAIN, line=AccessLine(1_500_000, 0))),
        ("outages", replace(PLAIN, outages=story.TOPOLOGY.outages)),
        ("rules", replace(PLAIN, rules=replace(RULES, first_day=date(2012, 7, 8)))),
    ],
)
def test_what_only_simulated_time_has_is_refused_by_name(
    name: str, topology: Topology, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"no other {name} than"):
        rehearsal.rehearse(topology, [], Instant(0), tmp_path)


# --- recordings and journals ---------------------------------------------------------------------------
def test_a_recording_gives_back_what_was_written(tmp_path: Path) -> None:
    inputs = [*story.story(), *shinjuku(days=2, residents=20, rate=9).inputs]
    inputs.sort(key=lambda item: item.at)
    assert write_inputs(tmp_path / "r.ndjson", inputs) == len(inputs)
    assert list(read_inputs(tmp_path / "r.ndjson")) == inputs


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda rows: rows[:-1], 12),
        (lambda rows: rows[:4], 5),
        (lambda rows: [*rows[:3], rows[3][:30] + b"\n", *rows[4:]], 4),
        (lambda rows: [*rows[:-1], rows[-1][:-1]], 12),
        (lambda rows: [rows[4], *rows[:4], *rows[5:]], 2),
        (lambda rows: [*rows[:2], *rows[3:]], 11),
        (lambda rows: [*rows, rows[0]], 13),
        (lambda rows: [rows[0].replace(b"OpenRegister", b"NoSuchCommand"), *rows[1:]], 1),
        (lambda rows: [rows[0], b"\xff\n", *rows[1:]], 2),
        (lambda rows: [], 1),
    ],
    ids=[
        "no end",
        "cut",
        "half a line",
        "half the end",
        "order",
        "a line gone",
        "more",
        "unknown",
        "bytes",
        "empty",
    ],
)
def test_a_damaged_recording_is_refused_and_its_line_named(damage: object, line: int, tmp_path: Path) -> None:
    assert callable(damage)
    path = tmp_path / "r.ndjson"
    write_inputs(path, story.story())
    with path.open("rb") as file:
        rows = list(file)
    path.write_bytes(b"".join(damage(rows)))
    with pytest.raises(UsageError) as error:
        list(read_inputs(path))
    assert error.value.where == f"{path}, line {line}"


def test_a_missing_recording_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened"):
        list(read_inputs(tmp_path / "none.ndjson"))


def test_a_folder_with_another_rehearsal_is_refused(folder: Path) -> None:
    rehearsal.record(story.story(), folder)
    rehearsal.record(story.story(), folder)
    with pytest.raises(UsageError, match="another rehearsal"):
        rehearsal.record(story.story()[:-1], folder)
    assert list(read_inputs(folder / "inputs.ndjson")) == story.story()
