"""`renkei report verify`: whatever was changed in a bundle is found, and told for what it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from conformance import verifying
from conformance.bundle import Manifest, files_of, manifest_of, results_of, statement_of, write_bundle
from conformance.results import read_results
from conformance.runner import Run
from reports.commands import app
from reports.conformance.pages import pages
from sim.base.errors import UsageError
from tests.conformance.bundle_helpers import (
    FAILING,
    KEY,
    OTHER_KEY,
    PASSING,
    broken,
    bundle,
    codes,
    only_these,
    plan,
    public_key,
    verified,
)

CLI = CliRunner()
NAMES = (
    "attestation.dsse.json",
    "certificate.html",
    f"journals/{PASSING}.ndjson",
    f"journals/{FAILING}.ndjson",
    "junit.xml",
    "manifest.json",
    "plan.toml",
    "report.html",
    "verdicts.json",
)


def manifest_again(folder: Path) -> None:
    """What somebody does who knows of digests: lists the files as they are now."""
    results = read_results((folder / "verdicts.json").read_bytes(), "")
    old = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "attestation.dsse.json")
    }
    (folder / "manifest.json").write_bytes(manifest_of(results, files, old.signed_by).text)


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes lines of a journal."""
    lines = [json.loads(row) for row in path.read_bytes().splitlines()]
    for line in lines:
        change(line)
    path.write_bytes(
        b"".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines
        )
    )


# --- good -----------------------------------------------------------------------------------------------
def test_a_bundle_holds_signed_or_not(tmp_path: Path) -> None:
    found = verified(bundle(tmp_path, signed=True), public_key(tmp_path))
    assert (found.differences, found.signature, found.code) == ([], "verified", 0)
    assert found.key == KEY.fingerprint
    (tmp_path / "other").mkdir()
    unsigned = verified(bundle(tmp_path / "other"))
    assert (unsigned.differences, unsigned.signature, unsigned.code) == ([], "unsigned", 0)


def test_without_a_key_a_signature_is_checked_with_the_key_that_the_bundle_names(tmp_path: Path) -> None:
    found = verified(bundle(tmp_path, signed=True))
    assert (found.signature, found.key, found.code) == ("signed", KEY.fingerprint, 0)


def test_a_partial_bundle_holds(tmp_path: Path) -> None:
    cut = replace(broken(), stopped="interrupted")
    write_bundle(tmp_path, plan(), cut, results_of(plan(), cut, (PASSING, FAILING)), pages)
    found = verified(tmp_path)
    assert found.holds and found.results is not None and found.results.partial


def test_the_cases_that_ship_are_what_a_run_owes_unless_some_were_chosen(tmp_path: Path) -> None:
    said: list[str] = []
    found = verifying.verify(bundle(tmp_path), pages)
    found.show(said.append)
    assert found.holds, said
    assert "it holds" in said[-1]


# --- tampering ------------------------------------------------------------------------------------------
@settings(max_examples=40)
@given(st.sampled_from(NAMES), st.data())
def test_one_changed_byte_in_any_file_is_found(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = bundle(tmp_path_factory.mktemp("b"), signed=True)
    path = folder / name
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    found = verified(folder)
    shutil.rmtree(folder)
    assert not found.holds
    # White space in the envelope's JSON is all that a signature does not cover.
    assert name == "attestation.dsse.json" or any(name in one.where for one in found.differences)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path, signed=True)
    (folder / name).unlink()
    found = verified(folder)
    assert [one.code for one in found.differences if one.where == name][:1] == ["missing"]


