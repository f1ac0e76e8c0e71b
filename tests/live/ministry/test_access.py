"""Who comes in, over TLS: wrong, expired, revoked, foreign certificates, a right one with a foreign code."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from sim.base.errors import UsageError
from sim.drivers.live import handshakes
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry import issuing
from sim.drivers.live.ministry.access import Access, Crl, read_allowed
from sim.drivers.live.ministry.problems import Refused
from sim.exchange import pki
from sim.exchange.pki import Reason, Usage
from tests.live.ministry.stand import CODE, OTHER, THIRD, Stand, batch, until

UNLISTED = "131130"


def refused(stand: Stand, tls: ssl.SSLContext) -> tuple[int, str]:
    """Status and code with which a caller is turned away by the application."""
    with stand.client(tls=tls) as client:
        answer = client.get("/v1/profile")
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_nobody_without_a_certificate_gets_an_answer(stand: Stand, version: ssl.TLSVersion) -> None:
    tls = stand.tls_of(None)
    tls.maximum_version = version
    with stand.client(tls=tls) as client, pytest.raises(httpx.TransportError):
        client.get("/v1/profile")


def test_a_certificate_of_a_foreign_authority_gets_no_answer(stand: Stand, tmp_path: Path) -> None:
    root = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
    pki.save(tmp_path, pki.issue_link(root, CODE, 1, Usage.TLS_CLIENT))
    tls = stand.tls_of(tmp_path / f"{CODE}.cert.pem", tmp_path / f"{CODE}.key.pem")
    with stand.client(tls=tls) as client, pytest.raises(httpx.TransportError):
        client.get("/v1/profile")


@pytest.mark.parametrize(
    ("begin", "end"), [(date(2013, 1, 1), date(2019, 1, 1)), (date(2048, 1, 1), date(2049, 1, 1))]
)
def test_a_certificate_outside_its_validity_gets_no_answer(
    stand: Stand, tmp_path: Path, begin: date, end: date
) -> None:
    tls = stand.issued(tmp_path, CODE, Usage.TLS_CLIENT, not_before=begin, not_after=end)
    with stand.client(tls=tls) as client, pytest.raises(httpx.TransportError):
        client.get("/v1/profile")


def test_a_server_s_certificate_does_not_pass_for_a_terminal_s(stand: Stand, tmp_path: Path) -> None:
    tls = stand.issued(tmp_path, CODE, Usage.TLS_SERVER)
    with stand.client(tls=tls) as client, pytest.raises(httpx.TransportError):
        client.get("/v1/profile")


def test_the_municipality_s_own_envelope_certificate_does_not_open_the_link(stand: Stand) -> None:
    at = stand.place.folder / folders.KITS / CODE / "envelope"
    tls = stand.tls_of(at / f"{CODE}.cert.pem", at / f"{CODE}.key.pem")
    assert refused(stand, tls) == (403, "WRONG_USAGE")


def test_a_genuine_certificate_of_somebody_who_is_not_listed_is_refused(stand: Stand, tmp_path: Path) -> None:
    assert refused(stand, stand.issued(tmp_path, UNLISTED, Usage.TLS_CLIENT)) == (403, "NOT_LISTED")


def test_a_certificate_that_was_renewed_comes_in(stand: Stand, tmp_path: Path) -> None:
    with stand.client(tls=stand.issued(tmp_path, CODE, Usage.TLS_CLIENT)) as client:
        assert client.get("/v1/usage").json()["municipality"] == CODE


def test_the_server_speaks_no_older_tls_than_1_2(stand: Stand) -> None:
    tls = stand.place.tls()
    assert tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls.verify_mode is ssl.CERT_REQUIRED


def test_no_session_is_resumed_so_that_each_connection_proves_anew_who_it_is(stand: Stand) -> None:
    tls = stand.tls()
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with stand.raw() as link:
        assert link.session is None or not link.session.has_ticket
        assert link.session_reused is False


# --- taking back --------------------------------------------------------------------------------------------
def test_a_revocation_shuts_out_at_once_also_over_a_connection_that_stands(own: Stand) -> None:
    with own.client(OTHER) as theirs, own.client() as ours:
        assert theirs.get("/v1/profile").status_code == 200
        number = issuing.revoke(own.place, OTHER, Reason.KEY_COMPROMISE)
        answer = theirs.get("/v1/profile")
        assert (answer.status_code, answer.json()["code"]) == (403, "REVOKED")
        assert ours.get("/v1/profile").status_code == 200
    with own.admin() as admin:
        assert f"renkei_revocation_list {float(number)}" in admin.get("/metrics").text
    with pytest.raises(UsageError, match="taken back before"):
        issuing.revoke(own.place, OTHER, Reason.CEASED)


def test_a_batch_sealed_with_a_revoked_key_is_refused_though_another_brings_it(own: Stand) -> None:
    content = own.sealed(batch(OTHER), OTHER)
    issuing.revoke(own.place, OTHER, Reason.KEY_COMPROMISE)
    with own.client() as client:
        own.post(client, "k", content)
        reply = own.decided(client, "k")
    assert not reply["ok"]
    assert "REVOKED" in reply["detail"]


@pytest.mark.parametrize("damage", ["empty", "foreign", "older", "gone"])
def test_a_list_that_cannot_be_believed_leaves_the_one_before_in_force(own: Stand, damage: str) -> None:
    issuing.revoke(own.place, OTHER, Reason.KEY_COMPROMISE)
    path = own.place.revoked
    with own.client(OTHER) as theirs, own.admin() as admin:
        assert theirs.get("/v1/profile").status_code == 403
        whole = path.read_bytes()
        root = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
        other = {
            "empty": b"",
            "foreign": pki.revocation_list(root, {}, 9, date(2012, 1, 1), date(2049, 12, 31)),
            "older": pki.revocation_list(own.authority, {}, 1, date(2012, 1, 1), date(2049, 12, 31)),
            "gone": b"",
        }[damage]
        path.unlink()
        if damage != "gone":
            path.write_bytes(other)
        assert theirs.get("/v1/profile").json()["code"] == "REVOKED"
        assert admin.get("/healthz").status_code == 200
        answer = admin.get("/readyz")
        assert answer.status_code == 503
        assert "revoked" in answer.json()["reasons"][0]
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
        until(lambda: admin.get("/readyz").status_code == 200)


def test_a_list_that_has_run_out_is_not_believed_and_nobody_comes_in(stand: Stand, tmp_path: Path) -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    (tmp_path / "crl").write_bytes(pki.revocation_list(stand.authority, {}, 1, date(2012, 1, 1), end))
    crl = Crl(tmp_path / "crl", stand.place.trust())
    certificate = next(iter(stand.place.known()))
    access = Access(stand.place.allowed, crl, lambda: end)
    assert access.admit(certificate).code in stand.place.allowed
    access = Access(stand.place.allowed, crl, lambda: end + timedelta(seconds=1))
    with pytest.raises(Refused) as refusal:
        access.admit(certificate)
    assert (refusal.value.status, refusal.value.code) == (503, "NOT_READY")


def test_a_certificate_is_taken_back_from_its_moment_on_not_before(stand: Stand, tmp_path: Path) -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    certificate = next(iter(stand.place.known()))
    serial = x509.load_der_x509_certificate(certificate).serial_number
    rows = {serial: (moment, Reason.CEASED)}
    path = tmp_path / "crl"
    path.write_bytes(pki.revocation_list(stand.authority, rows, 2, date(2012, 1, 1), date(2049, 12, 31)))
    crl = Crl(path, stand.place.trust())
    Access(stand.place.allowed, crl, lambda: moment - timedelta(seconds=1)).admit(certificate)
    with pytest.raises(Refused, match="REVOKED"):
        Access(stand.place.allowed, crl, lambda: moment).admit(certificate)


@pytest.mark.real_peer
def test_openssl_finds_the_certificate_revoked_by_the_server_s_list(
    own: Stand, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl is not installed"
    record_property("peer", "openssl")
    issuing.revoke(own.place, OTHER, Reason.KEY_COMPROMISE)
    chain = tmp_path / "chain.pem"
    root = (own.place.keys / "authority" / "authority.cert.pem").read_bytes()
    chain.write_bytes(root + own.place.revoked.read_bytes())
    for code, expected in ((CODE, True), (OTHER, False)):
        at = own.place.folder / folders.KITS / code / "tls" / f"{code}.cert.pem"
        command = [openssl, "verify", "-crl_check", "-purpose", "sslclient", "-CAfile", str(chain), str(at)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is expected, done.stderr
        assert expected or "revoked" in done.stderr


# --- whose batch --------------------------------------------------------------------------------------------
def test_a_right_certificate_with_a_foreign_code_is_answered_by_a_refusal_to_its_bearer(own: Stand) -> None:
    with own.client() as client, own.client(OTHER) as other:
        own.post(client, "k", own.sealed(batch(OTHER)))
        reply = own.decided(client, "k")
        assert (reply["ok"], reply["code"]) == (False, "WRONG_SENDER")
        assert len(client.get("/v1/outbox").json()) == 1
        assert other.get("/v1/outbox").json() == []
        # What it claimed left no trace at the other: its first batch is still the first.
        own.post(other, "k", own.sealed(batch(OTHER), OTHER))
        assert own.decided(other, "k")["ok"]


def test_a_batch_of_another_brought_with_its_own_seal_is_refused(own: Stand) -> None:
    with own.client() as client:
        own.post(client, "k", own.sealed(batch(OTHER), OTHER))
        assert own.decided(client, "k")["code"] == "WRONG_SENDER"


def test_what_lies_there_for_one_is_not_there_for_another(own: Stand) -> None:
    with own.client() as client, own.client(OTHER) as other:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
        (waiting,) = client.get("/v1/outbox").json()
        path = f"/v1/outbox/{waiting['key'].replace('>', '%3E')}"
        assert other.get("/v1/batches/k").status_code == 404
        assert other.get(path).status_code == 404
        assert other.post(f"{path}/receipt").json()["code"] == "NOTHING_WAITS"
        assert client.get(path).status_code == 200
        client.post("/v1/uploads", headers={"Idempotency-Key": "u", "Renkei-Ref": "r", "Upload-Length": "9"})
        assert other.get("/v1/uploads/u").status_code == 404
        assert other.delete("/v1/uploads/u").status_code == 404
        assert client.get("/v1/uploads/u").status_code == 200


def test_the_same_key_of_two_municipalities_names_two_batches(own: Stand) -> None:
    with own.client() as client, own.client(OTHER) as other:
        own.post(client, "same", own.next_batch())
        own.post(other, "same", own.next_batch(OTHER))
        assert own.decided(client, "same")["ok"]
        assert own.decided(other, "same")["ok"]
    assert own.usage()["batches_up"] == own.usage(OTHER)["batches_up"] == 1


# --- the allow-list -----------------------------------------------------------------------------------------
def test_a_list_with_names_comments_and_a_mark_of_byte_order_is_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"\ufeffcode,name\n# ours\n{CODE},新宿区\n\n{THIRD}\n", encoding="utf-8")
    assert read_allowed(tmp_path / "list") == {CODE: "新宿区", THIRD: ""}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("131040\n", "131041"),
        ("13104\n", "131041"),
        ("１３１０４１\n", "no municipality"),
        (f"{CODE}\n{CODE}\n", "twice"),
        ("code,name\n", "empty"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_list_that_is_none_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "list").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError) as error:
        read_allowed(tmp_path / "list")
    assert told in str(error.value)
    assert "list" in str(error.value.where)


def test_keys_that_others_could_read_are_refused(stand: Stand, tmp_path: Path) -> None:
    stand.place.check_private()
    os.mkdir(tmp_path / "keys")
    place = folders.Place(tmp_path, stand.place.settings, stand.place.allowed)
    place.keys.chmod(0o750)
    with pytest.raises(UsageError, match="others may read"):
        place.check_private()


# --- who is turned away leaves a trace ----------------------------------------------------------------------
def turned_away(stand: Stand) -> dict[str, int]:
    """How many callers TLS has turned away, by reason, those with none left out; as the figures have it."""
    with stand.admin() as admin:
        page = admin.get("/metrics").text
    found = re.findall(r'^renkei_connections_refused_total\{reason="(\w+)"\} (\d+)\.0$', page, re.M)
    assert [reason for reason, _ in found] == list(handshakes.REASONS)
    return {reason: int(count) for reason, count in found if count != "0"}


def logged(stand: Stand) -> list[dict[str, object]]:
    """What the log says of them, without when."""
    events = [json.loads(line) for line in stand.served.said().splitlines() if line.startswith("{")]
    return [
        {key: value for key, value in event.items() if key != "at"}
        for event in events
        if event["event"] == "connection_refused"
    ]


@pytest.mark.real_peer
@pytest.mark.parametrize("program", ["openssl", "curl"])
def test_a_call_without_a_certificate_is_logged_and_counted(
    own: Stand, program: str, record_property: Callable[[str, object], None]
) -> None:
    found = shutil.which(program)
    assert found is not None, f"{program} is not installed"
    record_property("peer", program)
    root = str(own.place.keys / "authority" / "authority.cert.pem")
    place = f"127.0.0.1:{own.served.port}"
    command = {
        "openssl": [found, "s_client", "-connect", place, "-CAfile", root, "-quiet"],
        "curl": [found, "--silent", "--noproxy", "*", "--cacert", root, f"https://{place}/v1/profile"],
    }[program]
    request = b"GET /v1/profile HTTP/1.1\r\nHost: localhost\r\n\r\n"
    done = subprocess.run(command, input=request, capture_output=True, timeout=60, check=False)
    assert b"renkei" not in done.stdout
    until(lambda: turned_away(own) == {"NO_CERTIFICATE": 1})
    assert logged(own) == [{"level": "warning", "event": "connection_refused", "code": "NO_CERTIFICATE"}]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_reason_for_which_tls_turns_somebody_away_is_told_and_no_more(
    own: Stand, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    root = pki.make_authority(date(2012, 1, 1), date(2049, 12, 31))
    pki.save(tmp_path / "f", pki.issue_link(root, CODE, 1, Usage.TLS_CLIENT))
    old, early = (date(2013, 1, 1), date(2019, 1, 1)), (date(2048, 1, 1), date(2049, 1, 1))

    def outside(at: str, when: tuple[date, date]) -> ssl.SSLContext:
        return own.issued(tmp_path / at, CODE, Usage.TLS_CLIENT, not_before=when[0], not_after=when[1])

    callers = {
        "NO_CERTIFICATE": own.tls_of(None),
        "EXPIRED": outside("o", old),
        "NOT_YET_VALID": outside("e", early),
        "UNKNOWN_AUTHORITY": own.tls_of(
            tmp_path / "f" / f"{CODE}.cert.pem", tmp_path / "f" / f"{CODE}.key.pem"
        ),
        "WRONG_USAGE": own.issued(tmp_path / "s", CODE, Usage.TLS_SERVER),
    }
    trusting = own.tls()
    callers["SERVER_NOT_TRUSTED"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it knows no authority
    for tls in callers.values():
        tls.maximum_version = version
        with own.client(tls=tls) as client, pytest.raises(httpx.TransportError):
            client.get("/v1/profile")
    until(lambda: turned_away(own) == dict.fromkeys(callers, 1))
    # And one that looks for another name than the certificate bears.
    with (
        socket.create_connection(("127.0.0.1", own.served.port), timeout=30) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusting.wrap_socket(plain, server_hostname="renkei.example")
    until(lambda: turned_away(own)["SERVER_NOT_TRUSTED"] == 2)
    assert logged(own).pop()["code"] == "SERVER_NOT_TRUSTED"
    assert sorted({str(one["code"]) for one in logged(own)}) == sorted(callers)
    assert {tuple(one) for one in logged(own)} == {("level", "event", "code")}


def test_who_speaks_no_tls_is_counted_and_who_only_knocks_or_comes_in_is_not(own: Stand) -> None:
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100):
        with socket.create_connection(("127.0.0.1", own.served.port), timeout=30) as link:
            link.sendall(said)
            with contextlib.suppress(ConnectionError):
                assert link.recv(1) == b""
    socket.create_connection(("127.0.0.1", own.served.port), timeout=30).close()
    with own.client() as client:
        assert client.get("/v1/profile").status_code == 200
    until(lambda: turned_away(own) == {"NO_TLS": 2})


def test_what_nobody_foresaw_about_a_handshake_is_told_as_such() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = 99
    assert handshakes.reason_of(error) == "BAD_CERTIFICATE"
    assert handshakes.reason_of(ssl.SSLError(1, "something")) == "OTHER"


def test_a_revoked_caller_is_counted_and_logged_though_tls_let_it_in(own: Stand) -> None:
    issuing.revoke(own.place, OTHER, Reason.KEY_COMPROMISE)
    with own.client(OTHER) as theirs, own.admin() as admin:
        assert theirs.get("/v1/profile").status_code == 403
        assert 'renkei_refused_total{code="REVOKED"} 1.0' in admin.get("/metrics").text
    assert turned_away(own) == {}
    assert requests(own, "REVOKED") == [(403, OTHER)]


def requests(stand: Stand, code: str) -> list[tuple[int, str]]:
    """Status and caller of the requests that were refused with this code, as the log has them."""
    events = [json.loads(line) for line in stand.served.said().splitlines() if line.startswith("{")]
    return [(one["status"], one["caller"]) for one in events if one.get("code") == code]


def test_who_is_turned_away_is_logged_by_a_municipality_s_code_and_never_by_another_name(
    own: Stand, tmp_path: Path
) -> None:
    issuing.revoke(own.place, CODE, Reason.SUPERSEDED)
    at = own.place.folder / folders.KITS / THIRD / "envelope"
    callers = {
        "REVOKED": own.tls(),
        "WRONG_USAGE": own.tls_of(at / f"{THIRD}.cert.pem", at / f"{THIRD}.key.pem"),
        "NOT_LISTED": own.issued(tmp_path / "n", "NGUYEN", Usage.TLS_CLIENT),
    }
    for code, tls in callers.items():
        assert refused(own, tls) == (403, code)
    assert [requests(own, code) for code in callers] == [[(403, CODE)], [(403, THIRD)], [(403, "")]]
    assert refused(own, own.issued(tmp_path / "e", "NGUYEN", Usage.ENVELOPE)) == (403, "WRONG_USAGE")
    assert requests(own, "WRONG_USAGE")[-1] == (403, "")
    assert "NGUYEN" not in own.served.said()
