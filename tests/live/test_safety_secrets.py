"""What others may get hold of tells nothing: captured traffic, databases, logs, a terminal's disk.

People who do not exist travel up and down, good records and bad ones, over a network that keeps every byte.
Then everything is searched for them, in every form in which a program might have written them. And no key but
the right one opens what was sealed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec
import psycopg
import pytest
import sqlalchemy as sa

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant
from sim.base.node import NodeId
from sim.drivers.live import wire
from sim.drivers.live.ministry import exporting, issuing
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.network import Network, Settings
from sim.drivers.live.network import capture as captures
from sim.drivers.live.terminal import settings as terminals
from sim.drivers.live.terminal.station import Station
from sim.drivers.topology import MINISTRY, places_of
from sim.exchange.envelope import EnvelopeCode, Unopened, open_sealed
from sim.exchange.examples import RECORDS
from sim.exchange.records import AnyRecord, MunicipalityNotice, MunicipalityTransmission
from sim.nodes.ministry import MinistryState
from sim.stores.arrivals import Arrivals, Upload
from sim.stores.database import Database, open_database
from sim.stores.sql import SqlStore
from sim.stores.vault import KeyVault
from tests.live.endpoint import SERVER, Endpoint, Kit
from tests.live.served import Served
from tests.live.terminal.rig import CODE, System, people, wait_for

OTHER: Final = "131130"
CODES: Final = (CODE, OTHER)
# In DER, what a sealed batch begins with: the type of EnvelopedData (RFC 5652, 6).
ENVELOPED: Final = bytes.fromhex("06092a864886f70d010703")

UP: Final = {
    "name": "ZEPHYRINE QUILLFEATHER",
    "name_kanji": "金糸雀霧子",
    "alias": "翡翠谷琥珀",
    "address": "東京都新宿区瑠璃鳥町七丁目七番七号",
    "previous_address": "大阪府大阪市北区翠玉通九丁目",
    "card_number": "QX70717273ZK",
    "birth_date": "1943-11-07",
}
DOWN: Final = {
    "name": "OBERONDA MOONWHISTLE",
    "name_kanji": "白鷺瑞穂",
    "card_number": "QW80818283ZJ",
    "birth_date": "1943-12-19",
}
# In records that are wrong just there, and in what is no record or request at all.
WRONG: Final = {
    "nationality": "GOLDENORIOLE",
    "card_number": "KANARIENVOGEL",
    "sex": "SPOTTEDLARK",
    "file": "GARGOYLETTE TWILIGHTMERE",
    "path": "NIGHTINGALESONG",
    "body": "HUMMINGBIRDWALTZ",
}
CANARIES: Final = (*UP.values(), *DOWN.values(), *WRONG.values())


# --- people -----------------------------------------------------------------------------------------------
def noted(endpoint: Endpoint, **items: Any) -> MunicipalityNotice:
    """A notice about somebody who does not exist."""
    seeded: dict[str, Any] = {**UP, "birth_date": date.fromisoformat(UP["birth_date"]), **items}
    card = seeded.pop("card_number")
    return msgspec.structs.replace(endpoint.notice(**seeded), card_number=card)


def transmitted(code: str) -> MunicipalityTransmission:
    """The same person's filing."""
    (found,) = RECORDS["municipality_transmission"]
    assert isinstance(found, MunicipalityTransmission)
    return msgspec.structs.replace(
        found,
        record_id=f"{code}-00000901",
        event_date=date(2024, 4, 1),
        filed_date=date(2024, 4, 2),
        name=UP["name"],
        name_kanji=UP["name_kanji"],
        birth_date=date.fromisoformat(UP["birth_date"]),
        residence=UP["address"],
        previous_residence=UP["previous_address"],
        card_number=UP["card_number"],
    )


def wrong(endpoint: Endpoint) -> tuple[AnyRecord, ...]:
    """Records that are refused just for what must not be told."""
    return tuple(noted(endpoint, **{item: WRONG[item]}) for item in ("nationality", "card_number", "sex"))


