"""`renkei pki`, `exchange seal`, `exchange open` and `exchange reconcile`, as a vendor types them."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.drivers import keyring
from sim.exchange import described, envelope
from sim.exchange.pki import Usage
from tests.exchange.samples import encoded, encoded_xml, notice
from tests.typed import apart, typed

CONTENT = "H,renkei-open/1\r\nD,山田\r\n".encode()
ON = ("--on", "2024-01-15")


def good(*arguments: str | Path) -> str:
    done = typed(*arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, both ends, another city, and what is only good for a link."""
    folder = tmp_path_factory.mktemp("pki") / "pki"
    good("pki", "init", folder, "--valid-from", "2019-04-01", "--valid-until", "2029-03-31")
    for name in ("ISA", "131041", "271004"):
        good("pki", "issue", folder, name)
    good("pki", "issue", folder, "131130", "--usage", "tls-client")
    return folder


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    (tmp_path / "batch.csv").write_bytes(CONTENT)
    return tmp_path / "batch.csv"


def sealed(pki: Path, batch: Path) -> Path:
    good("exchange", "seal", batch, "--pki", pki, "--from", "131041", "--to", "ISA", *ON)
    return batch.with_name("batch.csv.p7m")


# --- pki


def test_a_pki_is_private_and_shows_what_it_holds(pki: Path) -> None:
    for path in (pki, *pki.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_dir():
            assert mode == 0o700, path
        if path.name.endswith(".key.pem"):
            assert mode == 0o600, path
    shown = json.loads(good("pki", "show", pki, "--on", "2024-01-15", "--json"))
    assert [(row["name"], row["usage"], row["state"]) for row in shown["certificates"]] == [
        ("131041", "envelope", "valid"),
        ("131130", "tls-client", "valid"),
        ("271004", "envelope", "valid"),
        ("ISA", "envelope", "valid"),
    ]
    assert shown["authority"]["from"] == "2019-04-01T00:00:00+09:00"
    assert "131041-envelope-1" in good("pki", "show", pki)


def test_nothing_is_ever_overwritten_and_the_next_certificate_gets_the_next_number(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    good("pki", "init", folder)
    again = typed("pki", "init", folder)
    assert (again.returncode, "there is a PKI already" in again.stderr) == (2, True)
    first = good("pki", "issue", folder, "131041").strip()
    key = (Path(first) / "131041.key.pem").read_bytes()
    second = good("pki", "issue", folder, "131041").strip()
    assert second.endswith("131041-envelope-2")
    assert (Path(first) / "131041.key.pem").read_bytes() == key
    serials = {row["serial"] for row in json.loads(good("pki", "show", folder, "--json"))["certificates"]}
    assert len(serials) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("issue", "131042"), "was 131041 meant?"),
        (("issue", "13104"), "was 131041 meant?"),
        (("issue", "../131041"), "six digits"),
        (("issue", "１３１０４１"), "six digits"),
        (("issue", "131041", "--usage", "envelop"), "did you mean 'envelope'?"),
        (("issue", "131041", "--valid-until", "2031-01-01"), "nothing is valid after its authority"),
        (("issue", "131041", "--valid-from", "2024-02-30"), "YYYY-MM-DD"),
        (("revoke", "131041", "--on", "20240101"), "YYYY-MM-DD"),
        (("revoke", "131041", "--on", "2024-01-01", "--usage", "signing"), "nothing was issued"),
        (("revoke", "131041", "--on", "2024-01-01", "--reason", "stolen"), "key-compromise"),
    ],
)
def test_a_wrong_word_of_a_pki_command_is_answered_with_what_to_type(
    pki: Path, arguments: tuple[str, ...], says: str
) -> None:
    command, *rest = arguments
    done = typed("pki", command, pki, *rest)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_folder_that_is_no_pki_is_said_so(tmp_path: Path) -> None:
    for command in (("show",), ("issue", "131041")):
        done = typed("pki", command[0], tmp_path, *command[1:])
        assert (done.returncode, "there is no PKI" in done.stderr) == (2, True)
    (tmp_path / "something").touch()
    done = typed("pki", "init", tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (2, True)


def test_a_key_that_others_can_read_makes_show_fail(tmp_path: Path) -> None:
    good("pki", "init", tmp_path / "pki")
    key = tmp_path / "pki" / "authority" / "authority.key.pem"
    key.chmod(0o644)
    done = typed("pki", "show", tmp_path / "pki")
    assert (done.returncode, str(key) in done.stdout) == (1, True)


# --- seal and open


def test_what_was_sealed_is_opened_by_its_recipient_and_by_nobody_else(pki: Path, batch: Path) -> None:
    envelope = sealed(pki, batch)
    assert b"renkei-open" not in envelope.read_bytes()
    assert stat.S_IMODE(envelope.stat().st_mode) == 0o600
    back = batch.with_name("back.csv")
    told = json.loads(
        good("exchange", "open", envelope, "--pki", pki, "--as", "ISA", "--out", back, *ON, "--json")
    )
    assert (told["opened"], told["from"], back.read_bytes()) == (True, "131041", CONTENT)
    other = typed(
        "exchange", "open", envelope, "--pki", pki, "--as", "271004", "--out", back.with_name("x"), *ON
    )
    assert (other.returncode, "NOT_FOR_US" in other.stdout) == (1, True)
    assert not back.with_name("x").exists()


def test_an_altered_envelope_is_refused_and_nothing_is_written(pki: Path, batch: Path) -> None:
    envelope = sealed(pki, batch)
    raw = bytearray(envelope.read_bytes())
    raw[len(raw) // 2] ^= 1
    bad = batch.with_name("bad.p7m")
    bad.write_bytes(raw)
    done = typed("exchange", "open", bad, "--pki", pki, "--as", "ISA", *ON, "--json")
    assert (done.returncode, json.loads(done.stdout)["opened"]) == (1, False)
    assert not batch.with_name("bad").exists()


def test_a_file_is_never_written_over_another(pki: Path, batch: Path) -> None:
    envelope = sealed(pki, batch)
    for again in (
        typed("exchange", "seal", batch, "--pki", pki, "--from", "131041", "--to", "ISA", *ON),
        typed("exchange", "open", envelope, "--pki", pki, "--as", "ISA", *ON),
    ):
        assert (again.returncode, "already" in again.stderr) == (2, True)
    assert batch.read_bytes() == CONTENT


def test_a_certificate_that_is_not_valid_or_for_something_else_seals_nothing(pki: Path, batch: Path) -> None:
    command = ("exchange", "seal", batch, "--pki", pki, "--from", "131041", "--to")
    early = typed(*command, "ISA", "--on", "2018-01-01")
    assert (early.returncode, "not valid on 2018-01-01" in early.stderr) == (2, True)
    link = typed(*command, "131130", *ON)
    assert (link.returncode, "nothing was issued to '131130' for envelope" in link.stderr) == (2, True)
    assert not batch.with_name("batch.csv.p7m").exists()


def test_what_a_signer_sealed_is_refused_once_its_certificate_was_taken_back(
    tmp_path: Path, batch: Path
) -> None:
    pki = tmp_path / "pki"
    good("pki", "init", pki, "--valid-from", "2019-04-01", "--valid-until", "2029-03-31")
    for name in ("ISA", "131041"):
        good("pki", "issue", pki, name)
    envelope = sealed(pki, batch)
    good("pki", "revoke", pki, "131041", "--on", "2024-01-10", "--reason", "key-compromise")
    done = typed("exchange", "open", envelope, "--pki", pki, "--as", "ISA", "--out", tmp_path / "x", *ON)
    assert (done.returncode, "REVOKED" in done.stdout) == (1, True)
    again = typed("pki", "revoke", pki, "131041", "--on", "2024-01-11")
    assert (again.returncode, "taken back before" in again.stderr) == (2, True)
    sealing = typed(
        "exchange",
        "seal",
        batch,
        "--pki",
        pki,
        "--from",
        "131041",
        "--to",
        "ISA",
        "--out",
        tmp_path / "z",
        *ON,
    )
    assert (sealing.returncode, "was taken back" in sealing.stderr) == (2, True)
    # The next certificate of the same name works, and is what is taken from now on.
    good("pki", "issue", pki, "131041")
    good(
        "exchange",
        "seal",
        batch,
        "--pki",
        pki,
        "--from",
        "131041",
        "--to",
        "ISA",
        "--out",
        tmp_path / "z",
        *ON,
    )
    good("exchange", "open", tmp_path / "z", "--pki", pki, "--as", "ISA", "--out", tmp_path / "back", *ON)
    assert (tmp_path / "back").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [encoded(notice()), encoded_xml(notice())], ids=["csv", "xml"])
def test_a_batch_that_its_sender_did_not_sign_is_neither_sealed_nor_opened(
    pki: Path, tmp_path: Path, content: bytes
) -> None:
    batch, bad = tmp_path / "batch", tmp_path / "bad.p7m"
    batch.write_bytes(content)
    done = typed("exchange", "seal", batch, "--pki", pki, "--from", "271004", "--to", "ISA", *ON)
    assert (done.returncode, "--from 131041" in done.stderr) == (2, True), done.stderr
    assert not batch.with_name("batch.p7m").exists()

    other = keyring.load_identity(pki, "271004", (Usage.ENVELOPE,))
    agency = keyring.latest(pki, "ISA", (Usage.ENVELOPE,)).certificate
    bad.write_bytes(envelope.seal(content, other, agency))
    done = typed("exchange", "open", bad, "--pki", pki, "--as", "ISA", *ON)
    assert (done.returncode, "WRONG_SENDER: the batch names 131041" in done.stdout) == (1, True)
    told = json.loads(typed("exchange", "open", bad, "--pki", pki, "--as", "ISA", *ON, "--json").stdout)
    assert (told["opened"], told["code"]) == (False, "WRONG_SENDER")
    assert not bad.with_suffix("").exists()

    good("exchange", "seal", batch, "--pki", pki, "--from", "131041", "--to", "ISA", *ON)
    arguments = ("--pki", pki, "--as", "ISA", "--out", tmp_path / "back", "--json", *ON)
    assert json.loads(good("exchange", "open", f"{batch}.p7m", *arguments))["sender"] == "131041"


def test_of_what_is_no_batch_it_is_said_that_nobody_is_named(pki: Path, batch: Path) -> None:
    told = good(
        "exchange", "open", sealed(pki, batch), "--pki", pki, "--as", "ISA", "--out", f"{batch}.2", *ON
    )
    assert told.endswith("signed by 131041; no header of a batch names its sender\n")


def test_a_name_without_certificate_is_answered_with_the_command_that_issues_one(
    pki: Path, batch: Path
) -> None:
    done = typed("exchange", "seal", batch, "--pki", pki, "--from", "131045", "--to", "ISA", *ON)
    assert done.returncode == 2
    assert f"renkei pki issue {pki} 131045 --usage envelope" in done.stderr
    assert "did you mean '131041'?" in done.stderr


@pytest.fixture
def own_pki(tmp_path: Path) -> Path:
    """A PKI that a test may change."""
    folder = tmp_path / "own"
    good("pki", "init", folder, "--valid-from", "2019-04-01", "--valid-until", "2029-03-31")
    for name in ("ISA", "131041"):
        good("pki", "issue", folder, name)
    return folder


def test_a_revocation_to_come_closes_nobody_out_before_its_day(own_pki: Path, batch: Path) -> None:
    good("pki", "issue", own_pki, "271004")
    one = sealed(own_pki, batch)
    good("pki", "revoke", own_pki, "131041", "--on", "2026-12-31")

    def opened(day: str) -> str:
        back = batch.with_name(f"back-{day}")
        return typed(
            "exchange", "open", one, "--pki", own_pki, "--as", "ISA", "--out", back, "--on", day
        ).stdout

    assert "signed by 131041" in opened("2024-01-15")
    assert "signed by 131041" in opened("2026-12-30")
    assert "REVOKED" in opened("2026-12-31")
    # One that counts earlier can follow, for another certificate and for the same one.
    good("pki", "revoke", own_pki, "271004", "--on", "2024-02-01")
    good("pki", "revoke", own_pki, "131041", "--on", "2024-03-01", "--reason", "key-compromise")
    assert "signed by 131041" in opened("2024-02-29")
    assert "REVOKED" in opened("2024-03-01")
    later = typed("pki", "revoke", own_pki, "131041", "--on", "2024-03-02")
    assert (later.returncode, "taken back before" in later.stderr) == (2, True)
    shown = good("pki", "show", own_pki)
    assert "number 4, 2 revoked, believed 2019-04-01T00:00:00+09:00 .. 2029-03-31T23:59:59+09:00" in shown


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (("--on", "2029-04-01"), "the authority is not valid on 2029-04-01"),
        (("--on", "2019-03-31"), "the authority is not valid on 2019-03-31"),
        (("--on", "2024-05-01", "--until", "2024-04-30"), "the list runs out before"),
    ],
)
def test_a_day_on_which_no_list_could_say_so_is_refused(
    own_pki: Path, days: tuple[str, ...], says: str
) -> None:
    before = (own_pki / "revoked.crl.pem").read_bytes()
    done = typed("pki", "revoke", own_pki, "131041", *days)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert (own_pki / "revoked.crl.pem").read_bytes() == before


