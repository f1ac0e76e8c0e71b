"""What a run leaves behind: whole, the same bytes for the same journals, and readable by other programs."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from conformance.bundle import Manifest, may_be_written, read_bundle, results_of, write_bundle
from conformance.child import Stopped
from conformance.junit import clean, junit
from conformance.results import Results, read_results, schema_text
from conformance.runner import Run
from conformance.stage import Stage
from conformance.verdicts import Verdict
from conformance.worker import Nobody
from reports.conformance.pages import pages
from sim.base.errors import UsageError
from tests.conformance.bundle_helpers import (
    CHALLENGE,
    FAILING,
    KEY,
    PASSING,
    broken,
    bundle,
    mixed,
    only_these,
    plan,
    results,
)

DOCS = Path(__file__).parents[2] / "docs"
XSD = Path(__file__).with_name("junit.xsd")
FILES = {
    "attestation.dsse.json",
    "certificate.html",
    "junit.xml",
    "manifest.json",
    "plan.toml",
    "report.html",
    "verdicts.json",
    f"journals/{PASSING}.ndjson",
    f"journals/{FAILING}.ndjson",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def parsed(run: Run) -> etree._Element:
    return etree.fromstring(junit(results(run)))


# --- the folder -----------------------------------------------------------------------------------------
def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        may_be_written(tmp_path)


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be made"):
        may_be_written(tmp_path / "file" / "bundle")


def test_a_folder_that_vanished_before_writing_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written") as caught:
        write_bundle(tmp_path / "gone", plan(), broken(), results(broken()), pages)
    assert str(tmp_path / "gone") in str(caught.value)


def test_a_signed_bundle_has_all_its_files_and_an_unsigned_one_no_attestation(tmp_path: Path) -> None:
    assert contents(bundle(tmp_path, signed=True)).keys() == FILES
    (tmp_path / "second").mkdir()
    assert contents(bundle(tmp_path / "second")).keys() == FILES - {"attestation.dsse.json"}


def test_the_same_journals_give_the_same_bytes(tmp_path: Path) -> None:
    first = contents(bundle(tmp_path, signed=True))
    again = tmp_path / "again"
    may_be_written(again)
    write_bundle(again, plan(), broken(), only_these(broken()), pages, KEY)
    assert contents(again) == first


def test_the_manifest_has_every_file_with_its_digest_and_what_the_bundle_is_of(tmp_path: Path) -> None:
    found = contents(bundle(tmp_path, signed=True))
    manifest = msgspec.json.decode(found["manifest.json"], type=Manifest)
    assert manifest.files.keys() == FILES - {"manifest.json", "attestation.dsse.json"}
    for name, listed in manifest.files.items():
        assert listed.sha256 == hashlib.sha256(found[name]).hexdigest()
        assert listed.bytes == len(found[name])
    assert (manifest.challenge, manifest.set, manifest.stopped) == (CHALLENGE, "current", "")
    assert manifest.signed_by is not None and manifest.signed_by.fingerprint == KEY.fingerprint


def test_an_unsigned_bundle_says_so(tmp_path: Path) -> None:
    found = contents(bundle(tmp_path))
    assert json.loads(found["manifest.json"])["signed_by"] is None
    assert "署名なし" in found["report.html"].decode() and "署名なし" in found["certificate.html"].decode()


def test_the_challenge_stands_in_every_journal(tmp_path: Path) -> None:
    for name, data in contents(bundle(tmp_path)).items():
        if name.startswith("journals/"):
            begun = next(line for line in map(json.loads, data.splitlines()) if line["kind"] == "case_begun")
            assert begun["data"]["challenge"] == CHALLENGE


def test_what_a_case_draws_depends_on_the_challenge_and_on_nothing_else() -> None:
    def drawn(challenge: str, *path: str) -> bytes:
        return Stage("T-1", lambda stage: Nobody(), challenge=challenge).draws(*path).octets(16)

    assert drawn("a", "reader") == drawn("a", "reader")
    assert len({drawn("a", "reader"), drawn("b", "reader"), drawn("", "reader"), drawn("a", "bench")}) == 4


# --- a run that ended early -----------------------------------------------------------------------------
def test_a_run_that_ended_early_leaves_a_whole_bundle_that_says_so(tmp_path: Path) -> None:
    cut = replace(broken(), stopped=Stopped.INTERRUPTED.value)
    told = results(cut)
    write_bundle(tmp_path, plan(), cut, told, pages)
    found = contents(tmp_path)
    assert json.loads(found["verdicts.json"])["stopped"] == "interrupted"
    assert json.loads(found["manifest.json"])["stopped"] == "interrupted"
    assert "途中で終了" in found["report.html"].decode()
    assert "stopped" in {one.code for one in told.certificate.reasons}
    assert not told.granted


def test_a_run_without_a_single_journal_still_leaves_a_bundle(tmp_path: Path) -> None:
    nothing = replace(
        broken(),
        cases=(),
        journals={},
        peer={},
        verdicts=msgspec.structs.replace(broken().verdicts, cases=()),
        stopped="interrupted",
    )
    told = results(nothing)
    write_bundle(tmp_path, plan(), nothing, told, pages)
    assert told.verdict is Verdict.NOT_RUN
    assert "判定した記録がない" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert etree.fromstring((tmp_path / "junit.xml").read_bytes()).get("tests") == "0"


# --- the certificate ------------------------------------------------------------------------------------
def as_product(run: Run) -> Run:
    """The run, as if somebody's product had answered as well as the reference does."""
    return replace(run, peer={**run.peer, "name": "product"})


