"""A small bundle with a bit of everything, made once for a process."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conformance.attest import Signer
from conformance.bundle import may_be_written, results_of, write_bundle
from conformance.judge import judge
from conformance.plan import Plan, load
from conformance.register import load as register
from conformance.results import Results
from conformance.runner import Run, attempt
from conformance.verification import Verification
from conformance.verifying import verify
from conformance.worker import Info
from reports.conformance.pages import pages
from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line

ROLE: Final = "municipal-system"
CHALLENGE: Final = "新宿区 4471"
PASSING: Final = "JUKI22-01"
FAILING: Final = "JUKI22-02"
MUTANT: Final = "deem-without-card"

PLAN: Final = f"""\
version = 1
role = "{ROLE}"
[implementation]
name = "住基ワークス"
vendor = "株式会社テスト"
version = "3.2"
digest = "sha256:{"ab" * 32}"
[challenge]
text = "{CHALLENGE}"
[adapter]
kind = "command"
command = ["true"]
"""

KEY: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_KEY: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))


@cache
def plan(text: str = PLAN) -> Plan:
    """The plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.toml")
        path.write_text(text, encoding="utf-8")
        return load(path)


@cache
def broken() -> Run:
    """A mutant in two cases: one passes, the other fails."""
    return attempt(ROLE, MUTANT, only=(PASSING, FAILING), challenge=CHALLENGE)


@cache
def mixed() -> Run:
    """The same with a case that broke off, one that did not run, and one that did not apply."""
    real = broken()
    fault = Info(id="X-01", tag="X-01", title="壊れた <b>&", feature="x.feature", roles=(ROLE,), heading="仮")
    cases = (
        *real.cases,
        fault,
        msgspec.structs.replace(fault, id="X-02", tag="X-02"),
        msgspec.structs.replace(fault, id="X-03", tag="X-03", needs=("register.copies",)),
    )
    lines = (
        line(1, "case_begun", tag="X-01", title=fault.title, challenge=CHALLENGE),
        line(2, "fault", error="RuntimeError: \x00 ]]> \ufffe 壊れた"),
        line(3, "case_ended"),
    )
    peer = real.peer | {
        "capabilities": [name for name in real.peer["capabilities"] if name != "register.copies"]
    }
    journals = real.journals | {"X-01": lines}
    verdicts = judge(journals, register(), ROLE, cases, declared=peer["capabilities"], mandatory=())
    return replace(real, cases=cases, journals=journals, verdicts=verdicts, peer=peer)


def line(n: int, kind: str, **data: object) -> Line:
    """A line of the stage in the case X-01."""
    return Line(journal.VERSION, "stage", n, Instant(n), kind, "", "X-01", "", data)


def results(run: Run) -> Results:
    """What is said of a run."""
    return results_of(plan(), run, ())


def only_these(run: Run) -> Results:
    """The same, of chosen cases."""
    return results_of(plan(), run, (PASSING, FAILING))


@cache
def _made(signed: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="renkei-test-"))
    bundle = folder / "bundle"
    may_be_written(bundle)
    write_bundle(bundle, plan(), broken(), only_these(broken()), pages, KEY if signed else None)
    return bundle


def bundle(place: Path, *, signed: bool = False) -> Path:
    """A bundle of its own for a test."""
    return Path(shutil.copytree(_made(signed), place / "bundle"))


def verified(folder: Path, public: Path | None = None) -> Verification:
    """The verification, without listing all cases anew each time."""
    return verify(folder, pages, public, broken().cases)


def public_key(place: Path, signer: Signer = KEY) -> Path:
    """The public key in a file."""
    path = place / "signing.pub"
    path.write_text(signer.public, encoding="utf-8")
    return path


def codes(found: Verification) -> set[str]:
    """The codes of what differs."""
    return {one.code for one in found.differences}