def decision(of: str, card: str) -> dict[str, str]:
    """The agency gives the person another name and card."""
    told = {**DOWN, "card_number": card, "card_number_before": UP["card_number"]}
    if of == CODE:
        told["card_number_before"] = own_card(UP["card_number"])
    return {"type": "Decide", "case": f"case-{of}", "ref": f"P{of}", "reason": "card_reissued", **told}


def own_card(card: str) -> str:
    """Two people never have one card: the terminal's person has the number's neighbour."""
    return f"{card[:-4]}9{card[-3:]}"


# --- looking ----------------------------------------------------------------------------------------------
def forms(canary: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a program might have written it."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp932"):
        raw = canary.encode(encoding)
        yield encoding, raw
        yield f"{encoding}, hex", raw.hex().encode()
        yield f"{encoding}, HEX", raw.hex().upper().encode()
        for shift in range(3):  # base64 depends on where in its group of three bytes the text begins
            text = base64.b64encode(bytes(shift) + raw)
            inner = text[4 if shift else 0 : len(text) - 4 if (shift + len(raw)) % 3 else len(text)]
            yield f"{encoding}, base64", inner
            yield f"{encoding}, base64url", inner.replace(b"+", b"-").replace(b"/", b"_")
    yield "percent", quote(canary).encode()
    yield "json", json.dumps(canary)[1:-1].encode()
    if canary[:4].isdigit():
        yield "digits", canary.replace("-", "").encode()
        yield "slashes", canary.replace("-", "/").encode()


FORMS: Final = tuple((canary, form, raw) for canary in CANARIES for form, raw in forms(canary))


def found_in(places: dict[str, bytes]) -> list[str]:
    """Where a canary sings, and which."""
    return [
        f"{place}: {canary} ({form})"
        for place, content in places.items()
        for canary, form, raw in FORMS
        if raw in content
    ]


class Haystack:
    """All that was on disks at any time; a place's content of each look is kept."""

    def __init__(self) -> None:
        self.places: dict[str, bytes] = {}

    def look(self, name: str, folder: Path, *without: str) -> None:
        """Every file of a folder, but for the folders that hold secrets by design."""
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if inside.parts[0] not in without and path.is_file():
                self.take(f"{name}/{inside}", path.read_bytes())

    def take(self, name: str, content: bytes) -> None:
        if self.places.get(name, b"")[-len(content) :] != content:
            self.places[name] = self.places.get(name, b"") + content

    def dump(self, url: str) -> None:
        """Every row of every table of a PostgreSQL database, as it travels and as text."""
        at = sa.make_url(url)
        options, host = str(at.query["options"]), str(at.query["host"])
        with psycopg.connect(host=host, user=at.username, dbname=at.database, options=options) as server:
            rows = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            tables = [row[0] for row in rows]
            assert {"kept", "journal", "state", "outbox", "block"} <= set(tables)
            for table in tables:
                for form in ("binary", "text"):
                    with server.cursor().copy(f"COPY {table} TO STDOUT (FORMAT {form})".encode()) as copy:
                        self.take(f"postgresql/{table}.{form}", b"".join(bytes(piece) for piece in copy))


# --- the stand --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder with all keys, made once."""
    place = issuing.make(tmp_path_factory.mktemp("made") / "server", dict.fromkeys(CODES, ""), processes=1)
    return place.folder