def test_what_is_no_file_or_too_large_a_one_is_refused_before_it_is_read(pki: Path, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2 * 1024**3)
    for wrong, says in ((tmp_path / "huge", "too large"), (tmp_path, "no file"), (tmp_path / "no", "read")):
        for command in (
            ("seal", wrong, "--pki", pki, "--from", "131041", "--to", "ISA", *ON),
            ("open", wrong, "--pki", pki, "--as", "ISA", *ON),
        ):
            done = typed("exchange", *command)
            assert (done.returncode, says in done.stderr) == (2, True), done.stderr


@pytest.mark.real_peer
def test_openssl_opens_what_the_command_sealed_with_the_keys_of_the_folder(
    pki: Path, batch: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("openssl is not installed: install the package `openssl`")
    envelope, own = sealed(pki, batch), pki / "issued" / "ISA-envelope-1"
    keys = ["-recip", str(own / "ISA.cert.pem"), "-inkey", str(own / "ISA.key.pem")]
    command = [openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(envelope), *keys]
    signed = subprocess.run(command, capture_output=True, check=True).stdout
    command = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-attime", "1705276800"]
    command += ["-CAfile", str(pki / "authority" / "authority.cert.pem")]
    done = subprocess.run(command, input=signed, capture_output=True, check=True)
    assert done.stdout == CONTENT


def test_the_document_names_the_files_of_a_pki(pki: Path) -> None:
    assert [path for path in described.PKI_FILES if not (pki / path).is_file()] == []


@pytest.mark.real_peer
def test_the_commands_of_the_document_seal_and_open_and_refuse_what_was_taken_back(
    own_pki: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("peer", "openssl")
    if shutil.which("openssl") is None:
        pytest.fail("openssl is not installed: install the package `openssl`")
    own_pki.rename(tmp_path / "pki")
    content = encoded(notice())
    (tmp_path / "batch.csv").write_bytes(content)

    def run(script: str, day: str = "1705276800") -> int:
        # The document's commands take the real day; here it is a fixed one.
        script = "set -e\n" + script.replace(" -crl_check ", f" -crl_check -attime {day} ")
        assert ("-attime" in script) == ("-verify" in script)
        return subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=False).returncode

    assert run(described.OPENSSL_SEAL) == 0
    assert run(described.OPENSSL_OPEN) == 0
    assert (tmp_path / "opened.csv").read_bytes() == content
    arguments = ("--pki", tmp_path / "pki", "--as", "ISA", "--out", tmp_path / "back", *ON)
    good("exchange", "open", tmp_path / "batch.csv.p7m", *arguments)
    assert (tmp_path / "back").read_bytes() == content
    # As the document says: from when the list names it, whatever the day.
    good("pki", "revoke", tmp_path / "pki", "131041", "--on", "2026-12-31")
    assert run(described.OPENSSL_OPEN) != 0


# --- reconcile


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a village's fortnight."""
    from sim.studies.scenario.loading import FOLDER

    folder = tmp_path_factory.mktemp("run")
    text = (FOLDER / "shinjuku-2019.toml").read_text(encoding="utf-8")
    (folder / "village.toml").write_text(
        text.replace("residents = 42157", "residents = 400").replace("days = 30", "days = 14")
    )
    good("sim", "run", folder / "village.toml", "--out", folder / "out")
    return folder / "out" / "journal.ndjson"


def test_a_whole_run_adds_up_and_so_does_each_side_of_it_alone(run: Path, tmp_path: Path) -> None:
    whole = json.loads(good("exchange", "reconcile", run, "--json"))
    assert whole["sound"] is True
    assert all(one["rest"] == 0 for one in (*whole["records"].values(), *whole["batches"].values()))
    assert json.loads(good("exchange", "reconcile", run.parent, "--json")) == whole
    sides: dict[str, list[str]] = {}
    for line in run.read_text(encoding="utf-8").splitlines():
        sides.setdefault(json.loads(line)["node"], []).append(line)
    files = []
    for node, rows in sides.items():
        files.append(tmp_path / f"{node}.ndjson")
        files[-1].write_text("\n".join(rows) + "\n", encoding="utf-8")
        assert good("exchange", "reconcile", files[-1]).endswith("adds up\n")
    together = json.loads(good("exchange", "reconcile", *reversed(files), "--json"))
    assert together == whole


def test_a_record_that_vanished_is_named_with_the_side_that_saw_it_last(run: Path, tmp_path: Path) -> None:
    rows = run.read_text(encoding="utf-8").splitlines()
    victim = next(row for row in rows if json.loads(row)["kind"] == "record_accepted")
    name = json.loads(victim)["data"]["record"]
    rows.remove(victim)
    (tmp_path / "j.ndjson").write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = typed("exchange", "reconcile", tmp_path / "j.ndjson")
    assert done.returncode == 1
    assert "DOES NOT ADD UP" in done.stdout
    assert "ministry: HOLE" in done.stdout
    assert f"{name} " in done.stdout


def test_an_altered_copy_of_a_line_is_found_in_either_order(run: Path, tmp_path: Path) -> None:
    victim = next(row for row in run.read_text(encoding="utf-8").splitlines() if '"record_accepted"' in row)
    other = tmp_path / "other.ndjson"
    other.write_text(victim.replace('"record_accepted"', '"something_else"') + "\n", encoding="utf-8")
    first, second = (typed("exchange", "reconcile", *two) for two in ((run, other), (other, run)))
    assert (first.returncode, first.stdout) == (second.returncode, second.stdout)
    assert first.returncode == 1
    assert f"ministry#{json.loads(victim)['n']}: DISPUTED" in first.stdout


def test_each_command_imports_all_that_it_needs(run: Path, batch: Path, tmp_path: Path) -> None:
    back, pki, until = tmp_path / "back.csv", tmp_path / "pki", ("--valid-until", "2029-03-31")
    for arguments in (
        ("pki", "init", pki, "--valid-from", "2019-04-01", *until),
        ("pki", "issue", pki, "131041"),
        ("pki", "issue", pki, "ISA"),
        ("exchange", "seal", batch, "--pki", pki, "--from", "131041", "--to", "ISA", *ON),
        ("exchange", "open", f"{batch}.p7m", "--pki", pki, "--as", "ISA", "--out", back, *ON),
        ("pki", "revoke", pki, "131041", "--on", "2026-12-31"),
        ("pki", "show", pki),
        ("exchange", "reconcile", run),
    ):
        done = apart(*arguments)
        assert done.returncode == 0, done.stderr
    assert back.read_bytes() == CONTENT


def test_a_folder_without_a_journal_is_said_so(tmp_path: Path) -> None:
    done = typed("exchange", "reconcile", tmp_path)
    assert (done.returncode, "journal.ndjson" in done.stderr) == (2, True)


def test_one_person_and_one_batch_are_shown_in_detail_at_an_instant(run: Path) -> None:
    line = next(
        json.loads(row)
        for row in run.read_text(encoding="utf-8").splitlines()
        if json.loads(row)["kind"] == "record_raised"
    )
    shown = json.loads(good("exchange", "reconcile", run, "--person", line["subject"], "--json"))
    assert line["data"]["record"] in [item["name"] for item in shown["items"]]
    at = "2019-04-10T12:00:00+09:00"
    then = json.loads(good("exchange", "reconcile", run, "--at", at, "--json"))
    assert (then["until"], then["sound"]) == (at, True)
    whole = json.loads(good("exchange", "reconcile", run, "--json"))
    assert then["records"]["municipality_notice"]["sent"] < whole["records"]["municipality_notice"]["sent"]
    nobody = typed("exchange", "reconcile", run, "--person", "P-NOBODY")
    assert (nobody.returncode, "know nothing of it" in nobody.stderr) == (2, True)
    wrong = typed("exchange", "reconcile", run, "--at", "2019-04-01")
    assert (wrong.returncode, "with an offset" in wrong.stderr) == (2, True)
    missing = typed("exchange", "reconcile", run.with_name("none"))
    assert missing.returncode == 2
