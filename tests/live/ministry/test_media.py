"""Media at the agency's end: what is refused and why, what is kept, what a kill leaves, what counts once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from sim.base import journal
from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.commands.ministry import ministry_app
from sim.drivers.folders import load_key, make_key
from sim.drivers.live.media import MEDIA_KEY, Refusal, read_batches, ref_of, write_batches
from sim.drivers.live.ministry import audit, exporting, issuing
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.wire import KEY, REF
from sim.exchange import pki
from sim.exchange.batch import DOWN, UP
from sim.exchange.envelope import Opened, open_sealed
from sim.exchange.folders import LABEL, Label, judge_medium, public_test_file
from sim.nodes.terminal.export import read_export
from tests.live.ministry.stand import CODE, OTHER, Stand, batch, copy
from tests.live.served import FORKS, Served

NIGHT = Instant(1_775_000_000_000_000)
DAY = Instant(NIGHT + 86_400_000_000)


def key_of(stand: Stand, code: str = CODE) -> bytes:
    """The key that a municipality was handed."""
    return load_key(stand.place.folder / folders.KITS / code / "keys" / MEDIA_KEY)


def ref(sequence: int, code: str = CODE) -> str:
    return f"{code}-ISA-01-{sequence:08d}"


def brought(
    stand: Stand,
    root: Path,
    number: int = 1,
    *sequences: int,
    created: Instant = NIGHT,
    code: str = CODE,
    direction: str = UP,
    key: bytes | None = None,
) -> Label:
    """A medium of a municipality, with its batches of these numbers."""
    root.mkdir(exist_ok=True)
    sealed = {ref(one, code): stand.sealed(batch(code, one), code) for one in sequences or (1,)}
    return write_batches(root, key or key_of(stand, code), code, direction, number, created, sealed)


def job(stand: Stand, what: str, root: Path, code: str = CODE, **more: str) -> dict[str, Any]:
    """What the server says to a job."""
    with stand.admin() as admin:
        told = {"job": what, "municipality": code, "path": str(root), **more}
        answer = admin.post("/media", json=told, headers=stand.token)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def take(stand: Stand, root: Path, code: str = CODE) -> dict[str, Any]:
    return job(stand, "import", root, code)


def give(stand: Stand, root: Path, code: str = CODE, outage: str = "2026-4") -> dict[str, Any]:
    root.mkdir(exist_ok=True)
    return job(stand, "export", root, code, outage=outage)


def told(stand: Stand, at: Path) -> tuple[list[Line], list[tuple[str, str]]]:
    """The journal, and what the audit log says of media."""
    at.mkdir(exist_ok=True)
    files = at / "journal.ndjson", at / "audit.ndjson"
    exporting.export(stand.place, stand.place.database, *files)
    export = read_export(files[1].read_bytes())
    assert export.sound
    media = [(one.what, one.subject) for one in export.entries if one.what.startswith("medium_")]
    return list(journal.read(files[0])), media


def count(lines: list[Line], kind: str) -> Counter[str]:
    return Counter(line.subject for line in lines if line.kind == kind)


def everything(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir()}


# --- what is refused ----------------------------------------------------------------------------------------
def unlabelled(stand: Stand, root: Path) -> None:
    brought(stand, root)
    (root / LABEL).unlink()


def not_ours(stand: Stand, root: Path) -> None:
    brought(stand, root, key=key_of(stand, OTHER))


def altered(stand: Stand, root: Path) -> None:
    brought(stand, root)
    label = (root / LABEL).read_bytes()
    (root / LABEL).write_bytes(label.replace(b'"sequence": 1', b'"sequence": 2'))


def foreign(stand: Stand, root: Path) -> None:
    brought(stand, root, direction=DOWN)


def skipped(stand: Stand, root: Path) -> None:
    brought(stand, root, 2)


def lacking(stand: Stand, root: Path) -> None:
    label = brought(stand, root, 1, 1, 2)
    (root / label.items[1].name).unlink()


def spoilt(stand: Stand, root: Path) -> None:
    label = brought(stand, root, 1, 1, 2)
    at = root / label.items[1].name
    at.write_bytes(at.read_bytes()[:-1] + b"x")


def infected(stand: Stand, root: Path) -> None:
    root.mkdir()
    write_batches(root, key_of(stand), CODE, UP, 1, NIGHT, {ref(1): public_test_file()})


def linked(stand: Stand, root: Path) -> None:
    label = brought(stand, root)
    shutil.move(root / label.items[0].name, root / "elsewhere")
    (root / label.items[0].name).symlink_to(root / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unlabelled, "MEDIUM_UNLABELLED"),
        (not_ours, "MEDIUM_FORGED"),
        (altered, "MEDIUM_FORGED"),
        (foreign, "MEDIUM_FOREIGN"),
        (skipped, "MEDIUM_EARLY"),
        (lacking, "MEDIUM_INCOMPLETE"),
        (spoilt, "MEDIUM_INCOMPLETE"),
        (infected, "INFECTED"),
        (linked, "LINK"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_a_medium_that_is_not_the_next_one_of_its_municipality_is_refused_whole(
    spoil: Any, said: str, stand: Stand, tmp_path: Path
) -> None:
    root = tmp_path / "medium"
    spoil(stand, root)
    before = everything(root)
    done = take(stand, root)
    assert (done["ok"], done["code"]) == (False, "medium_refused")
    assert f" {said}: " in done["detail"]
    assert everything(root) == before
    lines, media = told(stand, tmp_path / "told")
    assert not count(lines, "batch_accepted")
    assert not count(lines, "batch_rejected")
    assert media[-1] == (audit.MEDIUM_REFUSED, f"{CODE} up")


def test_a_medium_counts_once_and_one_before_it_not_any_more(own: Stand, tmp_path: Path) -> None:
    root, lost = tmp_path / "medium", tmp_path / "lost"
    brought(own, root, 1, 1, 2)
    shutil.copytree(root, tmp_path / "copy")
    brought(own, lost, 1, 1, 2, created=DAY)
    assert take(own, root) == {"ok": True, "code": "", "detail": "medium 1, files: 2"}
    assert list(root.iterdir()) == []
    again = take(own, tmp_path / "copy")
    assert "MEDIUM_USED" in again["detail"]
    stale = take(own, lost)
    assert "MEDIUM_STALE" in stale["detail"]
    assert len(everything(lost)) == len(everything(tmp_path / "copy")) == 3
    own.served.settled()
    lines, media = told(own, tmp_path / "told")
    assert count(lines, "batch_accepted") == {ref(1): 1, ref(2): 1}
    assert {line.data["manner"] for line in lines if line.kind == "batch_accepted"} == {"media"}
    assert media == [
        (audit.MEDIUM_TAKEN, f"{CODE} up 1, files: 2"),
        (audit.MEDIUM_REFUSED, f"{CODE} up"),
        (audit.MEDIUM_REFUSED, f"{CODE} up"),
    ]


@pytest.mark.parametrize("what", ["import", "export"])
def test_who_is_not_listed_or_was_taken_back_has_no_medium(what: str, own: Stand, tmp_path: Path) -> None:
    brought(own, tmp_path / "medium")
    done = job(own, what, tmp_path / "medium", "131130", outage="2026-4")
    assert (done["ok"], done["code"]) == (False, "not_listed")
    issuing.revoke(own.place, CODE, pki.Reason.KEY_COMPROMISE)
    done = job(own, what, tmp_path / "medium", outage="2026-4")
    assert (done["ok"], done["code"]) == (False, "revoked")


@pytest.mark.parametrize("what", ["import", "export"])
def test_a_folder_of_an_earlier_release_says_where_the_key_has_to_come_from(
    what: str, made: Place, tmp_path: Path
) -> None:
    place = copy(made, tmp_path / "server")
    (tmp_path / "medium").mkdir()
    key = place.keys / "media" / f"{CODE}.key"
    key.unlink()
    with Served(place.folder) as served:
        own = Stand(place, served)
        done = job(own, what, tmp_path / "medium", outage="2026-4")
        assert (done["ok"], done["code"]) == (False, "no_key")
        assert f"no key of media of {CODE}" in done["detail"]
        assert str(key) in done["detail"]
        assert "carried here by hand" in done["detail"]
        # A key that the terminal made for itself, carried here, is as good as one of a kit; but only ours.
        theirs = make_key(key)
        key.chmod(0o644)
        assert "open to others" in job(own, what, tmp_path / "medium", outage="2026-4")["detail"]
        key.chmod(0o600)
        brought(own, tmp_path / "theirs", key=theirs)
        assert take(own, tmp_path / "theirs")["ok"]


def test_each_municipality_has_a_key_of_its_own_that_its_kit_holds_too(made: Place) -> None:
    kept = [made.media_key(code) for code in made.allowed]
    assert len(set(kept)) == len(made.allowed)
    for code, key in zip(made.allowed, kept, strict=True):
        kit = made.folder / folders.KITS / code / "keys"
        assert load_key(kit / MEDIA_KEY) == key
        for path in (made.keys / "media", kit):
            assert path.stat().st_mode & 0o777 == 0o700
            assert all(one.stat().st_mode & 0o777 == 0o600 for one in path.iterdir())


def test_without_an_outage_a_medium_or_anything_that_waits_nothing_is_handed_over(
    own: Stand, tmp_path: Path
) -> None:
    assert give(own, tmp_path / "m")["code"] == "nothing_waits"
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
        assert give(own, tmp_path / "m", outage="")["code"] == "no_outage"
        assert job(own, "export", tmp_path / "nowhere", outage="x")["code"] == "no_medium"
        assert job(own, "import", tmp_path / "nowhere")["code"] == "no_medium"
        brought(own, tmp_path / "theirs")
        before = everything(tmp_path / "theirs")
        done = give(own, tmp_path / "theirs")
        assert done["code"] == "medium_in_use"
        assert LABEL in done["detail"]
        assert everything(tmp_path / "theirs") == before
        assert list((tmp_path / "m").iterdir()) == []
        assert len(client.get("/v1/outbox").json()) == 1


def test_a_medium_that_cannot_be_written_leaves_everything_to_the_line(
    made: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with doomed("write_batches", "sqlite", made, tmp_path, request) as own, own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
        (waiting,) = client.get("/v1/outbox").json()
        done = give(own, tmp_path / "m")
        assert (done["ok"], done["code"]) == (False, "not_written")
        assert "wait for the line again" in done["detail"]
        own.served.kill()
        own.served.start()
        assert give(own, tmp_path / "m")["detail"] == "medium 1, files: 1"
        assert client.get("/v1/outbox").json() == []
        lines, media = told(own, tmp_path / "told")
    assert count(lines, "batch_delayed") == count(lines, "batch_sent") == {waiting["ref"]: 1}
    assert [what for what, _ in media] == [audit.MEDIUM_WRITTEN]


def test_only_an_empty_folder_becomes_a_medium_and_says_what_lies_in_another(
    own: Stand, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    (full / "zeitung.txt").write_text("mine too")
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
        (waiting,) = client.get("/v1/outbox").json()
        # Nothing of a medium was begun, so what looks like a part of one is somebody else's.
        (tmp_path / "part").mkdir()
        (tmp_path / "part" / f"{waiting['ref']}.csv.box.part").touch()
        for root, first in ((full, "notes.txt"), (tmp_path / "part", waiting["ref"])):
            before = everything(root)
            done = give(own, root)
            assert (done["ok"], done["code"]) == (False, "medium_not_empty")
            assert f"found '{first}" in done["detail"]
            assert "give an empty one" in done["detail"]
            assert everything(root) == before
        assert len(client.get("/v1/outbox").json()) == 1
    brought(own, full)
    assert take(own, full)["ok"]
    assert sorted(everything(full)) == ["notes.txt", "zeitung.txt"]


def test_media_are_logged_and_counted_with_their_number_files_and_outage(own: Stand, tmp_path: Path) -> None:
    assert give(own, tmp_path / "d")["code"] == "nothing_waits"
    brought(own, tmp_path / "u", 1, 1, 2)
    shutil.copytree(tmp_path / "u", tmp_path / "again")
    assert take(own, tmp_path / "u")["ok"]
    own.served.settled()
    assert not take(own, tmp_path / "again")["ok"]
    assert give(own, tmp_path / "d")["ok"]
    said = [json.loads(line) for line in own.served.said().splitlines() if '"medium_' in line]
    assert [{name: one[name] for name in one if name not in ("at", "level")} for one in said] == [
        {"event": "medium_refused", "municipality": CODE, "direction": DOWN, "outage": "2026-4"}
        | {"code": "nothing_waits"},
        {"event": "medium_taken", "municipality": CODE, "direction": UP, "number": 1, "files": 2},
        {"event": "medium_refused", "municipality": CODE, "direction": UP, "number": 2}
        | {"code": "medium_refused", "found": ["MEDIUM_USED"]},
        {"event": "medium_written", "municipality": CODE, "direction": DOWN, "number": 1, "files": 2}
        | {"outage": "2026-4"},
    ]
    with own.admin() as admin:
        page = admin.get("/metrics").text
    assert [line for line in page.splitlines() if line.startswith("renkei_media_total")] == [
        f'renkei_media_total{{direction="{way}",outcome="{outcome}"}} 1.0'
        for way, outcome in ((UP, "taken"), (UP, "refused"), (DOWN, "written"), (DOWN, "refused"))
    ]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"job": "import"},
        {"job": "burn", "municipality": CODE, "path": "/tmp"},
        {"job": "import", "municipality": CODE, "path": 1},
        {"job": "import", "municipality": CODE, "path": "/tmp", "more": 1},
        {"job": "export", "municipality": CODE, "path": "/tmp", "outage": "x" * 101},
    ],
)
def test_what_is_no_job_for_a_medium_is_refused(stand: Stand, told: Any) -> None:
    with stand.admin() as admin:
        answer = admin.post("/media", json=told, headers=stand.token)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")
        assert admin.get("/media").status_code == 405


def test_without_the_token_no_medium_is_looked_at(own: Stand, tmp_path: Path) -> None:
    brought(own, tmp_path / "medium")
    asked = {"job": "import", "municipality": CODE, "path": str(tmp_path / "medium")}
    with own.admin() as admin:
        assert admin.post("/media", json=asked).status_code == 401
        assert admin.post("/media", json=asked, headers={"Authorization": "Bearer x"}).status_code == 401
    assert (tmp_path / "medium" / LABEL).exists()


def test_a_machine_in_anothers_place_counts_its_media_anew(own: Stand, tmp_path: Path) -> None:
    brought(own, tmp_path / "m", 1, 1)
    assert take(own, tmp_path / "m")["ok"]
    own.served.settled()
    assert give(own, tmp_path / "d1")["detail"].startswith("medium 1,")
    brought(own, tmp_path / "m", 2, 2)
    asked = {"type": "AskSequences", "since": NIGHT + 1}
    with own.client() as client:
        assert client.post("/v1/messages", json=asked, headers={KEY: "q", REF: "r"}).json()["ok"]
    assert "MEDIUM_EARLY" in take(own, tmp_path / "m")["detail"]
    # One of the machine before that never came bears the number that is due now.
    brought(own, tmp_path / "lost", 1, 1)
    assert "MEDIUM_STALE" in take(own, tmp_path / "lost")["detail"]
    brought(own, tmp_path / "m", 1, 2, created=DAY)
    assert take(own, tmp_path / "m")["ok"]
    own.served.settled()
    assert give(own, tmp_path / "d2")["detail"].startswith("medium 1,")


# --- what counts once ---------------------------------------------------------------------------------------
def test_a_batch_that_comes_by_medium_and_by_line_counts_once(own: Stand, tmp_path: Path) -> None:
    with own.client() as client:
        own.post(client, "first", own.sealed(batch(CODE, 1)))
        own.decided(client, "first")
        brought(own, tmp_path / "m", 1, 1, 2)
        assert take(own, tmp_path / "m")["ok"]
        own.post(client, "second", own.sealed(batch(CODE, 2)))
        assert own.decided(client, "second")["ok"]
    lines, _ = told(own, tmp_path / "told")
    assert count(lines, "batch_accepted") == {ref(1): 1, ref(2): 1}
    assert count(lines, "batch_repeated") == {ref(1): 1, ref(2): 1}
    assert not count(lines, "batch_rejected")
    assert own.usage()["batches_up"] == 2


def test_what_a_messenger_has_is_told_to_nobody_on_the_line(own: Stand, tmp_path: Path) -> None:
    with own.client() as client, own.client(OTHER) as other:
        for n in (1, 2):
            own.post(client, f"k{n}", own.next_batch())
            own.decided(client, f"k{n}")
        own.post(other, "k", own.next_batch(OTHER))
        own.decided(other, "k")
        (waiting,) = client.get("/v1/outbox").json()  # the second one waits behind it
        assert client.get("/v1/outbox/" + waiting["key"].replace(">", "%3E")).status_code == 200
        assert give(own, tmp_path / "m")["detail"] == "medium 1, files: 2"
        assert client.get("/v1/outbox").json() == []
        assert client.get("/v1/outbox/" + waiting["key"].replace(">", "%3E")).status_code == 404
        # The terminal had it, and says so late.
        receipt = client.post("/v1/outbox/" + waiting["key"].replace(">", "%3E") + "/receipt").json()
        assert receipt["code"] == "NOTHING_WAITS"
        assert len(other.get("/v1/outbox").json()) == 1
        assert give(own, tmp_path / "more")["code"] == "nothing_waits"
        own.post(client, "k3", own.next_batch())
        own.decided(client, "k3")
        assert len(client.get("/v1/outbox").json()) == 1  # the line goes on behind them
    lines, media = told(own, tmp_path / "told")
    assert max(count(lines, "batch_sent").values()) == 1
    assert len(count(lines, "batch_handed_over")) == len(count(lines, "batch_sent")) == 2
    assert media == [(audit.MEDIUM_WRITTEN, f"{CODE} down 1, files: 2, outage: 2026-4")]
    lying = {ref_of(name) for name in everything(tmp_path / "m") if name != LABEL}
    assert lying == set(count(lines, "batch_sent"))


def test_what_lies_on_a_medium_opens_for_its_municipality_alone(own: Stand, tmp_path: Path) -> None:
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
    assert give(own, tmp_path / "m")["ok"]
    read = read_batches(tmp_path / "m", key_of(own), CODE, DOWN, 1, frozenset())
    assert not isinstance(read, Refusal), read
    (one,) = read[1]
    trust = own.authority.certificate
    opened = open_sealed(one.sealed, own.identity(CODE), trust, date(2026, 4, 2))
    assert isinstance(opened, Opened)
    assert opened.content.startswith(b"H,renkei-open/")
    assert not isinstance(open_sealed(one.sealed, own.identity(OTHER), trust, date(2026, 4, 2)), Opened)


# --- kills --------------------------------------------------------------------------------------------------
def test_numbers_outlive_the_server(own: Stand, tmp_path: Path) -> None:
    brought(own, tmp_path / "m1", 1, 1)
    shutil.copytree(tmp_path / "m1", tmp_path / "copy")
    assert take(own, tmp_path / "m1")["ok"]
    own.served.settled()
    assert give(own, tmp_path / "d1")["detail"].startswith("medium 1,")
    own.served.kill()
    own.served.start()
    assert "MEDIUM_USED" in take(own, tmp_path / "copy")["detail"]
    brought(own, tmp_path / "m2", 2, 2)
    assert take(own, tmp_path / "m2")["ok"]
    own.served.settled()
    assert give(own, tmp_path / "d2")["detail"].startswith("medium 2,")


def _serve_until(point: str, folder: str, database: str | None, log: str) -> None:
    """A server that ends by SIGKILL at a point of its work with media, or whose medium fails there."""
    from sim.drivers.live.ministry import media as working
    from sim.drivers.live.ministry import server

    media: Any = working

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    if point in ("read_batches", "write_batches", "wipe_medium"):
        setattr(media, point, fail)
    elif point == "written":
        write = media.write_batches

        def write_and_die(*arguments: Any) -> Any:
            write(*arguments)
            die()

        media.write_batches = write_and_die
    else:
        where, name = {
            "begun": (media, "write_batches"),
            "read": (media.Media, "_keep"),
            "kept": (media, "wipe_medium"),
        }[point]
        setattr(where, name, die)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    server.serve(folders.read(Path(folder)), port=0, admin_port=0, database=database)


class Doomed(Served):
    """A server that will be killed at a point; the next one lives."""

    def __init__(self, folder: Path, point: str, database: str | None) -> None:
        super().__init__(folder, database)
        self._point = point

    def launch(self) -> None:
        if not self._point:
            super().launch()
            return
        (self.folder / folders.RUNNING).unlink(missing_ok=True)
        told = (self._point, str(self.folder), self.database, str(self._log))
        self._point = ""
        self._process = FORKS.Process(target=_serve_until, args=told, daemon=True)
        self._process.start()

    def died(self) -> None:
        """Waits until it is dead."""
        assert self._process is not None
        self._process.join(60)
        assert self._process.exitcode == -signal.SIGKILL


DATABASES = pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.real_peer)]
)


@contextmanager
def doomed(point: str, kind: str, made: Place, at: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    database = request.getfixturevalue("postgresql")() if kind == "postgresql" else None
    place = copy(made, at / "server")
    with Doomed(place.folder, point, database) as served:
        yield Stand(place, served)


def test_a_medium_that_fails_while_it_is_read_is_not_taken_in(
    made: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with doomed("read_batches", "sqlite", made, tmp_path, request) as own:
        brought(own, tmp_path / "m")
        done = take(own, tmp_path / "m")
        assert (done["ok"], done["code"]) == (False, "medium_refused")
        assert "Input/output error" in done["detail"]
        lines, _ = told(own, tmp_path / "told")
    assert "media_imported" not in {line.kind for line in lines}


def test_a_medium_that_cannot_be_wiped_is_taken_in_and_says_so(
    made: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with doomed("wipe_medium", "sqlite", made, tmp_path, request) as own:
        brought(own, tmp_path / "m")
        done = take(own, tmp_path / "m")
        assert done["ok"]
        assert "wipe it by hand" in done["detail"]
        assert "MEDIUM_USED" in take(own, tmp_path / "m")["detail"]


def killed(stand: Stand, what: str, root: Path) -> None:
    """The server dies of a job, and another one takes its place."""
    root.mkdir(exist_ok=True)
    with pytest.raises(httpx.TransportError):
        job(stand, what, root, outage="2026-4")
    assert isinstance(stand.served, Doomed)
    stand.served.died()
    stand.served.start()


@DATABASES
@pytest.mark.parametrize("point", ["begun", "written"])
def test_a_server_killed_while_it_writes_a_medium_writes_the_same_one_again(
    point: str, kind: str, made: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with doomed(point, kind, made, tmp_path, request) as own:
        with own.client() as client:
            own.post(client, "k1", own.next_batch())
            own.decided(client, "k1")
        killed(own, "export", tmp_path / "d1")
        with own.client() as client:
            assert client.get("/v1/outbox").json() == []  # it is the messenger's
            own.post(client, "k2", own.next_batch())
            own.decided(client, "k2")
            # What was begun is no reason to write over what is not of it.
            (tmp_path / "d1" / "notes.txt").touch()
            assert give(own, tmp_path / "d1")["code"] == "medium_not_empty"
            (tmp_path / "d1" / "notes.txt").unlink()
            brought(own, tmp_path / "d4", 1, 1, direction=DOWN)
            assert give(own, tmp_path / "d4")["code"] == "medium_in_use"
            # On the medium that was begun it goes on, whatever the killed server left there.
            lying = shutil.copytree(tmp_path / "d1", tmp_path / "d2")
            for name in everything(lying):
                (lying / f"{name}.part").write_bytes(b"half")
            done = give(own, tmp_path / "d2")
            assert done["ok"]
            assert "begun before" in done["detail"]
            label = labelled(own, tmp_path / "d2")
            assert set(everything(lying)) == {LABEL, *(one.name for one in label.items)}
            if point == "written":
                before = labelled(own, tmp_path / "d1")
                assert (before.id, before.sequence) == (label.id, label.sequence)
                assert [one.name for one in before.items] == [one.name for one in label.items]
            assert (label.sequence, len(label.items)) == (1, 1)
            assert len(client.get("/v1/outbox").json()) == 1  # what has come since
            assert give(own, tmp_path / "d3")["detail"] == "medium 2, files: 1"
        lines = list(journal.read(exported(own, tmp_path)))
    assert sorted(count(lines, "batch_sent").values()) == [1, 1]
    assert [line.data["sequence"] for line in lines if line.kind == "media_exported"] == [1, 2]


@DATABASES
@pytest.mark.parametrize(("point", "said"), [("read", ""), ("kept", "MEDIUM_USED")])
def test_a_server_killed_while_it_takes_a_medium_in_has_all_of_it_or_nothing(
    point: str, said: str, kind: str, made: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with doomed(point, kind, made, tmp_path, request) as own:
        brought(own, tmp_path / "m", 1, 1, 2, 3)
        killed(own, "import", tmp_path / "m")
        done = take(own, tmp_path / "m")
        assert done["ok"] is not bool(said)
        assert said in done["detail"]
        own.served.settled()
        brought(own, tmp_path / "m", 2, 4)
        assert take(own, tmp_path / "m")["ok"]
        own.served.settled()
        lines = list(journal.read(exported(own, tmp_path)))
    assert count(lines, "batch_accepted") == {ref(n): 1 for n in (1, 2, 3, 4)}
    assert not count(lines, "batch_repeated")


def exported(own: Stand, at: Path) -> Path:
    """The journal of a server."""
    where = own.served.database or own.place.database
    exporting.export(own.place, where, at / "j.ndjson", at / "a.ndjson")
    return at / "j.ndjson"


def labelled(stand: Stand, root: Path) -> Label:
    found = judge_medium((root / LABEL).read_bytes(), key_of(stand), CODE, DOWN, 1, ())
    assert isinstance(found, Label), found
    return found


# --- as it is typed -----------------------------------------------------------------------------------------
def typed(*words: object) -> tuple[int, str]:
    """Exit code and output of one command."""
    result = CliRunner().invoke(ministry_app, [str(word) for word in words])
    if isinstance(result.exception, UsageError):
        raise result.exception
    return result.exit_code, result.output


def test_both_commands_say_what_came_of_it(own: Stand, tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    brought(own, up)
    down.mkdir()
    at = own.place.folder
    assert typed("import-media", at, CODE, up) == (0, "import-media done: medium 1, files: 1\n")
    code, said = typed("import-media", at, CODE, up)
    assert code == 1
    assert said.startswith("import-media refused: medium_refused: medium/renkei-label.json MEDIUM_UNLABELLED")
    own.served.settled()
    assert typed("export-media", at, CODE, down, "--outage", "2026-4") == (
        0,
        "export-media done: medium 1, files: 1\n",
    )
    assert typed("export-media", at, CODE, up)[0] == 2  # an outage has to be named


def test_a_server_that_does_not_run_is_told_how_to_start_it(made: Place, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not run") as raised:
        typed("import-media", made.folder, CODE, tmp_path)
    assert "renkei ministry serve" in str(raised.value)
