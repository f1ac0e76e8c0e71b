"""Batches over the wire: bad inputs of the exchange, forms, keys used again, answers that wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sim.base.instant import instant
from sim.drivers.live import wire
from sim.drivers.live.wire import CAUSE, CLOCK, DIGEST, KEY, PREFER, PROFILE, REF
from sim.exchange import pki
from sim.exchange.batch import DOWN
from sim.exchange.envelope import Opened, open_sealed, seal
from sim.exchange.pki import Usage
from tests.live.ministry.stand import CODE, OTHER, Stand, batch

XML = b'<?xml version="1.0" encoding="UTF-8"?>'


def changed(old: bytes, new: bytes) -> bytes:
    """A batch of which something was changed after its digest was made."""
    content = batch()
    assert old in content
    return content.replace(old, new, 1)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "EMPTY"),
    "no UTF-8": (lambda: b"\xff\xfe" + batch(), "NOT_UTF8"),
    "a byte order mark": (lambda: b"\xef\xbb\xbf" + batch(), "BYTE_ORDER_MARK"),
    "a NUL": (lambda: changed(b"renkei-open/1", b"renkei-open/1\0"), "NUL"),
    "no batch": (lambda: b"hello\r\n", ""),
    "no trailer": (lambda: batch().split(b"\r\n")[0] + b"\r\n", "TRUNCATED"),
    "something behind the trailer": (lambda: batch() + b"X\r\n", ""),
    "an altered digit": (lambda: changed(b"2026", b"2025"), "DIGEST_MISMATCH"),
    "another number of records": (lambda: batch(count=1), "COUNT_MISMATCH"),
    "an unknown profile": (lambda: batch(profile="renkei-open/99"), "UNKNOWN_PROFILE"),
    "an unknown business": (lambda: batch(business="99"), "UNKNOWN_BUSINESS"),
    "the other direction": (lambda: batch(direction=DOWN), "WRONG_DIRECTION"),
    "another recipient": (lambda: batch(recipient=OTHER), "WRONG_RECIPIENT"),
    "another sender": (lambda: batch(OTHER), "WRONG_SENDER"),
    "a number too far": (lambda: batch(sequence=3), "SEQUENCE_GAP"),
    "XML that is none": (lambda: XML + b"<batch>", ""),
    "XML with a document type": (lambda: XML + b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "XML_DTD"),
    "XML with an entity": (lambda: XML + b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', "XML_ENTITY"),
    "XML that is deep": (lambda: XML + b"<a>" * 300 + b"</a>" * 300, ""),
    "the public test file of antivirus programs": (lambda: b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", ""),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_batch_is_kept_and_then_rejected_with_its_code_and_harms_nothing(own: Stand, what: str) -> None:
    make, code = BAD[what]
    with own.client() as client:
        answer = own.post(client, "bad", own.sealed(make()))
        assert answer.status_code == 202
        reply = own.decided(client, "bad")
        assert not reply["ok"]
        assert reply["code"] == code or (not code and reply["code"])
        # The next good one is taken in as the first.
        own.post(client, "good", own.sealed(batch()))
        assert own.decided(client, "good")["ok"]
    used = own.usage()
    assert (used["batches_up"], used["refused"]) == (1, 1)


def envelopes(stand: Stand, at: Path) -> dict[str, tuple[bytes, str]]:
    """Envelopes that must not be opened, and by which reason."""
    good, me, agency = stand.sealed(batch()), stand.identity(CODE), stand.agency()
    root = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
    past = datetime(2020, 1, 1, tzinfo=UTC)
    old = pki.issue(
        stand.authority, CODE, 99, Usage.ENVELOPE, not_before=past, not_after=past + timedelta(days=1)
    )
    return {
        "no CMS": (b"hello", "NOT_CMS"),
        "plain": (batch(), ""),
        "cut short": (good[: len(good) * 2 // 3], ""),
        "a byte altered": (good[:-40] + bytes([good[-40] ^ 1]) + good[-39:], "DAMAGED"),
        "another recipient's": (
            seal(batch(), me, pki.load_certificate(stand.place.keys / "envelope", OTHER)),
            "NOT_FOR_US",
        ),
        "a foreign authority's": (seal(batch(), pki.issue(root, CODE, 1, Usage.ENVELOPE), agency), ""),
        "expired": (seal(batch(), old, agency), "EXPIRED"),
        "sealed by a key for receiving only": (
            seal(batch(), pki.issue(stand.authority, CODE, 98, Usage.ENCRYPTION), agency),
            "",
        ),
        "sealed twice": (stand.sealed(good), ""),
        "with something behind": (good + b"\0" * 10, ""),
    }


def test_an_envelope_that_must_not_be_opened_is_rejected_and_the_reason_told(
    own: Stand, tmp_path: Path
) -> None:
    found = envelopes(own, tmp_path)
    with own.client() as client:
        for n, (what, (content, reason)) in enumerate(found.items()):
            assert own.post(client, f"k{n}", content).status_code == 202, what
            reply = own.decided(client, f"k{n}")
            assert not reply["ok"], what
            assert reply["code"] in ("NOT_OPENED", "SEALED"), what
            assert reason in reply["detail"], what
        own.post(client, "good", own.next_batch())
        assert own.decided(client, "good")["ok"]


def test_a_batch_sent_again_under_another_key_is_taken_in_once(own: Stand) -> None:
    content = own.next_batch()
    with own.client() as client:
        for key in ("k1", "k2"):
            own.post(client, key, content)
            assert own.decided(client, key)["ok"]
    assert own.usage()["batches_up"] == 1


def test_a_number_that_was_used_for_something_else_is_rejected(own: Stand) -> None:
    with own.client() as client:
        own.post(client, "k1", own.next_batch())
        other = own.sealed(batch(sequence=1, created_at=instant(date(2026, 4, 2))))
        own.post(client, "k2", other)
        assert own.decided(client, "k2")["code"] == "SEQUENCE_REUSED"


# --- keys ---------------------------------------------------------------------------------------------------
def test_the_same_upload_again_gets_the_same_receipt_kept_or_decided(own: Stand) -> None:
    content = own.next_batch()
    with own.client() as client:
        first = own.post(client, "k", content)
        own.decided(client, "k")
        again = own.post(client, "k", content)
        assert (first.status_code, again.status_code) == (202, 200)
        same = ("key", "ref", "digest", "size", "kept_at")
        assert [first.json()[name] for name in same] == [again.json()[name] for name in same]
        assert again.json()["reply"]["ok"]
    assert own.usage()["batches_up"] == 1


def test_a_key_that_stands_for_other_bytes_is_refused_and_changes_nothing(own: Stand) -> None:
    content = own.next_batch()
    with own.client() as client:
        own.post(client, "k", content)
        answer = own.post(client, "k", content + b"\0")
        assert (answer.status_code, answer.json()["code"]) == (422, "KEY_REUSED")
        assert own.decided(client, "k")["ok"]


def test_the_same_upload_many_times_at_once_is_kept_once(own: Stand) -> None:
    content, answers = own.next_batch(), []

    def upload() -> None:
        with own.client() as client:
            answers.append(own.post(client, "k", content))

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["kept_at"] for answer in answers}) == 1
    with own.client() as client:
        assert own.decided(client, "k")["ok"]
    assert own.usage()["batches_up"] == 1


def test_a_key_with_anything_that_can_be_printed_finds_its_receipt(stand: Stand) -> None:
    key = "a/b%2f?c#d&e=f;g>h<i\"j'k\\l~"
    with stand.client() as client:
        answer = stand.post(client, key, b"x")
        assert answer.status_code == 202
        assert client.get(answer.headers["Location"]).json()["key"] == key


# --- forms --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {KEY: ""},
        {KEY: "a b"},
        {KEY: "ä"},
        {KEY: "k" * 101},
        {REF: ""},
        {REF: "../x"},
        {REF: "r" * 101},
        {CAUSE: "registry-131041#1"},
        {CAUSE: "terminal-271004#1"},
        {CAUSE: "terminal-131041"},
        {DIGEST: "md5=:AAAA:"},
        {DIGEST: "sha-256=AAAA"},
        {PROFILE: ""},
        {PROFILE: ",,,"},
        {CLOCK: "1"},
    ],
    ids=lambda wrong: " ".join(f"{name}: {value[:20]}" for name, value in wrong.items()),
)
def test_a_header_in_no_form_is_refused_and_named(stand: Stand, wrong: dict[str, str]) -> None:
    headers = {name.encode(): value.encode() for name, value in ({KEY: "form", REF: "r"} | wrong).items()}
    with stand.client() as client:
        answer = client.post("/v1/batches", content=b"x", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")
        assert next(iter(wrong)) in answer.json()["detail"]
        assert client.get("/v1/batches/form").status_code == 404


def test_a_header_that_comes_twice_is_refused(stand: Stand) -> None:
    with stand.client() as client:
        answer = client.post("/v1/batches", content=b"x", headers=[(KEY, "a"), (KEY, "b"), (REF, "r")])
    assert answer.status_code == 400


def test_an_empty_body_is_no_batch(stand: Stand) -> None:
    with stand.client() as client:
        assert stand.post(client, "empty", b"").json()["code"] == "BAD_FORM"


def test_a_body_that_is_not_the_one_its_digest_names_is_not_kept(stand: Stand) -> None:
    with stand.client() as client:
        answer = stand.post(client, "altered", b"hello", **{DIGEST: wire.digest_of(b"hallo")})
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_DIGEST")
        assert client.get("/v1/batches/altered").status_code == 404
        assert stand.post(client, "whole", b"hello", **{DIGEST: wire.digest_of(b"hello")}).status_code == 202


@pytest.mark.parametrize(
    ("spoken", "chosen"),
    [
        ("renkei-open/1", "renkei-open/1"),
        ("renkei-open/9, renkei-open/1", "renkei-open/1"),
        ("renkei-open/1,renkei-open/1.1", "renkei-open/1.1"),
        ("renkei-open/9", None),
    ],
)
def test_the_newest_version_in_common_is_chosen_or_none_is_said(
    stand: Stand, spoken: str, chosen: str | None
) -> None:
    with stand.client() as client:
        answer = client.get("/v1/profile", headers={PROFILE: spoken})
    if chosen is None:
        assert (answer.status_code, answer.json()["code"]) == (406, "NO_COMMON_PROFILE")
        assert "renkei-open/1.1" in answer.json()["detail"]
    else:
        assert (answer.status_code, answer.headers[PROFILE]) == (200, chosen)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1/batches/", 404),
        ("GET", "/v1/profile/", 404),
        ("GET", "/v1/batches/a/b", 404),
        ("GET", "/v1//profile", 404),
        ("GET", "/v1/../v1/profile", 200),  # httpx resolves it
        ("GET", "/v1/batches/a%00b", 400),
        ("GET", "/v1/batches/%ff", 400),
        ("GET", "/v1/clock", 404),
        ("POST", "/v1/commands", 404),
        ("GET", "/metrics", 404),
        ("GET", "/overview", 404),
        ("POST", "/v1/profile", 405),
        ("DELETE", "/v1/batches/k", 405),
        ("OPTIONS", "/v1/profile", 405),
        ("TRACE", "/v1/profile", 405),
        ("GET", "/v1/outbox?wait=x", 400),
        ("GET", "/v1/outbox?wait=31", 400),
        ("GET", "/v1/outbox?wait=1&wait=2", 400),
        ("GET", "/v1/outbox?wait=-1", 400),
        ("GET", "/v1/outbox?wait=%EF%BC%91", 400),
    ],
)
def test_a_path_method_or_parameter_that_is_none_is_told_so(
    stand: Stand, method: str, path: str, status: int
) -> None:
    with stand.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert status == 200 or answer.json()["ok"] is False


# --- messages -----------------------------------------------------------------------------------------------
def say(client: Any, key: str, body: Any) -> Any:
    return client.post("/v1/messages", json=body, headers={KEY: key, REF: "r"})


def test_a_fault_is_reported_seen_by_its_own_municipality_only_and_cleared(own: Stand) -> None:
    fault = {"type": "ReportFault", "municipality": CODE, "place": "terminal-131041", "fault": "disk_failed"}
    with own.client() as client, own.client(OTHER) as other:
        assert say(client, "f1", fault).json()["ok"]
        (row,) = client.get("/v1/faults").json()
        assert (row["municipality"], row["place"], row["fault"]) == (CODE, "terminal-131041", "disk_failed")
        assert other.get("/v1/faults").json() == []
        refused = say(other, "f1", fault).json()
        assert (refused["ok"], refused["code"]) == (False, "wrong_municipality")
        assert say(client, "f2", fault | {"type": "ClearFault"}).json()["ok"]
        assert client.get("/v1/faults").json() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"type":"Decide"}',
        b'{"type":"TakeVersion","version":"1"}',
        b'{"type":"AskSequences","since":"now"}',
        b'{"type":"AskSequences","since":1e400}',
        b'{"type":"VersionTaken"}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_message_is_refused(stand: Stand, body: bytes) -> None:
    with stand.client() as client:
        answer = client.post("/v1/messages", content=body, headers={KEY: "m", REF: "r"})
    assert answer.status_code in (400, 413)


def test_a_question_is_answered_after_the_batches_that_were_kept_before_it(own: Stand) -> None:
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        assert say(client, "q", {"type": "AskSequences", "since": 0}).json()["ok"]
        waiting = client.get("/v1/outbox").json()
    told = next(row for row in waiting if row["kind"] == "message")
    assert told["body"]["type"] == "Sequences"
    assert dict(map(tuple, told["body"]["up"]))["01"] == 2


# --- waiting ------------------------------------------------------------------------------------------------
def test_who_waits_for_something_gets_it_as_soon_as_it_is_there(own: Stand) -> None:
    found: list[Any] = []

    def wait() -> None:
        with own.client() as client:
            found.append(client.get("/v1/outbox?wait=20").json())

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    assert not found
    with own.client() as client:
        own.post(client, "k", own.next_batch())
    thread.join(15)
    assert [row["kind"] for row in found[0]] == ["batch"]


def test_who_prefers_to_wait_for_the_decision_gets_it_in_the_answer(own: Stand) -> None:
    with own.client() as client:
        answer = own.post(client, "k", own.next_batch(), **{PREFER: "wait=20"})
        assert (answer.status_code, answer.json()["state"]) == (200, "decided")


def test_who_waits_in_vain_is_told_that_nothing_is_there(stand: Stand) -> None:
    with stand.client("011002") as client:
        assert client.get("/v1/outbox?wait=1").json() == []


# --- down ---------------------------------------------------------------------------------------------------
def test_a_whole_exchange_ends_with_an_answer_that_its_terminal_alone_can_open(own: Stand) -> None:
    with own.client() as client:
        own.post(client, "k", own.next_batch(), **{CAUSE: "terminal-131041#7"})
        own.decided(client, "k")
        (waiting,) = client.get("/v1/outbox").json()
        assert waiting["size"] is None
        path = f"/v1/outbox/{waiting['key'].replace('>', '%3E')}"
        sealed = client.get(path).content
        (again,) = client.get("/v1/outbox").json()
        assert (again["size"], again["key"]) == (len(sealed), waiting["key"])
        trust = own.place.trust()
        opened = open_sealed(sealed, own.identity(CODE), trust, date(2026, 4, 1))
        assert isinstance(opened, Opened)
        assert opened.content.startswith(b"H,renkei-open/1")
        assert not isinstance(open_sealed(sealed, own.identity(OTHER), trust, date(2026, 4, 1)), Opened)
        assert client.post(f"{path}/receipt").json()["ok"]
        assert client.get("/v1/outbox").json() == []
        assert client.get(path).status_code == 404
        assert client.post(f"{path}/receipt").json()["code"] == "NOTHING_WAITS"
