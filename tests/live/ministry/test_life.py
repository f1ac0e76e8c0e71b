"""How a server begins and ends: readiness, a clean stop, a second one, a crash, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from renkei import compose
from sim.base.errors import Breach, HarnessError, RenkeiError, UsageError
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry import issuing
from sim.drivers.live.ministry import server as servers
from sim.drivers.live.ministry.exporting import export
from sim.drivers.live.ministry.folder import Place
from sim.nodes.terminal.export import check_export, read_export
from tests.live.ministry.stand import CODE, OTHER, Stand, copy, read, until
from tests.live.served import Served


# --- the end ------------------------------------------------------------------------------------------------
def test_a_request_under_way_is_finished_and_new_ones_are_told_that_the_server_stops(own: Stand) -> None:
    pid = folders.running(own.place.folder).pid
    with own.client() as client, own.raw(OTHER) as slow:
        assert client.get("/v1/profile").status_code == 200
        slow.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nRenkei-Ref: r\r\n")
        slow.sendall(b"Content-Length: 10\r\n\r\nhello")
        time.sleep(0.3)  # it is under way
        os.kill(pid, signal.SIGTERM)
        until(lambda: client.get("/v1/profile").status_code == 503)
        with own.client() as newcomer:
            answer = newcomer.get("/v1/profile")
        assert (answer.status_code, answer.json()["code"]) == (503, "STOPPING")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Connection"] == "close"
        with own.admin() as admin:
            assert "stops" in admin.get("/readyz").json()["reasons"][0]
        slow.sendall(b"world")
        assert read(slow, 10).startswith(b"HTTP/1.1 202 ")
    assert own.served.stop() == 0
    own.served.start()
    with own.client(OTHER) as client:
        assert not own.decided(client, "k")["ok"]


def test_who_waits_for_something_to_come_down_is_let_go_at_once(own: Stand) -> None:
    answers: list[httpx.Response] = []

    def wait() -> None:
        with own.client() as client:
            answers.append(client.get("/v1/outbox?wait=30"))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert own.served.stop() == 0
    thread.join(20)
    assert (answers[0].status_code, answers[0].json()) == (200, [])
    assert time.monotonic() - began < 15


def test_a_stopped_server_leaves_no_trace_of_running(own: Stand) -> None:
    assert folders.running(own.place.folder).port == own.served.port
    assert own.served.stop() == 0
    with pytest.raises(UsageError, match="does not run"):
        folders.running(own.place.folder)


# --- the beginning ------------------------------------------------------------------------------------------
def test_a_second_server_on_the_same_database_is_refused(own: Stand) -> None:
    with pytest.raises(HarnessError) as error:
        servers.serve(own.place, port=0, admin_port=0)
    assert str(own.place.folder / "ministry.sqlite") in str(error.value)
    with own.client() as client:
        assert client.get("/v1/profile").status_code == 200


def test_a_port_that_is_taken_is_told(made: Place, own: Stand, tmp_path: Path) -> None:
    other = copy(made, tmp_path / "other")
    with pytest.raises(HarnessError, match="cannot listen"):
        servers.serve(other, port=own.served.port, admin_port=0)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("keys/envelope/ISA.key.pem", "cannot read ISA.key.pem"),
        ("keys/tls/ISA.key.pem", "cannot read ISA.key.pem"),
        (f"keys/envelope/{CODE}.cert.pem", f"cannot read {CODE}.cert.pem"),
        ("keys/revoked.crl.pem", "revoked certificates cannot be read"),
        ("keys/store.key", "secret"),
        ("keys/command.token", "secret"),
        ("municipalities.csv", "allow-list cannot be read"),
        ("ministry.toml", "settings cannot be read"),
    ],
)
def test_a_file_that_is_missing_is_told_before_anybody_is_let_in(
    made: Place, tmp_path: Path, file: str, told: str
) -> None:
    place = copy(made, tmp_path / "server")
    (place.folder / file).unlink()
    with pytest.raises(UsageError, match=told):
        servers.serve(folders.read(place.folder), port=0, admin_port=0)


def test_another_key_opens_nothing_of_the_database(own: Stand) -> None:
    own.served.stop()
    (own.place.keys / "store.key").write_bytes(bytes(32))
    with pytest.raises(RenkeiError, match="key"):
        servers.serve(own.place, port=0, admin_port=0)


# --- a crash ------------------------------------------------------------------------------------------------
def test_what_was_kept_when_the_server_was_killed_is_decided_once_after_the_next_start(own: Stand) -> None:
    with own.client() as client:
        receipts = [own.post(client, f"k{n}", own.next_batch()).json() for n in range(30)]
        own.served.kill()
    own.served.start()
    own.served.settled()
    with own.client() as client:
        for n, receipt in enumerate(receipts):
            found = client.get(f"/v1/batches/k{n}").json()
            assert found["reply"]["ok"], found
            assert found["kept_at"] == receipt["kept_at"]
    assert own.usage()["batches_up"] == 30


# --- what it leaves behind ----------------------------------------------------------------------------------
def test_the_audit_log_tells_who_did_what_and_verifies(own: Stand, tmp_path: Path) -> None:
    with own.admin() as admin:
        admin.post("/commands", json={"type": "AskUsage"}, headers={"Idempotency-Key": "c7", **own.token})
        admin.post("/commands", json={"type": "AskUsage"}, headers={"Idempotency-Key": "c8"})
    at = own.place.folder / folders.KITS / CODE / "envelope"
    with own.client(tls=own.tls_of(at / f"{CODE}.cert.pem", at / f"{CODE}.key.pem")) as stranger:
        for _ in range(5):
            stranger.get("/v1/profile")
    told = export(own.place, own.place.database, tmp_path / "journal", tmp_path / "audit")  # it runs on
    assert own.served.stop() == 0
    data = (tmp_path / "audit").read_bytes()
    check_export(data, str(told["head"]))
    entries = read_export(data).entries
    assert [(one.what, one.subject) for one in entries] == [
        ("started", "3 municipalities"),
        ("key_used", "envelope"),
        ("key_used", "tls"),
        ("key_used", "store"),
        ("command", "AskUsage c7"),
        ("command_refused", "no token"),
        ("stranger_refused", "WRONG_USAGE"),  # once, however often he knocked
        ("exported", "journal and audit log"),
    ]
    lines = [json.loads(line) for line in (tmp_path / "journal").read_bytes().splitlines()]
    assert lines[-1]["data"]["hash"] == told["head"]
    assert any(line["kind"] == "usage_reported" for line in lines)
    after = export(own.place, own.place.database, tmp_path / "journal", tmp_path / "audit")
    assert [one.what for one in read_export((tmp_path / "audit").read_bytes()).entries][-2:] == [
        "stopped",
        "exported",
    ]
    with pytest.raises(Breach):
        check_export(data.replace(b"c7", b"c9"), str(told["head"]))
    with pytest.raises(Breach):
        check_export(data, str(after["head"]))


# --- the command line ---------------------------------------------------------------------------------------
def run(*words: object) -> Any:
    return CliRunner().invoke(compose(), [str(word) for word in words])


def test_a_folder_is_made_served_asked_revoked_exported_and_verified(tmp_path: Path) -> None:
    at = tmp_path / "ministry"
    done = run(
        "ministry", "init", at, "--codes", f"{CODE},{OTHER}", "--port", "9443", "--host", "ministry.test"
    )
    assert done.exit_code == 0, done.output
    assert 'url = "https://ministry.test:9443"' in (at / "kits" / CODE / "terminal.toml").read_text()
    assert {path.stat().st_mode & 0o077 for path in (at / "keys").rglob("*")} == {0}
    assert {path.stat().st_mode & 0o077 for path in (at / "kits").rglob("*")} == {0}
    with Served(at) as served:
        asked = run("ministry", "command", at, '{"type":"AskUsage","municipality":"131041"}', "--key", "c1")
        assert (asked.exit_code, json.loads(asked.output)["ok"]) == (0, True), asked.output
        unknown = run("ministry", "command", at, '{"type":"AskUsage","municipality":"999999"}')
        assert unknown.exit_code == 1
        assert isinstance(run("ministry", "command", at, "{}").exception, UsageError)
        assert run("ministry", "revoke", at, OTHER, "--reason", "ceased").exit_code == 0
        done = run("ministry", "export", at, "--json")
        told = json.loads(done.output)
        verified = run("ministry", "verify", told["audit"], "--head", told["head"])
        assert verified.exit_code == 0
        assert "entries of ministry" in verified.output
        assert served.stop() == 0
    assert isinstance(run("ministry", "command", at, '{"type":"AskUsage"}').exception, UsageError)
    Path(told["audit"]).write_bytes(b"something else")
    refusal = run("ministry", "verify", told["audit"]).exception
    assert isinstance(refusal, Breach)
    assert "no audit log" in str(refusal)
    assert "terminal" not in str(refusal)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("init", "DIR"), "said once"),
        (("init", "DIR", "--codes", "131040"), "131041"),
        (("init", "DIR", "--codes", "131041", "--codes-file", "x"), "said once"),
        (("init", "DIR", "--codes-file", "nowhere.csv"), "allow-list"),
        (("init", ".", "--codes", "131041"), "not empty"),
        (("serve", "DIR"), "settings cannot be read"),
        (("revoke", "DIR", CODE, "--reason", "cesed"), "ceased"),
        (("verify", "DIR/audit"), "cannot be read"),
        (("command", "DIR", "nothing"), "neither a command nor a file"),
    ],
)
def test_wrong_use_is_told_with_what_to_type(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    done = run("ministry", *(word.replace("DIR", str(tmp_path / "none")) for word in words))
    assert isinstance(done.exception, UsageError), done.output
    assert told in str(done.exception)


def test_identities_that_are_ready_are_taken_over(made: Place, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    for kind in ("authority", "envelope", "tls"):
        (ready / kind).mkdir(parents=True)
        for path in (made.keys / kind).iterdir():
            (ready / kind / path.name).write_bytes(path.read_bytes())
        for path in (made.folder / "kits" / CODE).glob(f"{kind}/{CODE}.*"):
            (ready / kind / path.name).write_bytes(path.read_bytes())
    (ready / "envelope" / f"{OTHER}.cert.pem").unlink()
    place = issuing.make(tmp_path / "new", {CODE: "", OTHER: ""}, ready=ready, kits=False, processes=1)
    name = f"{CODE}.cert.pem"
    assert (place.keys / "envelope" / name).read_bytes() == (made.keys / "envelope" / name).read_bytes()
    assert (place.keys / "envelope" / f"{OTHER}.cert.pem").exists()
    assert not (place.folder / "kits").exists()
    with Served(place.folder) as served, Stand(made, served).client() as client:
        assert client.get("/v1/profile").status_code == 200


def test_settings_with_a_wrong_key_name_the_nearest_right_one(made: Place, tmp_path: Path) -> None:
    for text, told in (
        ("[limits]\nlargest_bach = 1\n", "largest_batch"),
        ("[limits]\nlargest_batch = 1\n", "largest_batch"),
        ('[agency]\nprofiles = ["renkei-open/7"]\n', "renkei-open/1"),
        ("[limits\n", "not TOML"),
    ):
        copy_of = tmp_path / str(len(text))
        with pytest.raises(UsageError) as error:
            copy(made, copy_of, text)
        assert told in str(error.value)