@pytest.mark.parametrize("name", ["note.txt", "journals/note.txt", "journals/X-9.ndjson", "more/a.txt"])
def test_an_added_file_is_told(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("", encoding="utf-8")
    assert ("added", name) in {(one.code, one.where) for one in verified(folder).differences}


def test_a_link_in_place_of_a_file_is_told_and_not_followed(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    (folder / "plan.toml").rename(tmp_path / "plan.toml")
    (folder / "plan.toml").symlink_to(tmp_path / "plan.toml")
    found = verified(folder)
    assert ("added", "plan.toml") in {(one.code, one.where) for one in found.differences}
    assert "missing" in codes(found)


def test_a_changed_journal_line_changes_the_verdict_even_under_a_new_manifest(tmp_path: Path) -> None:
    folder = bundle(tmp_path)

    def forge(line: dict[str, Any]) -> None:
        if line["kind"] == "filing_decided":
            line["data"]["deemed"] = "immi.19-7-1"

    edit(folder / "journals" / f"{PASSING}.ndjson", forge)
    manifest_again(folder)
    found = verified(folder)
    told = [one for one in found.differences if one.code == "verdict"]
    assert (told[0].where, told[0].expected, told[0].received) == (PASSING, "FAIL", "PASS")
    assert any("deemed" in one.where for one in told[1:])


def test_a_verdict_written_by_hand_is_told_against_the_one_that_follows(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    path = folder / "verdicts.json"
    path.write_bytes(path.read_bytes().replace(b'"FAIL"', b'"PASS"'))
    manifest_again(folder)
    told = [one for one in verified(folder).differences if one.code == "verdict"]
    assert (told[0].where, told[0].expected, told[0].received) == (FAILING, "FAIL", "PASS")


@pytest.mark.parametrize("name", ["junit.xml", "report.html", "certificate.html"])
def test_a_page_that_does_not_follow_is_told_even_under_a_new_manifest(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes().replace(b"FAIL", b"PASS"))
    manifest_again(folder)
    assert [(one.code, one.where) for one in verified(folder).differences] == [("content", name)]


def test_a_journal_cannot_pass_for_that_of_another_case(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    shutil.copy(folder / "journals" / f"{PASSING}.ndjson", folder / "journals" / f"{FAILING}.ndjson")
    manifest_again(folder)
    (told,) = [one for one in verified(folder).differences if one.code == "journal"]
    assert (told.expected, told.received) == (FAILING, PASSING)


def test_a_journal_of_a_case_that_there_is_not_is_told(tmp_path: Path) -> None:
    folder = bundle(tmp_path)

    def rename(line: dict[str, Any]) -> None:
        line["case"] = line["case"].replace(PASSING, "MINE-01")

    edit(folder / "journals" / f"{PASSING}.ndjson", rename)
    (folder / "journals" / f"{PASSING}.ndjson").rename(folder / "journals" / "MINE-01.ndjson")
    manifest_again(folder)
    assert "MINE-01" in {one.received for one in verified(folder).differences if one.code == "journal"}


def test_a_journal_made_before_the_challenge_was_given_is_told(tmp_path: Path) -> None:
    folder = bundle(tmp_path)

    def unbind(line: dict[str, Any]) -> None:
        line["data"].pop("challenge", None)

    edit(folder / "journals" / f"{PASSING}.ndjson", unbind)
    manifest_again(folder)
    assert any(one.where.endswith(": challenge") for one in verified(folder).differences)


def test_capabilities_that_the_journals_do_not_tell_of_are_found(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    path = folder / "verdicts.json"
    told = read_results(path.read_bytes(), "")
    lying = msgspec.structs.replace(told, peer=told.peer | {"capabilities": ["clock.settable"]})
    path.write_bytes(lying.text)
    manifest_again(folder)
    assert "capabilities" in codes(verified(folder))


@pytest.mark.parametrize(
    "peer", [{"capabilities": None}, {"capabilities": [1, "x"]}, {"capabilities": {"a": 1}}]
)
def test_an_introduction_that_makes_no_sense_does_not_hold_and_harms_nobody(
    tmp_path: Path, peer: dict[str, Any]
) -> None:
    folder = bundle(tmp_path)
    told = read_results((folder / "verdicts.json").read_bytes(), "")
    (folder / "verdicts.json").write_bytes(msgspec.structs.replace(told, peer=peer).text)
    manifest_again(folder)
    assert not verified(folder).holds


def test_a_failing_case_cannot_be_left_out(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    (folder / "journals" / f"{FAILING}.ndjson").unlink()
    told = read_results((folder / "verdicts.json").read_bytes(), "")
    kept = tuple(case for case in told.cases if case.case != FAILING)
    (folder / "verdicts.json").write_bytes(msgspec.structs.replace(told, cases=kept).text)
    manifest_again(folder)
    assert (FAILING, "NOT_RUN", "none") in {
        (one.where, one.expected, one.received) for one in verified(folder).differences
    }


def test_a_certificate_granted_by_hand_is_told(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    told = read_results((folder / "verdicts.json").read_bytes(), "")
    granted = msgspec.structs.replace(
        told, granted=True, certificate=msgspec.structs.replace(told.certificate, reasons=())
    )
    (folder / "verdicts.json").write_bytes(granted.text)
    manifest_again(folder)
    (one,) = [one for one in verified(folder).differences if one.where == "verdicts.json"]
    assert one.received == "granted, certificate"


# --- signatures -----------------------------------------------------------------------------------------
def test_another_key_is_told(tmp_path: Path) -> None:
    found = verified(bundle(tmp_path, signed=True), public_key(tmp_path, OTHER_KEY))
    assert (codes(found), found.signature, found.code) == ({"key"}, "other", 1)
    said: list[str] = []
    found.show(said.append)
    assert any("signed with another key than the one that was given: SHA-256" in line for line in said)
    assert not any("does not hold" in line for line in said[:-1])


def test_a_broken_signature_stays_one_whatever_key_is_given(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    envelope = json.loads((folder / "attestation.dsse.json").read_bytes())
    envelope["payload"] = "e30="
    (folder / "attestation.dsse.json").write_text(json.dumps(envelope))
    found = verified(folder, public_key(tmp_path, OTHER_KEY))
    assert (codes(found), found.signature) == ({"signature"}, "broken")


def test_a_damaged_line_of_a_journal_is_named_and_nobody_is_sent_to_a_simulation(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    path = next(iter(sorted((folder / "journals").iterdir())))
    first, _, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(first + b"\n{damaged\n" + rest)
    (one,) = [one for one in verified(folder).differences if one.code == "unreadable"]
    assert "line 2" in one.received and "sent again" in one.received
    assert "renkei sim run" not in one.received


def test_an_unsigned_bundle_does_not_hold_where_a_key_is_asked_for(tmp_path: Path) -> None:
    found = verified(bundle(tmp_path), public_key(tmp_path))
    assert (codes(found), found.signature) == ({"unsigned"}, "unsigned")


def test_a_signature_that_was_taken_away_is_missed(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    (folder / "attestation.dsse.json").unlink()
    assert {(one.code, one.where) for one in verified(folder).differences} == {
        ("missing", "attestation.dsse.json")
    }


def test_a_bundle_made_anew_under_another_key_does_not_pass_for_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "forged"
    folder.mkdir()
    write_bundle(folder, plan(), broken(), only_these(broken()), pages, OTHER_KEY)
    assert verified(folder).holds
    assert codes(verified(folder, public_key(tmp_path))) == {"key"}


def test_a_signature_over_another_statement_is_told(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    other = msgspec.structs.replace(only_these(broken()), challenge="another")
    text = (folder / "plan.toml").read_bytes()
    (folder / "attestation.dsse.json").write_bytes(
        KEY.sign(statement_of(other, text, (folder / "manifest.json").read_bytes()))
    )
    found = verified(folder, public_key(tmp_path))
    assert [(one.code, one.where) for one in found.differences] == [("content", "attestation.dsse.json")]
    assert found.signature == "broken"


# --- other releases -------------------------------------------------------------------------------------
def test_another_release_is_told_and_is_no_difference_as_such(tmp_path: Path) -> None:
    told = msgspec.structs.replace(only_these(broken()), harness="0.0.9")
    write_bundle(tmp_path, plan(), broken(), told, pages)
    said: list[str] = []
    found = verified(tmp_path)
    found.show(said.append)
    assert found.holds and found.other_release
    assert any("0.0.9" in text for text in said)


def test_files_follow_from_journals_and_plan_alone() -> None:
    run: Run = broken()
    text = plan().text.encode()
    first = files_of(only_these(run), run.journals, text, pages, "")
    second = files_of(only_these(run), dict(reversed(run.journals.items())), text, pages, "")
    assert first == second


# --- the command ----------------------------------------------------------------------------------------
def test_the_command_ends_with_0_for_a_bundle_that_holds(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    done = CLI.invoke(app, ["verify", str(folder), "--public-key", str(public_key(tmp_path)), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["holds"], told["signature"], told["differences"]) == (True, "verified", [])


def test_the_command_ends_with_1_and_tells_exactly_what_differs(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    (folder / "junit.xml").write_text("<testsuites/>")
    done = CLI.invoke(app, ["verify", str(folder)])
    assert done.exit_code == 1
    assert "junit.xml" in done.stdout and "a file was changed" in done.stdout
    assert "it does not hold: 1" in done.stdout


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_what_is_no_bundle_is_wrong_use(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    error = CLI.invoke(app, ["verify", str(tmp_path / name)]).exception
    assert isinstance(error, UsageError)
    assert error.where == str(tmp_path / name)


def test_a_key_that_cannot_be_read_is_wrong_use(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        verified(folder, tmp_path / "none.pub")
    (tmp_path / "bad.pub").write_text("no key")
    with pytest.raises(UsageError, match="cannot be used"):
        verified(folder, tmp_path / "bad.pub")
