"""What a bundle says of a run, as values: the file `verdicts.json`.

Verdicts with all that people need to read them: what was tested, by which rules, and what it amounts to.
The file explains itself, so that another release can make a page of it. Reports read this module, `verdicts`
and journals, and nothing else of the package; it stands on `verdicts` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from conformance.verdicts import CaseVerdict, RequirementVerdict, Severity, Verdict, Words
from sim.base.errors import UsageError
from sim.base.journal import Line

VERDICTS_FILE: Final = "verdicts.json"
PLAN_FILE: Final = "plan.toml"
MANIFEST_FILE: Final = "manifest.json"
ATTESTATION_FILE: Final = "attestation.dsse.json"
JUNIT_FILE: Final = "junit.xml"
REPORT_FILE: Final = "report.html"
CERTIFICATE_FILE: Final = "certificate.html"
JOURNALS: Final = "journals"
"""Names inside a bundle."""

Journals = Mapping[str, Sequence[Line]]
"""The lines of each case, by its id."""


class CertificateKind(StrEnum):
    """What a certificate says."""

    COMPLIANCE = "compliance"
    INTEROPERABILITY = "interoperability"

    @property
    def ja(self) -> str:
        """Its name in Japanese."""
        return {"compliance": "準拠確認", "interoperability": "相互接続確認"}[self.value]


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a certificate is refused, or what is printed on it. `about`: cases, checks or capabilities."""

    code: str
    ja: str
    en: str
    about: tuple[str, ...]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: granted if there is no reason against it. `remarks` are printed either way."""

    kind: CertificateKind
    role: str
    profile: str
    set: str
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...]

    @property
    def granted(self) -> bool:
        """Whether the run earned it."""
        return not self.reasons


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What was tested, as its plan names it. `digest`: SHA-256 of what was delivered, or empty."""

    name: str = ""
    vendor: str = ""
    version: str = ""
    digest: str = ""


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """A capability that a product may have. `declared`: what it said itself; null if it was never asked."""

    id: str
    ja: str
    en: str
    mandatory: bool
    declared: bool | None


class CheckWords(msgspec.Struct, frozen=True, kw_only=True):
    """A check that took part, in words. `severity`: as its author says; the terms may weigh it less."""

    id: str
    ja: str
    en: str
    severity: Severity


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A document that rows cite. `line_of`: what a row's `place` counts in it."""

    ja: str
    en: str
    line_of: str
    superseded: date | None = None


class CaseResult(CaseVerdict, frozen=True, kw_only=True):
    """A case with where it stands. `feature`: the file; `heading`: the feature's title in Japanese."""

    feature: str
    heading: str
    needs: tuple[str, ...] = ()


class RequirementResult(RequirementVerdict, frozen=True, kw_only=True):
    """A row of the register with what it asks. `optional`: it binds only whoever selects it."""

    document: str
    place: str
    kind: str
    optional: bool
    ja: str
    en: str
    checks: tuple[str, ...] = ()


class Unchecked(msgspec.Struct, frozen=True, kw_only=True):
    """A row that no check looks at, with the reason."""

    requirement: str
    document: str
    place: str
    kind: str
    ja: str
    en: str
    why: Words | None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run: the content of `verdicts.json`.

    `harness`: the release that made it. `counts`: cases by verdict. `adapter`: its kind. `peer`: how the
    implementation introduced itself; empty if it never did. `partner`: the product at the other end, null
    where the harness played it; `partner_peer`: how that introduced itself. `only`: the cases that were
    chosen, or empty. `stopped`: why the run ended early; empty if it did not. `granted`: whether the
    certificate is.
    """

    version: Literal[1] = 1
    harness: str
    verdict: Verdict
    counts: dict[str, int]
    implementation: Product
    role: str
    role_words: Words
    profile: str
    profile_words: Words
    set: str
    selected: tuple[str, ...]
    adapter: str
    peer: dict[str, Any]
    partner: Product | None
    partner_peer: dict[str, Any]
    challenge: str
    only: tuple[str, ...]
    stopped: str
    granted: bool
    certificate: Certificate
    capabilities: tuple[Capability, ...]
    checks: tuple[CheckWords, ...]
    documents: dict[str, Source]
    requirements: tuple[RequirementResult, ...]
    unchecked: tuple[Unchecked, ...]
    cases: tuple[CaseResult, ...]

    @property
    def partial(self) -> bool:
        """Whether the run ended early."""
        return bool(self.stopped)

    @property
    def called(self) -> tuple[str, str]:
        """Name and version of what was tested: the plan's, or else the implementation's own word."""
        told = self.implementation
        if told.name:
            return told.name, told.version
        return str(self.peer.get("name", "")), str(self.peer.get("version", ""))

    @property
    def text(self) -> bytes:
        """The file, the same bytes for the same results."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What pages print so that a reader can tell one bundle from another: SHA-256, in hexadecimal.

    `journals`: of all journals together. `key`: the fingerprint of the signing key; empty if unsigned.
    """

    plan: str
    verdicts: str
    journals: str
    key: str


Pages = Callable[[Results, Journals, Proof], dict[str, str]]
"""Makes the pages of a bundle, by their names: `reports` does, which this package may not import."""


def read_results(data: bytes, where: str) -> Results:
    """The results in a `verdicts.json`.

    Raises:
        UsageError: it is none, or of another version.
    """
    try:
        return msgspec.json.decode(data, type=Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            "the verdicts of the bundle cannot be read",
            where=where,
            expected="docs/verdicts.schema.json",
            received=str(error),
        ) from error


def _anything(kind: type) -> dict[str, Any]:
    """The schema of a parameter that a feature file gives: whatever it is."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "any value"}


def schema_text() -> str:
    """The JSON Schema of `verdicts.json`: docs/verdicts.schema.json is this text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"renkei {VERDICTS_FILE}",
    } | msgspec.json.schema(Results, schema_hook=_anything)
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2).decode() + "\n"