@contextmanager
def network(port: int, folder: Path) -> Iterator[Network]:
    """The network before the server, in a thread; it keeps every byte."""
    raw = {"ministry": f"127.0.0.1:{port}", "codes": list(CODES), "defaults": {"capture": True}}
    folder.mkdir()
    ready: queue.SimpleQueue[tuple[Network, asyncio.AbstractEventLoop, asyncio.Event]] = queue.SimpleQueue()

    async def run() -> None:
        stop = asyncio.Event()
        async with Network(Settings.model_validate(raw), folder) as one:
            ready.put((one, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    one, loop, stop = ready.get(timeout=30)
    try:
        yield one
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


@contextmanager
def terminal(kit: Path, address: tuple[str, int], folder: Path) -> Iterator[System]:
    """The terminal of a kit, at work in a thread."""
    (kit / terminals.SETTINGS).write_text(
        f'code = "{kit.name}"\n[server]\nurl = "https://{address[0]}:{address[1]}"\nname = "{SERVER}"\n'
        "patience = 5\nwait = 1\nlongest_pause = 0.5\n[schedule]\nper_event = true\n[folders]\nevery = 0.05\n"
    )
    place = terminals.make(folder, kit, people())
    with Station(place) as station:
        thread = threading.Thread(target=station.run)
        thread.start()
        try:
            yield System(place.exchange, place.keys / terminals.PLACE_KEY)
        finally:
            station.stop()
            thread.join(30)


def command(server: Served, token: str, body: dict[str, str]) -> None:
    """The agency decides."""
    headers = {"Authorization": f"Bearer {token}", wire.KEY: body["case"]}
    with httpx.Client(trust_env=False) as client:
        response = client.post(f"{server.admin}/commands", headers=headers, json=body)
    assert response.json()["ok"], response.text


# --- what happens -------------------------------------------------------------------------------------------
def by_the_client(one: Endpoint, server: Served, token: str) -> list[bytes]:
    """Good and bad records up, the agency's notice down; one half sent, one fetched and not confirmed."""
    one.exchange(msgspec.structs.replace(noted(one), person_ref=f"P{OTHER}"), *wrong(one))
    one.exchange(transmitted(OTHER), business="residence")
    assert sorted(result.outcome for result in one.told.values()).count("rejected") == len(wrong(one))
    for path in (f"/v1/{WRONG['path']}", f"/v1/batches/{WRONG['path']}"):
        assert one.ask("", "GET", path)[0] == 404
    said = {wire.KEY: "message-1", wire.REF: "message-1"}
    status, _, _ = one.ask("", "POST", "/v1/messages", said, json.dumps({"type": WRONG["body"]}).encode())
    assert status == 400
    command(server, token, decision(OTHER, DOWN["card_number"]))
    one.exchange(noted(one, card_number="QX70717274ZK"))
    assert [notice.name for notice in one.notices] == [DOWN["name"]]
    half = one.make(noted(one, card_number="QX70717275ZK"))
    begin = {wire.KEY: half.ref, wire.REF: half.ref, wire.UPLOAD_LENGTH: str(len(half.sealed))}
    assert one.ask("", "POST", "/v1/uploads", begin)[0] == 201
    path, first = f"/v1/uploads/{half.ref}", half.sealed[: len(half.sealed) // 2]
    assert one.ask("", "PATCH", path, {wire.UPLOAD_OFFSET: "0"}, first)[0] == 200
    last = one.make(noted(one, card_number="QX70717276ZK"), business="residence")
    one.upload(last)
    one.decided(last)
    status, _, content = one.ask("", "GET", "/v1/outbox?wait=20")
    (waiting,) = msgspec.json.decode(content, type=list[wire.Waiting])
    return [*(sent.sealed for sent in one.sent), one.download(waiting)]


def by_the_terminal(
    one: Endpoint, system: System, server: Served, token: str, look: Callable[[], None]
) -> None:
    """The same through a terminal's folders, with a file that it has to put into quarantine."""

    def told(*records: AnyRecord) -> bool:
        look()
        system.collect()
        return {record.record_id for record in records} <= system.outcomes().keys()

    mine = noted(one, card_number=own_card(UP["card_number"]))
    up = (msgspec.structs.replace(mine, person_ref=f"P{CODE}"), *wrong(one))
    system.drop(1, *up)
    system.drop(2, content=f"H,this is no batch of {WRONG['file']}\r\n".encode())
    wait_for(lambda: told(*up), 60)
    wait_for(lambda: bool(system.names("quarantine")), 60)
    command(server, token, decision(CODE, own_card(DOWN["card_number"])))
    again = noted(one, card_number="QX70717279ZK")
    system.drop(2, again)
    wait_for(lambda: told(again) and bool(system.notices), 60)
    assert [getattr(notice, "name", "") for notice in system.notices] == [DOWN["name"]]
    wait_for(
        lambda: not waiting_down(server, CODE), 60
    )  # its files come before the server hears that it has them


def waiting_down(server: Served, code: str) -> int:
    """How much a municipality has not fetched, or not said that it has."""
    with httpx.Client(trust_env=False) as client:
        overview = client.get(f"{server.admin}/overview").json()
    (waiting,) = (one["waiting"] for one in overview["municipalities"] if one["code"] == code)
    return int(waiting)


@pytest.mark.real_peer
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_of_a_person_is_on_the_wire_or_on_any_disk(
    kind: str,
    made: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("peer", "openssl")
    assert shutil.which("openssl"), "openssl is not installed"
    caplog.set_level(logging.DEBUG)
    url: str | None = request.getfixturevalue("postgresql")() if kind == "postgresql" else None
    place = folders.read(shutil.copytree(made, tmp_path / "server"))
    kits = {code: place.folder / folders.KITS / code for code in CODES}
    hay = Haystack()

    def look() -> None:
        hay.look("server", place.folder, folders.KEYS, folders.KITS)
        hay.look("terminal", tmp_path / "terminal", terminals.KEYS)
        if url is not None:
            hay.dump(url)

    with Served(place.folder, url) as server, network(server.port, tmp_path / "net") as lines:
        endpoints = {}
        for code in CODES:
            host, port = lines.address(code)
            endpoints[code] = Endpoint(Kit.read(kits[code]), lambda port=port: port, host)  # type: ignore[misc]
        other = endpoints[OTHER]
        with closing(other):
            known = by_the_client(other, server, place.token())
        look()
        with terminal(kits[CODE], lines.address(CODE), tmp_path / "terminal") as system:
            files = tmp_path / "terminal" / "exchange"
            by_the_terminal(
                endpoints[CODE], system, server, place.token(), lambda: hay.look("terminal/exchange", files)
            )
            look()
        server.kill()
        look()
        held = left_behind(place, url, known[0])
        look()
    where = url or place.database
    exporting.export(place, where, tmp_path / "out" / "journal.ndjson", tmp_path / "out" / "audit.ndjson")
    look()
    hay.look("network", tmp_path / "net")
    hay.look("export", tmp_path / "out")
    hay.take("logs of terminal and network", caplog.text.encode())
    streams = captures.streams(captures.files(tmp_path / "net" / "capture"))

    whole_enough(hay, url, streams, known)
    hay.places |= {f"captured {key}": content for key, content in streams.items()}
    assert found_in(hay.places) == []
    nobody_else_opens([*known, *held], kits, tmp_path)
    assert not [name for name, content in hay.places.items() if ENVELOPED in content and "/kits/" not in name]
    no_other_database_key_opens(place, url, tmp_path)
    record_property("searched bytes", sum(map(len, hay.places.values())))


def left_behind(place: Place, url: str | None, sealed: bytes) -> list[bytes]:
    """What a server that dies after it answered leaves behind: a batch kept, pieces, sealed bytes."""
    database = open_database(url or place.database, key=place.store_key())
    try:
        arrivals, store = Arrivals(database), SqlStore(database, MINISTRY, MinistryState)
        peer = places_of(OTHER).terminal
        arrivals.keep([Upload(peer, "late", "late", "", sealed)], Instant(time.time_ns() // 1000))
        (kept,) = arrivals.undecided()
        down = [
            arrivals.sealed_bytes(MINISTRY, send.n)
            for send in store.outbox(peer)
            if arrivals.sealed(MINISTRY, send.n) is not None
        ]
        assert len(down) == 1
        assert [partial.received > 0 for partial in arrivals.partials(peer)] == [True]
        return [kept.sealed, *down]
    finally:
        database.dispose()


def whole_enough(
    hay: Haystack, url: str | None, streams: dict[tuple[str, int, bool], bytes], known: list[bytes]
) -> None:
    """The search finds what is there, and it was given everything there is."""
    for canary in CANARIES:
        for form, raw in forms(canary):
            assert found_in({"here": b"\0before" + raw + b"after\0"}), (canary, form)
    for part in (
        "server/server.log",
        "network/journal.ndjson",
        "export/journal.ndjson",
        "export/audit.ndjson",
    ):
        assert hay.places[part], part
    for part in ("server/ministry.sqlite-wal",) if url is None else ("postgresql/kept.binary",):
        assert len(hay.places[part]) > 5_000, part
    assert any(name.startswith("terminal/terminal.sqlite") for name in hay.places)
    for part in ("terminal/exchange/quarantine/", "terminal/exchange/outbox/", "terminal/exchange/result/"):
        assert any(name.startswith(part) for name in hay.places), part
    assert {code for code, _, _ in streams} == set(CODES)
    assert sum(map(len, streams.values())) > sum(map(len, known))


# --- keys ---------------------------------------------------------------------------------------------------
def nobody_else_opens(blobs: list[bytes], kits: dict[str, Path], folder: Path) -> None:
    """A batch of one city cannot be opened with another city's key: neither by us nor by openssl."""
    stranger, owner = Kit.read(kits[CODE]), Kit.read(kits[OTHER])
    assert len(set(blobs)) >= 6
    for at, sealed in enumerate(blobs):
        assert ENVELOPED in sealed[:64]
        assert found_in({"a sealed batch": sealed}) == []
        opened = open_sealed(sealed, stranger.envelope, stranger.trust, date(2025, 4, 1))
        assert isinstance(opened, Unopened) and opened.code == EnvelopeCode.NOT_FOR_US
        for kit, named in ((stranger, True), (stranger, False)):
            assert openssl(kits[kit.code], sealed, folder / f"opened-{at}", named=named) is None
    ours = owner.open(blobs[-1])
    assert UP["card_number"].encode() not in ours and b",ISA-R" in ours
    assert openssl(kits[OTHER], blobs[-1], folder / "own", named=True)


def openssl(kit: Path, sealed: bytes, out: Path, *, named: bool) -> bytes | None:
    """What `openssl cms -decrypt` makes of it; `named`: as the recipient of the kit, else by its bare key."""
    name = kit.name
    key = kit / "envelope" / f"{name}.key.pem"
    who = ["-recip", str(kit / "envelope" / f"{name}.cert.pem")] if named else []
    done = subprocess.run(
        [
            "openssl",
            "cms",
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            "-out",
            str(out),
            *who,
            "-inkey",
            str(key),
        ],
        input=sealed,
        capture_output=True,
        timeout=60,
        check=False,
    )
    content = out.read_bytes() if out.exists() else b""
    return content if done.returncode == 0 and b"H,renkei" in content else None


def no_other_database_key_opens(place: Place, url: str | None, folder: Path) -> None:
    """The key of another server is refused; where that check is taken away, nothing opens all the same."""
    where, key = url or place.database, os.urandom(32)
    for wrong_key in (key, None):
        with pytest.raises(UsageError, match="key does not fit"):
            open_database(where, key=wrong_key).dispose()
    first = open_database(where, key=place.store_key())
    try:
        first.keep_setting("check", KeyVault(key).check)
    finally:
        first.dispose()
    database = open_database(where, key=key)
    try:
        for read in readings(database):
            with pytest.raises(HarnessError, match="does not open"):
                read()
    finally:
        database.dispose()


def readings(database: Database) -> list[Callable[[], object]]:
    """Everything that reads what was stored."""
    arrivals, store = Arrivals(database), SqlStore(database, MINISTRY, MinistryState)
    peer: NodeId = places_of(OTHER).terminal
    with database.reading() as cursor:
        # Of this peer: the keys of a terminal begin with what was drawn for its machine, and may come first.
        rows = cursor.execute("SELECT key, peer FROM kept WHERE decided_at IS NOT NULL").fetchall()
    decided = min(key for key, whose in rows if whose == peer)
    with database.reading() as cursor:
        ((n,),) = cursor.execute("SELECT n FROM sealed").fetchall()

    def remembered() -> object:
        with store.transaction() as transaction:
            return transaction.state.centre.all_usage()

    return [
        arrivals.undecided,
        lambda: arrivals.receipt(peer, decided),
        lambda: arrivals.sealed_bytes(MINISTRY, n),
        lambda: store.outbox(peer),
        remembered,
    ]