def test_a_product_that_passes_everything_is_granted_its_certificate(reference: Run) -> None:
    told = results_of(plan(), as_product(reference), ())
    assert told.granted, told.certificate.reasons
    assert told.verdict is Verdict.PASS


def test_the_reference_that_passes_everything_is_granted_none(reference: Run) -> None:
    told = results_of(plan(), reference, ())
    assert [one.en for one in told.certificate.reasons] == ["the reference is no product"]


def test_chosen_cases_earn_no_certificate(reference: Run) -> None:
    told = results_of(plan(), as_product(reference), (PASSING,))
    assert [one.code for one in told.certificate.reasons] == ["run"]


# --- verdicts.json --------------------------------------------------------------------------------------
def test_the_published_schema_is_that_of_the_code() -> None:
    assert (DOCS / "verdicts.schema.json").read_text(encoding="utf-8") == schema_text()


def test_verdicts_are_read_back_as_they_were_written() -> None:
    told = results(mixed())
    assert read_results(told.text, "verdicts.json") == told


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"version": 2}', b"\xff"])
def test_what_is_no_verdicts_file_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(UsageError, match=r"verdicts") as caught:
        read_results(text, "there/verdicts.json")
    assert caught.value.where == "there/verdicts.json"


def test_every_key_of_the_verdicts_is_in_the_schema() -> None:
    schema = json.loads(schema_text())
    told = json.loads(results(mixed()).text)
    assert told.keys() == schema["$defs"]["Results"]["properties"].keys()
    assert told["cases"][0].keys() == schema["$defs"]["CaseResult"]["properties"].keys()
    assert set(schema["$defs"]["Results"]["required"]) <= told.keys()


def test_forbidden_features_are_no_capabilities_that_could_be_missing() -> None:
    assert not [one.id for one in results(mixed()).capabilities if one.id.startswith("forbidden.")]


def test_a_bundle_is_read_again_for_its_pages(tmp_path: Path) -> None:
    folder = bundle(tmp_path, signed=True)
    made = pages(*read_bundle(folder))
    assert {name: (folder / name).read_text(encoding="utf-8") for name in made} == made


@pytest.mark.parametrize("name", ["manifest.json", "verdicts.json", "plan.toml"])
def test_a_bundle_that_lacks_a_file_cannot_be_read_for_its_pages(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path)
    (folder / name).unlink()
    with pytest.raises(UsageError, match="no whole bundle"):
        read_bundle(folder)


# --- junit.xml ------------------------------------------------------------------------------------------
def test_junit_has_the_common_shape() -> None:
    schema = etree.XMLSchema(etree.parse(XSD))
    schema.assertValid(parsed(mixed()))


def test_junit_has_a_suite_for_each_feature_and_a_case_for_each_case() -> None:
    root = parsed(mixed())
    assert root.get("tests") == "5"
    assert [suite.get("name", "").split()[0] for suite in root] == ["juki_22_moving_in.feature", "x.feature"]
    names = [case.get("name", "").split()[0] for case in root.iter("testcase")]
    assert names == [PASSING, FAILING, "X-01", "X-02", "X-03"]


def test_junit_tells_a_failure_with_expected_received_and_evidence() -> None:
    failing = next(
        case for case in parsed(mixed()).iter("testcase") if case.get("name", "").startswith(FAILING)
    )
    (failure,) = failing
    assert (failure.tag, failure.get("type")) == ("failure", "FAIL")
    text = failure.text or ""
    assert "expected: none" in text and "received: immi.19-9-1" in text and "evidence: stage#" in text


def test_junit_tells_unknown_from_failed_and_skips_only_what_does_not_apply() -> None:
    found = {
        case.get("name", "").split()[0]: [(one.tag, one.get("type")) for one in case]
        for case in parsed(mixed()).iter("testcase")
    }
    assert found["X-01"] == [("error", "INCONCLUSIVE")]
    assert found["X-02"] == [("error", "NOT_RUN")]
    assert found["X-03"] == [("skipped", None)]
    assert found[PASSING] == []
    skipped = next(parsed(mixed()).iter("skipped"))
    assert "register.copies" in (skipped.get("message") or "")


def test_the_counts_of_junit_add_up() -> None:
    root = parsed(mixed())
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.get(name, "")) == len(list(root.iter(tag)))
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in root)


def test_junit_writes_what_xml_cannot_hold_as_its_number() -> None:
    error = next(parsed(mixed()).iter("error"))
    assert "\\u0000 ]]> \\ufffe 壊れた" in (error.text or "")
    assert clean("a\x1b\ud800b\t") == "a\\u001b\\ud800b\t"


def test_junit_tells_a_warning_beside_a_case_that_passes() -> None:
    told = results(broken())
    warned = _with_verdict(told, Verdict.WARN)
    case = next(iter(etree.fromstring(junit(warned)).iter("testcase")))
    assert [one.tag for one in case] == ["system-out"]


def _with_verdict(told: Results, verdict: Verdict) -> Results:
    failing = next(case for case in told.cases if case.verdict is Verdict.FAIL)
    checks = tuple(
        msgspec.structs.replace(one, verdict=verdict) for one in failing.checks if one.verdict is Verdict.FAIL
    )
    case = msgspec.structs.replace(failing, verdict=verdict, checks=checks)
    return msgspec.structs.replace(told, cases=(case,))


# --- keys on disk ---------------------------------------------------------------------------------------
def test_a_private_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    from conformance.attest import keygen

    private, public, _ = keygen(tmp_path / "keys")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) & 0o444 == 0o444
