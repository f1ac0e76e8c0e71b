"""相互接続確認: two products against each other, with the harness between them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.attest import statement
from conformance.bundle import results_of
from conformance.doctor import examine
from conformance.inspecting import State
from conformance.plan import Plan, load
from conformance.results import CertificateKind
from conformance.runner import Run, attempt
from conformance.verdicts import Verdict
from sim.base.errors import UsageError
from tests.conformance.adapter_helpers import HELLO, HOME, SAYS

ROLE = "municipal-system"
BUILTIN: dict[str, Any] = {"kind": "builtin"}
CASES = ("EXDAY-04", "EXDAY-01", "REGAN-01", "EXTRB-05", "JUKI22-01")

PLAN = """\
version = 1
role = "{role}"
[implementation]
name = "City"
version = "1.0"
[adapter]
kind = "builtin"
[partner.implementation]
name = "Server"
vendor = "Others"
version = "2.1"
[partner.adapter]
{partner}
"""

MUTANT = """\
import sys
sys.path.insert(0, {home!r})
from conformance.kits import kit_of
kit = kit_of("ministry-server")
channel = kit.reference(next(one for one in kit.mutants if one.id == {mutant!r}))
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(channel.talk(line.rstrip()) + b"\\n")
    sys.stdout.buffer.flush()
"""


def plan(tmp_path: Path, role: str = ROLE, partner: str = 'kind = "builtin"') -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(role=role, partner=partner), encoding="utf-8")
    return path


def against(partner: dict[str, Any], *only: str) -> Run:
    return attempt(ROLE, adapter=BUILTIN, partner=partner, only=only)


def server(mutant: str) -> dict[str, Any]:
    code = MUTANT.format(home=str(HOME), mutant=mutant)
    return {"kind": "command", "command": [sys.executable, "-P", "-c", code]}


# --- what cannot be ---------------------------------------------------------------------------------------
def test_a_partner_of_another_role_than_the_municipal_side_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(plan(tmp_path, role="ministry-server"))
    assert "[partner] goes with" in str(raised.value)


def test_a_secret_written_out_for_the_partner_is_refused(tmp_path: Path) -> None:
    told = 'kind = "http"\nurl = "https://localhost:1/x"\nheaders = { Authorization = "Bearer abc" }'
    with pytest.raises(UsageError) as raised:
        load(plan(tmp_path, partner=told))
    assert raised.value.where == "partner.adapter.headers.Authorization"


def test_a_misspelt_key_of_the_partner_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(plan(tmp_path, partner='kind = "command"\ncomand = ["x"]'))
    assert "partner.adapter" in str(raised.value)


def test_the_doctor_says_that_the_partner_does_not_answer(tmp_path: Path) -> None:
    dead = f'kind = "command"\ncommand = [{str(sys.executable)!r}, "-c", "raise SystemExit(3)"]'
    points = {point.id: point for point in examine(plan(tmp_path, partner=dead), lambda text: None)}
    assert points["answers"].state is State.PASS
    assert points["partner"].state is State.FAIL


# --- whose fault ------------------------------------------------------------------------------------------
def test_a_partner_that_talks_nonsense_fails_the_case_and_is_named() -> None:
    code = (
        f"HELLO = {HELLO | {'roles': ['ministry-server']}!r}\n{SAYS}\nhello()\nread()\nwrite('x\\n')\nread()"
    )
    run = against({"kind": "command", "command": [sys.executable, "-c", code]}, "EXDAY-01")
    (case,) = run.verdicts.cases
    assert case.verdict is Verdict.FAIL
    assert "the partner (ministry-server)" in str(case)


def test_a_partner_that_leaves_out_a_result_is_found_out() -> None:
    run = against(server("last-result-lost"), "EXDAY-04")
    assert run.verdicts.verdict is Verdict.FAIL


# --- two good products ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def pair() -> Run:
    return against(BUILTIN, *CASES)


def test_two_good_products_pass_also_where_the_network_misbehaves_and_the_agency_decides(pair: Run) -> None:
    assert len(pair.verdicts.cases) > len(CASES)
    assert {case.verdict for case in pair.verdicts.cases} == {Verdict.PASS}
    assert pair.partner["name"] == "renkei reference (ministry-server)"


def test_what_became_of_each_record_is_read_off_the_results_of_the_partner(pair: Run) -> None:
    lines = pair.journals["EXDAY-04"]
    assert not [line for line in lines if line.node == "ministry"]
    rejected = [line for line in lines if line.kind == "record_rejected"]
    assert [(line.subject, line.data["code"], line.data["field"]) for line in rejected] == [
        ("KO", "UNKNOWN_VALUE", "sex")
    ]


def test_the_certificate_is_of_the_other_kind_and_names_both_products(pair: Run, tmp_path: Path) -> None:
    told: Plan = load(plan(tmp_path))
    results = results_of(told, pair, ())
    assert results.certificate.kind is CertificateKind.INTEROPERABILITY
    assert "parties" not in [one.code for one in results.certificate.reasons]
    assert {"the reference is no product", "the reference at the other end is no product"} <= {
        one.en for one in results.certificate.reasons
    }
    named = statement(results, b"", "", b"").decode()
    assert "implementation:City@1.0" in named
    assert "partner:Server@2.1" in named


def test_one_product_against_itself_earns_no_interoperability(pair: Run, tmp_path: Path) -> None:
    told = load(plan(tmp_path))
    assert told.partner is not None
    same = told.model_copy(
        update={"partner": told.partner.model_copy(update={"implementation": told.implementation})}
    )
    assert "parties" in [one.code for one in results_of(same, pair, ()).certificate.reasons]
