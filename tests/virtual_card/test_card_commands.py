"""`renkei card …` as its users type it: shapes, exit codes, errors, and a card in a real reader daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.typed import Done, typed
from virtual_card import selftest
from virtual_card.forgeries import FORGERIES
from virtual_card.personalise.issue import VALID_ON
from virtual_card.verdicts import Verdict

RENKEI = Path(sys.executable).with_name("renkei")
NUMBER = "AA12345678BB"


def card(*arguments: str, cwd: Path) -> Done:
    return typed("card", *arguments, cwd=cwd)


def apart(*arguments: str, cwd: Path, env: dict[str, str]) -> Done:
    """Type a command in a process of its own, which a reader daemon's clients need: they look for it once."""
    done = subprocess.run(
        [RENKEI, "card", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    return Done(done.returncode, done.stdout, done.stderr)


def issue(folder: Path, kind: str = "05", name: str = "card.json", *more: str) -> Path:
    done = card("issue", "--type", kind, "--number", NUMBER, "--seed", "7", "--out", name, *more, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == name
    return folder / name


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("issue", "--type", "5"), "did you mean 05?"),
        (("issue", "--type", "05", "--number", "aa12345678bb"), "did you mean AA12345678BB?"),
        (("issue", "--type", "05", "--quirk", "ber"), "--quirk"),
        (("issue", "--type", "05", "--issued", "20260701"), "YYYY-MM-DD"),
        (("issue", "--type", "05", "--issued", "2020-01-01"), "2026-06-14"),
        (("issue", "--type", "05", "--issued", "2026-07-01", "--on", "2026-06-30"), "before it is issued"),
        (("issue", "--type", "proposal-2011", "--age", "3"), "has no --age"),
        (("issue", "--type", "proposal-2011", "--on", "2027-01-01"), "has no --on"),
        (("issue", "--type", "05", "--out", "nowhere/card.json"), "nowhere/card.json"),
        (("issue",), "--type"),
        (("show", "none.json"), "none.json"),
        (("show", "bad.json"), "bad.json: line 1"),
        (("read",), "--reader NAME or --card FILE"),
        (("read", "--reader", "x", "--card", "y"), "both"),
        (("read", "--reader", "x"), "--number"),
        (("read", "--reader", "x", "--number", "AA12345678B"), "two letters"),
        (("read", "--card", "binary"), "UTF-8"),
        (("forge",), "--forgery ID"),
        (("forge", "bad.json", "--forgery", "blank"), "bad.json"),
        (("serve",), "CARD.json"),
        (("serve", "none.json"), "none.json"),
        (("trace",), "--reader NAME or --card FILE"),
        (("raed",), "read"),
    ],
)
def test_wrong_use_says_what_would_be_right_ends_with_2_and_writes_nothing(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    done = card(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert says in " ".join(done.stderr.split()), done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "binary"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--on", "soon"), "--on"),
        (("--strategy", "hole"), "--strategy whole"),
        (("--register", "list.txt"), "no JSON"),
        (("--register", "odd.json"), "did you mean address?"),
        (("--register", "deep.json"), "no JSON"),
        (("--register", "half.json"), "half.json: address"),
        (("--revoked", "list.txt"), "list.txt: line 2"),
        (("--ca", "list.txt"), "list.txt"),
        (("--number", "AA12345678BC"), "does not open to this number"),
        (("--face", "none.json"), "none.json"),
    ],
)
def test_wrong_evidence_is_refused_with_its_place(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    issue(tmp_path)
    (tmp_path / "list.txt").write_text("AA12345678BB\nno number\n")
    (tmp_path / "odd.json").write_text('{"adress": "x"}')
    (tmp_path / "deep.json").write_text("[" * 200_000)
    (tmp_path / "half.json").write_text('{"address": "\\ud800"}')
    done = card("read", "--card", "card.json", *options, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert says in " ".join(done.stderr.split()), done.stderr


@pytest.mark.parametrize("kind", ["1", "2", "05", "06", "07", "08"])
def test_an_issued_card_is_read_as_genuine_and_the_same_seed_gives_the_same_file(
    kind: str, tmp_path: Path
) -> None:
    one, other = issue(tmp_path, kind, "one.json"), issue(tmp_path, kind, "other.json")
    assert one.read_bytes() == other.read_bytes()
    done = card("read", "--card", "one.json", "--number", NUMBER, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    assert document["verdict"] == "GENUINE"
    assert document["card_type"] == kind
    assert document["number"] == NUMBER
    assert document["redacted"] is False
    people = card("read", "--card", "one.json", cwd=tmp_path)
    assert people.stdout.splitlines()[-1].startswith("GENUINE on ")


def test_a_card_lasts_to_the_day_that_the_help_names_unless_its_day_of_issue_is_given(tmp_path: Path) -> None:
    assert str(VALID_ON) in card("issue", "--help", cwd=tmp_path).stdout
    lasting, short = issue(tmp_path, "1"), issue(tmp_path, "1", "short.json", "--issued", "2025-04-01")
    for path, verdict in ((lasting, "GENUINE"), (short, "REVIEW")):
        done = card("read", "--card", path.name, "--on", str(VALID_ON), "--json", cwd=tmp_path)
        assert json.loads(done.stdout)["verdict"] == verdict


def test_a_cards_picture_shows_front_and_back(tmp_path: Path) -> None:
    issue(tmp_path)
    done = card("show", "card.json", cwd=tmp_path)
    assert done.stdout.strip() == "card.png"
    with Image.open(tmp_path / "card.png") as picture:
        assert picture.width > 600
        assert picture.height > picture.width
    assert card("show", "card.json", "--out", "mine.png", cwd=tmp_path).stdout.strip() == "mine.png"
    assert (tmp_path / "mine.png").read_bytes() == (tmp_path / "card.png").read_bytes()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_reading_each_forgery_as_forge_says_ends_with_the_declared_verdict(
    forgery: str, tmp_path: Path
) -> None:
    kind = "1" if forgery == "photo_and_signature_removed" else "05"
    issue(tmp_path, kind)
    done = card("forge", "card.json", "--forgery", forgery, "--evidence", "ev", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    command = told["read"].split()
    assert command[:3] == ["renkei", "card", "read"]
    read = card(*command[2:], "--json", cwd=tmp_path)
    document = json.loads(read.stdout)
    assert document["verdict"] == Verdict(told["verdict"]).answer.value
    assert read.returncode == (0 if document["verdict"] == "GENUINE" else 1)
    if told["reason"]:
        assert told["reason"] in [each["reason"] for each in document["reasons"]]


def test_the_catalogue_is_listed_for_people_and_for_programs(tmp_path: Path) -> None:
    rows = json.loads(card("forge", "--list", "--json", cwd=tmp_path).stdout)
    assert [row["id"] for row in rows] == list(FORGERIES)
    listed = card("forge", "--list", cwd=tmp_path).stdout
    assert "perfect_clone  UNDETECTABLE" in listed
    assert "  types 1, 2: chip, face or chip, register\n  types 05, 06, 07, 08: chip, face\n" in listed
    needs = next(row["needs"] for row in rows if row["id"] == "altered_address")
    assert needs["1"] == [["chip", "face"], ["chip", "register"]]
    assert needs["05"] == [["chip", "face"]]


def test_the_test_authorities_are_written_for_programs_that_read_test_cards(tmp_path: Path) -> None:
    done = card("ca", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "test-ca.pem\n")
    written = (tmp_path / "test-ca.pem").read_text()
    assert written.count("BEGIN CERTIFICATE") == 6
    assert "PRIVATE" not in written
    assert card("ca", "--out", "nowhere/ca.pem", cwd=tmp_path).returncode == 2


def test_a_trace_of_a_card_file_names_every_command(tmp_path: Path) -> None:
    issue(tmp_path)
    done = card("trace", "--card", "card.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("SELECT", "GET CHALLENGE", "MUTUAL AUTHENTICATE", "VERIFY", "READ BINARY"):
        assert name in done.stdout


def test_the_seven_item_chip_of_2011_is_issued_and_leaves_nothing_to_be_keyed(tmp_path: Path) -> None:
    done = card("issue", "--type", "proposal-2011", "--seed", "3", "--out", "p.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    read = card("read", "--card", "p.json", "--json", cwd=tmp_path)
    assert read.returncode == 1  # nothing is signed, so nobody may call it genuine
    extract = json.loads(read.stdout)["extract"]
    assert extract["open"] == []
    assert len(extract["items"]) == 7
    assert card("show", "p.json", cwd=tmp_path).returncode == 2
    faced = {**json.loads((tmp_path / "p.json").read_text()), "face": {"items": {}, "images": {}}}
    (tmp_path / "faced.json").write_text(json.dumps(faced))
    done = card("show", "faced.json", cwd=tmp_path)
    assert (done.returncode, "faced.json: face" in done.stderr) == (2, True), done.stderr


def test_doctor_says_what_it_found_and_its_selftest_ends_with_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = json.loads(card("doctor", "--json", cwd=tmp_path).stdout)
    assert all(row["well"] or row["remedy"] for row in rows)
    # All cells are tried in reader/test_authenticity.py: here a few of each table, and one that goes wrong.
    every = list(selftest.trials())
    some = [*every[:2], *(one for one in every if one.row == "revoked_number"), every[-1]]
    monkeypatch.setattr(selftest, "trials", lambda seed: iter(some))
    done = card("doctor", "--selftest", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "revoked_number" in done.stdout
    assert "swift-ciphertext-offsets" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("6 of 6 forgeries, 1 of 1 habits as declared; 0 wrong")
    bad = replace(some[0].run(), received="FORGED", right=False)
    some[0] = replace(some[0], run=lambda: bad)
    done = card("doctor", "--selftest", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)[0]["right"]) == (1, False)


def test_every_command_has_help(tmp_path: Path) -> None:
    listed = card("--help", cwd=tmp_path).stdout
    for name in ("issue", "show", "serve", "read", "readers", "forge", "ca", "trace", "doctor"):
        assert name in listed
        done = card(name, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert f"renkei card {name}" in done.stdout


def test_serving_without_a_daemon_says_which_command_starts_one(tmp_path: Path) -> None:
    issue(tmp_path)
    nobody = {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")}
    done = apart("serve", "card.json", cwd=tmp_path, env=nobody)
    assert done.returncode == 2
    assert "--start-daemon" in done.stderr
    assert "pcscd" in done.stderr
    done = apart("readers", cwd=tmp_path, env=nobody)
    assert done.returncode == 2
    assert "doctor" in done.stderr


# --- through pcscd -----------------------------------------------------------------------------------------
Serve = Callable[..., tuple["subprocess.Popen[str]", list[str], dict[str, str]]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start `card serve --start-daemon`; gives the process, the readers' names and a client's environment."""
    running: list[subprocess.Popen[str]] = []

    def start(*files: str) -> tuple[subprocess.Popen[str], list[str], dict[str, str]]:
        process = subprocess.Popen(
            [RENKEI, "card", "serve", *files, "--start-daemon"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stderr is not None
        names = [process.stdout.readline().split("\t")[0] for _ in files]
        told = process.stderr.readline()
        assert "export " in told, told + process.stderr.read()
        name, _, value = told.strip().rpartition(" ")[2].partition("=")
        return process, names, {name: value}

    yield start
    for process in running:
        process.terminate()  # politely: it takes its folder away
        process.wait(20)
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.mark.real_peer
def test_cards_that_are_served_are_read_through_pcscd_as_they_are_from_their_files(
    serve: Serve, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "pcscd")
    days = {"1": "2025-06-01", "05": "2026-09-01", "07": "2026-09-01"}
    files = [issue(tmp_path, kind, f"{kind}.json").name for kind in days]
    process, readers, env = serve(*files)
    listed = json.loads(apart("readers", "--json", cwd=tmp_path, env=env).stdout)
    assert [row["reader"] for row in listed if row["state"] == "card"] == readers
    for reader, file, day in zip(readers, files, days.values(), strict=True):
        options = ("--number", NUMBER, "--on", day, "--json", "--face", file)
        read = apart("read", "--reader", reader, *options, cwd=tmp_path, env=env)
        assert read.returncode == 0, read.stderr
        assert json.loads(read.stdout) == json.loads(
            card("read", "--card", file, *options, cwd=tmp_path).stdout
        )
    trace = apart("trace", "--reader", readers[1], "--number", NUMBER, cwd=tmp_path, env=env).stdout
    assert "VERIFY" in trace
    assert "[19 bytes]" in trace  # lengths, no content, although nobody asked for hiding it
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert "out of their readers" in process.stderr.read()


@pytest.mark.real_peer
def test_a_forged_card_in_a_reader_ends_with_1_and_a_mistyped_number_with_2(
    serve: Serve, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "pcscd")
    issue(tmp_path)
    for forgery in ("swapped_photo", "wrong_number_printed"):
        card("forge", "card.json", "--forgery", forgery, "--out", f"{forgery}.json", cwd=tmp_path)
    process, (photo, number), env = serve("swapped_photo.json", "wrong_number_printed.json")
    read = apart("read", "--reader", photo, "--number", NUMBER, "--on", "2026-09-01", cwd=tmp_path, env=env)
    assert read.returncode == 1, read.stderr
    assert "signature_invalid" in read.stdout
    read = apart("read", "--reader", photo, "--number", "ZZ99999999ZZ", cwd=tmp_path, env=env)
    assert read.returncode == 2
    assert "does not open" in read.stderr
    face = json.loads((tmp_path / "wrong_number_printed.json").read_text())["face"]["items"]["number"]
    read = apart(
        *("read", "--reader", number, "--number", face, "--face", "wrong_number_printed.json", "--json"),
        cwd=tmp_path,
        env=env,
    )
    assert read.returncode == 1, read.stderr
    assert json.loads(read.stdout)["reasons"][0]["reason"] == "number_refused"
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.real_peer
def test_a_card_under_an_authority_that_is_no_test_authority_is_redacted_in_a_reader(
    serve: Serve, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "pcscd")
    issue(tmp_path)
    card("forge", "card.json", "--forgery", "unknown_ca", cwd=tmp_path)
    _, (reader,), env = serve("forged.json")
    options = ("--reader", reader, "--number", NUMBER, "--on", "2026-09-01", "--json")
    hidden = apart("read", *options, cwd=tmp_path, env=env)
    assert json.loads(hidden.stdout)["redacted"] is True
    assert NUMBER not in hidden.stdout
    shown = apart("read", *options, "--show-content", cwd=tmp_path, env=env)
    assert json.loads(shown.stdout)["number"] == NUMBER
