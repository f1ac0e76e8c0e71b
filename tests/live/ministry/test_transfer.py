"""Large batches: by pieces that go on after a cut, in ranges of the same sealed bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sim.drivers.live import wire
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.wire import DIGEST, KEY, REF, UPLOAD_LENGTH, UPLOAD_OFFSET
from tests.live.ministry.stand import CODE, Stand, copy, until
from tests.live.served import Served


def begin(client: httpx.Client, key: str, length: int) -> httpx.Response:
    return client.post("/v1/uploads", headers={KEY: key, REF: "r", UPLOAD_LENGTH: str(length)})


def piece(client: httpx.Client, key: str, offset: int, content: bytes, **headers: str) -> httpx.Response:
    return client.patch(
        f"/v1/uploads/{key}", content=content, headers={UPLOAD_OFFSET: str(offset), **headers}
    )


# --- up, by pieces ------------------------------------------------------------------------------------------
def test_a_batch_by_pieces_is_kept_with_its_last_one_and_decided_like_any_other(own: Stand) -> None:
    content = own.next_batch()
    with own.client() as client:
        begun = begin(client, "k", len(content))
        assert (begun.status_code, begun.json()["offset"]) == (201, 0)
        assert begun.headers["Location"] == "/v1/uploads/k"
        for at in range(0, len(content), 1000):
            answer = piece(client, "k", at, content[at : at + 1000])
        assert answer.status_code == 202
        assert answer.json()["digest"] == hashlib.sha256(content).hexdigest()
        assert own.decided(client, "k")["ok"]
        assert client.get("/v1/uploads/k").status_code == 404
        again = begin(client, "k", len(content))
        assert (again.status_code, again.json()["state"]) == (200, "decided")
    assert own.usage()["batches_up"] == 1


def test_an_upload_that_a_crash_cut_off_goes_on_where_it_stood(own: Stand) -> None:
    content = own.next_batch()
    with own.client() as client:
        begin(client, "k", len(content))
        piece(client, "k", 0, content[:700])
    own.served.kill()
    own.served.start()
    with own.client() as client:
        standing = client.head("/v1/uploads/k")
        assert (standing.status_code, standing.headers[UPLOAD_OFFSET]) == (200, "700")
        assert begin(client, "k", len(content)).json()["offset"] == 700
        assert piece(client, "k", 700, content[700:]).status_code == 202
        assert own.decided(client, "k")["ok"]


@pytest.mark.parametrize("offset", [0, 4, 6, 10])
def test_a_piece_that_does_not_follow_is_refused_and_told_where_the_next_one_begins(
    stand: Stand, offset: int
) -> None:
    with stand.client() as client:
        begin(client, "misplaced", 10)
        piece(client, "misplaced", 0, b"hello")
        answer = piece(client, "misplaced", offset, b"world")
        assert (answer.status_code, answer.json()["code"]) == (409, "OFFSET_MISMATCH")
        assert answer.headers[UPLOAD_OFFSET] == "5"
        assert piece(client, "misplaced", 5, b"world!").status_code == 409  # beyond its length
        client.delete("/v1/uploads/misplaced")


def test_a_piece_that_is_not_the_one_its_digest_names_is_not_kept(stand: Stand) -> None:
    with stand.client() as client:
        begin(client, "digest", 10)
        answer = piece(client, "digest", 0, b"hello", **{DIGEST: wire.digest_of(b"hallo")})
        assert answer.json()["code"] == "BAD_DIGEST"
        assert client.get("/v1/uploads/digest").json()["offset"] == 0
        client.delete("/v1/uploads/digest")


def test_a_piece_says_its_length_before_it_comes(stand: Stand) -> None:
    with stand.client() as client:
        begin(client, "chunks", 10)
        answer = client.patch("/v1/uploads/chunks", content=iter([b"hello"]), headers={UPLOAD_OFFSET: "0"})
        assert (answer.status_code, answer.json()["code"]) == (411, "LENGTH_REQUIRED")
        client.delete("/v1/uploads/chunks")


@pytest.mark.parametrize(
    ("length", "status"), [("0", 400), ("x", 400), ("-1", 400), ("", 400), ("67108865", 413), ("9" * 12, 413)]
)
def test_an_upload_of_no_or_too_great_a_length_is_not_begun(stand: Stand, length: str, status: int) -> None:
    with stand.client() as client:
        answer = client.post("/v1/uploads", headers={KEY: "long", REF: "r", UPLOAD_LENGTH: length})
        assert answer.status_code == status
        assert client.get("/v1/uploads/long").status_code == 404


def test_an_upload_announced_again_with_another_length_is_another_one(stand: Stand) -> None:
    with stand.client() as client:
        begin(client, "other", 10)
        assert begin(client, "other", 11).json()["code"] == "KEY_REUSED"
        assert client.delete("/v1/uploads/other").status_code == 204
        assert client.delete("/v1/uploads/other").status_code == 404


def test_a_municipality_has_so_many_uploads_under_way_and_no_more(stand: Stand) -> None:
    with stand.client("011002") as client, stand.client() as other:
        for n in range(4):
            assert begin(client, f"many{n}", 10).status_code == 201
        answer = begin(client, "many4", 10)
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY")
        assert begin(client, "many0", 10).status_code == 201  # one of them again
        assert begin(other, "many4", 10).status_code == 201
        other.delete("/v1/uploads/many4")
        for n in range(4):
            client.delete(f"/v1/uploads/many{n}")


def test_an_upload_with_which_nobody_goes_on_is_dropped(made: Place, tmp_path: Path) -> None:
    place = copy(made, tmp_path / "server", "[limits]", "uploads_expire_after = 1")
    with Served(place.folder) as served:
        stand = Stand(place, served)
        with stand.client() as client:
            begin(client, "k", 10)
            assert piece(client, "k", 0, b"hello").status_code == 200
            until(lambda: client.get("/v1/uploads/k").status_code == 404)
            assert piece(client, "k", 5, b"world").status_code == 404


# --- down, in ranges ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def down(stand: Stand) -> tuple[str, bytes, str]:
    """Path, bytes and tag of a batch that waits."""
    with stand.client() as client:
        stand.post(client, "down", stand.next_batch())
        stand.decided(client, "down")
        path = "/v1/outbox/" + client.get("/v1/outbox").json()[0]["key"].replace(">", "%3E")
        whole = client.get(path)
    assert whole.status_code == 200
    return path, whole.content, whole.headers["ETag"]


def test_the_same_bytes_come_each_time_with_their_digest(stand: Stand, down: tuple[str, bytes, str]) -> None:
    path, content, tag = down
    with stand.client() as client:
        again, head = client.get(path), client.head(path)
    assert again.content == content
    assert again.headers[DIGEST] == head.headers[DIGEST] == wire.digest_of(content)
    assert again.headers[wire.WHOLE_DIGEST] == again.headers[DIGEST]
    assert tag == f'"{hashlib.sha256(content).hexdigest()}"'
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(content)))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=5-5", 5, 6), ("bytes=10-", 10, None), ("bytes=-7", -7, None),
     ("bytes=1-999999999", 1, None), ("bytes=-999999999", 0, None)],
)  # fmt: skip
def test_a_range_is_cut_out_of_the_same_bytes(
    stand: Stand, down: tuple[str, bytes, str], asked: str, start: int, end: int | None
) -> None:
    path, content, tag = down
    with stand.client() as client:
        answer = client.get(path, headers={"Range": asked, "If-Range": tag})
    assert (answer.status_code, answer.content) == (206, content[start:end])
    first = start if start >= 0 else len(content) + start
    last = len(content) - 1 if end is None else end - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    assert answer.headers[wire.WHOLE_DIGEST] == wire.digest_of(content)
    assert DIGEST not in answer.headers  # it would be that of the part


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=x-y", "bytes=5-2", "bytes=-", "bytes=１-２"]
)
def test_a_range_in_no_form_gets_the_whole(stand: Stand, down: tuple[str, bytes, str], asked: str) -> None:
    path, content, _ = down
    with stand.client() as client:
        answer = client.get(path, headers={b"Range": asked.encode()})
    assert (answer.status_code, answer.content) == (200, content)


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0"])
def test_a_range_that_is_not_there_is_refused_and_the_size_told(
    stand: Stand, down: tuple[str, bytes, str], asked: str
) -> None:
    path, content, _ = down
    with stand.client() as client:
        answer = client.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(content)}")


def test_a_range_of_other_bytes_gets_the_whole_and_known_bytes_are_not_sent_again(
    stand: Stand, down: tuple[str, bytes, str]
) -> None:
    path, content, tag = down
    with stand.client() as client:
        answer = client.get(path, headers={"Range": "bytes=5-", "If-Range": '"other"'})
        assert (answer.status_code, answer.content) == (200, content)
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_batch_that_waits_is_the_same_after_a_crash(own: Stand) -> None:
    with own.client() as client:
        own.post(client, "k", own.next_batch())
        own.decided(client, "k")
        path = "/v1/outbox/" + client.get("/v1/outbox").json()[0]["key"].replace(">", "%3E")
        content = client.get(path).content
    own.served.kill()
    own.served.start()
    with own.client() as client:
        assert client.get(path, headers={"Range": "bytes=100-"}).content == content[100:]


@pytest.mark.real_peer
def test_curl_goes_on_with_a_download_that_was_cut(
    stand: Stand,
    down: tuple[str, bytes, str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    path, content, _ = down
    curl = shutil.which("curl")
    assert curl is not None, "curl is not installed"
    record_property("peer", "curl")
    at, out = stand.place.folder / folders.KITS / CODE / "tls", tmp_path / "batch"
    out.write_bytes(content[:333])
    options: list[Any] = ["--silent", "--noproxy", "*", "--max-time", "20", "--continue-at", "-"]
    options += ["--cacert", at / "authority.cert.pem", "--cert", at / f"{CODE}.cert.pem"]
    options += ["--key", at / f"{CODE}.key.pem", "--output", out, stand.served.url + path]
    began = time.monotonic()
    subprocess.run([curl, *options], check=True)
    assert out.read_bytes() == content, time.monotonic() - began
