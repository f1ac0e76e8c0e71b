"""The register and what it names agree, in both directions."""

from __future__ import annotations

import pytest

from conformance.checks import CHECKS
from conformance.mutants import ALL
from conformance.register import PATH, Requirement, load, read
from conformance.runner import Run
from conformance.verdicts import Verdict
from sim.base.errors import HarnessError

ROWS = load().requirements
CHECKED = [row for row in ROWS if row.checks]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_names_exactly_the_checks_that_name_it(row: Requirement) -> None:
    assert list(row.checks) == [check.id for check in CHECKS.values() if row.id in check.requirements]


def test_every_requirement_that_a_check_names_is_a_row() -> None:
    named = {requirement for check in CHECKS.values() for requirement in check.requirements}
    assert named <= {row.id for row in ROWS}


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.id)
def test_a_row_lists_exactly_the_evidence_that_its_checks_read(row: Requirement) -> None:
    assert list(row.evidence) == sorted({kind for name in row.checks for kind in CHECKS[name].reads})


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.id)
def test_a_row_lists_exactly_the_mutants_that_its_checks_catch(row: Requirement) -> None:
    assert list(row.mutants) == [mutant.id for mutant in ALL if mutant.catches in row.checks]
    assert row.mutants


def test_every_mutant_is_in_the_register() -> None:
    assert {mutant.id for mutant in ALL} == {name for row in ROWS for name in row.mutants}


def test_rows_and_feature_files_have_the_same_cases(reference: Run) -> None:
    assert {tag for row in ROWS for tag in row.cases} == {info.tag for info in reference.cases}


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.id)
def test_each_check_of_a_row_says_something_in_one_of_its_cases(row: Requirement, reference: Run) -> None:
    judged = {
        result.check
        for case in reference.verdicts.cases
        if case.tag in row.cases
        for result in case.checks
        if result.verdict is not Verdict.NOT_APPLICABLE
    }
    assert set(row.checks) <= judged


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row.id)
def test_a_row_is_for_a_role_of_its_cases(row: Requirement, reference: Run) -> None:
    roles = {role for info in reference.cases if info.tag in row.cases for role in info.roles}
    assert set(row.roles) <= roles


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_speaks_both_languages_and_cites_its_place(row: Requirement) -> None:
    assert row.ja and row.en and row.place and row.roles


GOOD = """
version = 1
[document.d]
ja = "文書"
en = "document"
line_of = "line"
[[requirement]]
id = "R-1"
document = "d"
place = "1"
kind = "law"
roles = ["r"]
ja = "文"
en = "words"
why_none = "because"
"""


def test_a_good_register_is_read() -> None:
    assert [row.id for row in read(GOOD).requirements] == ["R-1"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = ", "cannot be read"),
        (GOOD.replace("why_none", "why"), "unknown field `why`"),
        (GOOD.replace('document = "d"', 'document = "e"'), "unknown document"),
        (GOOD.replace('why_none = "because"', ""), "why there is none"),
        (GOOD.replace('why_none = "because"', 'why_none = "because"\nchecks = ["c"]'), "why there is none"),
        (GOOD + GOOD[GOOD.index("[[") :], "one id"),
    ],
    ids=["no TOML", "unknown key", "unknown document", "no reason", "check and reason", "two of an id"],
)
def test_a_bad_register_is_our_fault_and_the_message_says_why(text: str, says: str) -> None:
    with pytest.raises(HarnessError) as raised:
        read(text)
    assert says in str(raised.value)


def test_the_register_is_beside_the_code() -> None:
    assert PATH.is_file()
