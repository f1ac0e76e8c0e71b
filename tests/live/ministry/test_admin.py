"""The operators' side: health, readiness, figures, overview, commands with their token, logs."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
import msgspec
import pytest

from sim.base.instant import parse_iso
from sim.drivers.live import wire
from sim.drivers.live.wire import KEY
from sim.exchange import batch as batches
from sim.exchange.examples import example
from tests.live.ministry.stand import CODE, OTHER, PROFILE, Stand, until

SECRET = "CANARY-4711"


def notices(stand: Stand) -> tuple[bytes, list[str]]:
    """A batch of notices about persons, sealed, and what of them must be seen nowhere."""
    header, records = example("municipality_notice", PROFILE)
    content = batches.encode(msgspec.structs.replace(header, sender=CODE), records, PROFILE)
    told = ("name", "name_kanji", "alias", "address", "card_number")
    values = {getattr(record, item, "") for record in records for item in told} - {""}
    assert len(values) > 3
    return stand.sealed(content), sorted(values)


def command(stand: Stand, body: Any, key: str = "c1", **headers: str) -> httpx.Response:
    with stand.admin() as admin:
        return admin.post("/commands", json=body, headers={KEY: key, **stand.token, **headers})


def test_health_readiness_and_figures_are_there_and_nothing_else(stand: Stand) -> None:
    with stand.admin() as admin:
        assert admin.get("/healthz").json()["ok"]
        assert admin.get("/readyz").json() == {"ok": True, "reasons": []}
        assert admin.get("/metrics").headers["Content-Type"].startswith("text/plain")
        assert admin.get("/v1/profile").status_code == 404
        assert admin.post("/healthz").status_code == 405
        assert admin.get("/commands").status_code == 405


def test_a_page_of_a_browser_does_not_get_in_under_a_name_of_its_own(stand: Stand) -> None:
    with stand.admin() as admin:
        assert admin.get("/overview", headers={"Host": "attacker.example:80"}).status_code == 400


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Basic {}", "bearer {}", "Bearer {} ", "Bearer \xff"]
)
def test_a_command_without_the_token_is_refused_and_written_down(own: Stand, given: str) -> None:
    header = given.format(own.place.token()).encode("latin-1").rstrip()
    if header == f"Bearer {own.place.token()}".encode():
        header += b"x"
    with own.admin() as admin:
        answer = admin.post(
            "/commands", json={"type": "AskUsage"}, headers={KEY.encode(): b"c", b"Authorization": header}
        )
        assert (answer.status_code, answer.json()["ok"]) == (401, False)
    assert own.place.token() not in own.served.said()


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"type": "AskUsage"}, ""),
        ({"type": "NoSuchCommand"}, "c"),
        ({"type": "Carry", "peer": "x", "ref": "r", "content": ""}, "c"),
        ({"type": "PeriodOver", "ref": "r", "start": "2026-01-01"}, "c"),
        ({"type": "Decide", "case": "c"}, "c"),
        ({"type": "RollOut", "version": 1, "terminals": []}, "c"),
        ([], "c"),
    ],
)
def test_what_is_no_command_of_the_agency_is_refused(stand: Stand, body: Any, key: str) -> None:
    answer = command(stand, body, key)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")


def test_a_command_given_again_under_its_key_is_done_once(own: Stand) -> None:
    told = {"type": "RollOut", "version": "renkei-open/1.1", "terminals": [f"terminal-{CODE}"]}
    assert command(own, told).json()["ok"]
    assert command(own, told).json()["ok"]
    with own.client() as client:
        (waiting,) = client.get("/v1/outbox").json()
        assert waiting["body"] == {"type": "TakeVersion", "version": "renkei-open/1.1"}
        assert client.get("/v1/outbox/" + waiting["key"].replace(">", "%3E")).status_code == 404
        taken = {"type": "VersionTaken", "version": "renkei-open/1.1"}
        assert client.post("/v1/messages", json=taken, headers={KEY: "v", "Renkei-Ref": "r"}).json()["ok"]
        assert client.post("/v1/outbox/" + waiting["key"].replace(">", "%3E") + "/receipt").json()["ok"]
        assert client.get("/v1/outbox").json() == []


def test_what_the_agency_decides_goes_down_with_the_answer_to_the_next_exchange(own: Stand) -> None:
    opened = {"type": "OpenMinistry", "holders": [["AB12345678CD", "p1", CODE]]}
    assert command(own, opened, "open").json()["ok"]
    decided = {
        "type": "Decide",
        "case": "c1",
        "ref": "p1",
        "reason": "revoked",
        "card_number_before": "AB12345678CD",
        "decided_date": "2026-04-01",
    }
    reply = command(own, decided, "decide").json()
    assert reply["ok"], reply
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
    assert own.usage()["records_down"] == 2  # the answer and the notice


def test_the_overview_adds_up(own: Stand) -> None:
    with own.client() as client, own.client(OTHER) as other, own.admin() as admin:
        for n in range(3):
            own.post(client, f"k{n}", own.next_batch())
        own.post(other, "bad", b"hello")
        own.decided(client, "k2")
        own.decided(other, "bad")
        fault = {"type": "ReportFault", "municipality": OTHER, "place": "disk", "fault": "failed"}
        assert command(own, fault, "f").json()["ok"]

        def look() -> wire.Overview:
            return msgspec.json.decode(admin.get("/overview").content, type=wire.Overview)

        until(lambda: look().decided == 4 and len(look().faults) == 1)
        seen = look()
    assert (seen.ready, seen.kept, seen.oldest_kept_s) == (True, 0, 0.0)
    assert seen.faults[0][:3] == (OTHER, "disk", "failed")
    parse_iso(seen.faults[0][3])
    by_code = {one.code: one for one in seen.municipalities}
    assert list(by_code) == list(own.place.allowed)
    assert (by_code[CODE].batches_up, by_code[CODE].waiting, by_code[CODE].refused) == (3, 1, 0)
    assert (by_code[OTHER].batches_up, by_code[OTHER].refused, by_code[OTHER].last) == (0, 1, "")
    assert seen.waiting_down == sum(one.waiting for one in seen.municipalities)


def test_figures_name_routes_statuses_and_codes_and_nothing_that_a_caller_wrote(own: Stand) -> None:
    with own.client() as client, own.admin() as admin:
        own.post(client, SECRET, own.next_batch(), **{"Renkei-Ref": SECRET})
        own.decided(client, SECRET)
        client.get(f"/v1/{SECRET}")
        page = admin.get("/metrics").text
    assert SECRET not in page
    assert f'renkei_batches_total{{municipality="{CODE}",outcome="accepted"}} 1.0' in page
    assert 'renkei_requests_total{route="POST /v1/batches",status="202"} 1.0' in page
    assert "renkei_kept 0.0" in page
    assert 'renkei_refused_total{code="NOT_FOUND"} 1.0' in page


def test_logs_are_json_lines_without_anything_that_a_caller_wrote(own: Stand) -> None:
    content, persons = notices(own)
    with own.client() as client:
        own.post(client, SECRET, content, **{"Renkei-Ref": SECRET})
        own.decided(client, SECRET)
        client.get(f"/v1/{SECRET}?{SECRET}")
        client.post("/v1/messages", content=SECRET, headers={KEY: SECRET, "Renkei-Ref": SECRET})
    own.said(f"GET /{SECRET} HTTP/1.1 \r\nX: \x01{SECRET}\r\n\r\n".encode())
    assert own.served.stop() == 0
    said = [line for line in own.served.said().splitlines() if not line.startswith("renkei: ")]
    events = [json.loads(line) for line in said]
    assert SECRET not in own.served.said()
    for value in persons:
        assert value not in own.served.said()
    assert own.place.token() not in own.served.said()
    assert {event["event"] for event in events} >= {"listening", "request", "stopped"}
    asked = next(event for event in events if event.get("route") == "POST /v1/batches")
    assert (asked["caller"], asked["status"]) == (CODE, 202)


def test_the_database_holds_nothing_in_plain_of_what_was_sent(own: Stand) -> None:
    content, persons = notices(own)
    with own.client() as client:
        own.post(client, "k", content)
        own.decided(client, "k")
        (waiting,) = client.get("/v1/outbox").json()
        client.get("/v1/outbox/" + waiting["key"].replace(">", "%3E"))
    own.served.kill()
    stored = b"".join(path.read_bytes() for path in own.place.folder.glob("ministry.sqlite*"))
    assert len(stored) > 10_000
    for canary in (*(value.encode() for value in persons), content[100:160], b"H,renkei-open"):
        assert canary not in stored
    assert oct(os.stat(own.place.keys / "store.key").st_mode & 0o777) == "0o600"
