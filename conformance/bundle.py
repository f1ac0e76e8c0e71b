"""What a run leaves behind: a folder that explains and proves itself.

`journals/CASE.ndjson` are what everything else rests on. From them, the plan and a few facts of the run
(which cases were chosen, how the implementation introduced itself, why the run ended early) every other file
follows: same journals, same bytes, because no clock is read. So whoever is given the folder can make it again
and compare (`conformance.verifying`). A run that ended early leaves a bundle that is whole in itself and says
so.

docs/outputs.md describes each file. `manifest.json` is written last, and the attestation after it, because it
signs the manifest's digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from conformance.attest import Signer, statement
from conformance.certificate import certificate_of
from conformance.checks import BY_ROLE
from conformance.junit import junit
from conformance.outcome import in_the_way
from conformance.plan import Plan
from conformance.protocol.roles import FORBIDDEN
from conformance.register import Register, load
from conformance.register.sets import freeze, set_of
from conformance.results import (
    ATTESTATION_FILE,
    JOURNALS,
    JUNIT_FILE,
    MANIFEST_FILE,
    PLAN_FILE,
    VERDICTS_FILE,
    Capability,
    CaseResult,
    Certificate,
    CertificateKind,
    CheckWords,
    Journals,
    Pages,
    Product,
    Proof,
    Reason,
    RequirementResult,
    Results,
    Source,
    Unchecked,
    read_results,
)
from conformance.runner import Run
from conformance.verdicts import Words
from sim.base import journal
from sim.base.errors import UsageError
from sim.base.version import VERSION

UNSIGNED: Final = (MANIFEST_FILE, ATTESTATION_FILE)
"""Files that the manifest does not list: itself, and what signs it."""


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the bundle."""

    sha256: str
    bytes: int


class SignedBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key that signs. That it is named here says nothing of whose it is."""

    fingerprint: str
    public_key: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`manifest.json`: every file with its digest. `stopped`: why the run ended early, or empty."""

    version: Literal[1] = 1
    harness: str
    role: str
    profile: str
    set: str
    challenge: str
    stopped: str
    signed_by: SignedBy | None
    files: dict[str, Listed]

    @property
    def text(self) -> bytes:
        """The file."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


def may_be_written(out: Path) -> None:
    """Makes the folder of a bundle, before a run begins.

    Raises:
        UsageError: it holds something already, or cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise UsageError(
                "the folder for the bundle is not empty",
                where=str(out),
                remedy="give a new folder: a bundle never overwrites another one",
            )
    except OSError as error:
        raise UsageError(
            "the folder for the bundle cannot be made",
            where=str(out),
            received=str(error.strerror),
            remedy="give --out a folder that is new or empty, at a place where you may write",
        ) from error


def results_of(plan: Plan, run: Run, only: tuple[str, ...], register: Register | None = None) -> Results:
    """What is said of a run. `only`: the cases that were chosen; empty for all."""
    register = register or load()
    role, profile, said = plan.what, plan.recommended, run.verdicts
    declared = run.peer.get("capabilities") if run.peer else None
    infos = {info.id: info for info in run.cases}
    rows = {row.id: row for row in register.requirements}
    certificate = _certificate(plan, run, only, register)
    return Results(
        harness=VERSION,
        verdict=said.verdict,
        counts=dict(sorted(Counter(str(case.verdict) for case in said.cases).items())),
        implementation=Product(**plan.implementation.model_dump()),
        role=role.id,
        role_words=Words(role.ja, role.en),
        profile=profile.name,
        profile_words=Words(profile.ja, profile.en),
        set=said.set,
        selected=said.selected,
        adapter=plan.adapter.kind,
        peer=run.peer,
        partner=None if plan.partner is None else Product(**plan.partner.implementation.model_dump()),
        partner_peer=run.partner,
        challenge=plan.challenge.text,
        only=only,
        stopped=run.stopped,
        granted=certificate.granted,
        certificate=certificate,
        capabilities=tuple(
            Capability(
                id=name,
                ja=ja,
                en=en,
                mandatory=name in profile.mandatory,
                declared=None if declared is None else name in declared,
            )
            for name, (ja, en) in role.capabilities.items()
            if not name.startswith(FORBIDDEN)
        ),
        checks=tuple(
            CheckWords(id=check.id, ja=check.ja, en=check.en, severity=check.severity)
            for check in BY_ROLE[role.id].values()
        ),
        documents={
            name: Source(ja=one.ja, en=one.en, line_of=one.line_of, superseded=one.superseded)
            for name, one in register.document.items()
        },
        requirements=tuple(
            RequirementResult(
                requirement=one.requirement,
                verdict=one.verdict,
                document=rows[one.requirement].document,
                place=rows[one.requirement].place,
                kind=rows[one.requirement].kind,
                optional=register.optional(rows[one.requirement]),
                ja=rows[one.requirement].ja,
                en=rows[one.requirement].en,
                checks=tuple(name for name in rows[one.requirement].checks if name in BY_ROLE[role.id]),
            )
            for one in said.requirements
        ),
        unchecked=tuple(
            Unchecked(
                requirement=row.id,
                document=row.document,
                place=row.place,
                kind=row.kind,
                ja=row.ja,
                en=row.en,
                why=row.why_none,
            )
            for row in register.requirements
            if role.id in row.roles and not any(name in BY_ROLE[role.id] for name in row.checks)
        ),
        cases=tuple(
            CaseResult(
                **msgspec.structs.asdict(case),
                feature=infos[case.case].feature,
                heading=infos[case.case].heading,
                needs=infos[case.case].needs,
            )
            for case in said.cases
        ),
    )


def _certificate(plan: Plan, run: Run, only: tuple[str, ...], register: Register) -> Certificate:
    """What comes of the verdicts, and what else stands in the way."""
    products = [plan.implementation] + ([] if plan.partner is None else [plan.partner.implementation])
    judged = certificate_of(
        run.verdicts,
        register,
        plan.recommended,
        declared=run.peer.get("capabilities", ()),
        kind=CertificateKind.COMPLIANCE if plan.partner is None else CertificateKind.INTEROPERABILITY,
        parties=[f"{one.name} {one.version}".strip() for one in products],
    )
    more = [
        Reason(code="run", ja=ja, en=en, about=())
        for ja, en in in_the_way(plan, only, str(run.peer.get("name", "")), str(run.partner.get("name", "")))
    ]
    if run.stopped:
        more.append(Reason(code="stopped", ja="途中で終了した", en="the run ended early", about=()))
    return msgspec.structs.replace(judged, reasons=(*judged.reasons, *more))


def requirements_text(role: str, name: str, register: Register | None = None) -> str:
    """The set of requirements that a role is scored by, as a file: a frozen one, or all that there is now."""
    found = set_of(name)
    if found is None:
        ids = [row.id for row in (register or load()).requirements if role in row.roles]
        found = freeze(name, ids, {role: BY_ROLE[role]})
    return found.text


def journal_name(case: str) -> str:
    """The name of a case's journal inside a bundle."""
    return f"{JOURNALS}/{case}.ndjson"


def journal_bytes(lines: tuple[journal.Line, ...]) -> bytes:
    """A journal as its file."""
    return b"".join(journal.encode(line) + b"\n" for line in lines)


def files_of(results: Results, journals: Journals, plan: bytes, pages: Pages, key: str) -> dict[str, bytes]:
    """Every file that the manifest lists, by name. `key`: the fingerprint of the signing key, or empty."""
    files = {journal_name(case): journal_bytes(tuple(lines)) for case, lines in sorted(journals.items())}
    files[PLAN_FILE] = plan
    files[VERDICTS_FILE] = results.text
    files[JUNIT_FILE] = junit(results)
    made = pages(results, journals, proof_of(files, key))
    return files | {name: text.encode() for name, text in made.items()}


def proof_of(files: Mapping[str, bytes], key: str) -> Proof:
    """What pages print of the files that they rest on."""
    listed = "".join(
        f"{sha256(files[name])}  {name}\n" for name in sorted(files) if name.startswith(f"{JOURNALS}/")
    )
    return Proof(
        plan=sha256(files[PLAN_FILE]),
        verdicts=sha256(files[VERDICTS_FILE]),
        journals=sha256(listed.encode()),
        key=key,
    )


def read_bundle(folder: Path) -> tuple[Results, dict[str, tuple[journal.Line, ...]], Proof]:
    """What the pages of a bundle are made of, as its files say it. Whether it holds, `verifying` tells.

    Raises:
        UsageError: a file is missing or cannot be read.
    """
    places = sorted((folder / JOURNALS).glob("*.ndjson"))
    try:
        files = {
            name: (folder / name).read_bytes()
            for name in (
                PLAN_FILE,
                VERDICTS_FILE,
                MANIFEST_FILE,
                *(f"{JOURNALS}/{one.name}" for one in places),
            )
        }
    except OSError as error:
        raise UsageError(
            "this is no whole bundle",
            where=str(error.filename),
            received=str(error.strerror),
            remedy="give the folder that `renkei conform run … --out DIR` wrote",
        ) from error
    try:
        manifest = msgspec.json.decode(files[MANIFEST_FILE], type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "the manifest cannot be read", where=str(folder / MANIFEST_FILE), received=str(error)
        ) from error
    results = read_results(files[VERDICTS_FILE], str(folder / VERDICTS_FILE))
    journals = {one.stem: tuple(journal.read(one)) for one in places}
    return results, journals, proof_of(files, manifest.signed_by.fingerprint if manifest.signed_by else "")


def manifest_of(results: Results, files: Mapping[str, bytes], signed_by: SignedBy | None) -> Manifest:
    """The manifest of these files."""
    return Manifest(
        harness=results.harness,
        role=results.role,
        profile=results.profile,
        set=results.set,
        challenge=results.challenge,
        stopped=results.stopped,
        signed_by=signed_by,
        files={name: Listed(sha256=sha256(data), bytes=len(data)) for name, data in sorted(files.items())},
    )


def statement_of(results: Results, plan: bytes, manifest: bytes) -> bytes:
    """What is signed."""
    return statement(results, plan, requirements_text(results.role, results.set), manifest)


def write_bundle(
    out: Path, plan: Plan, run: Run, results: Results, pages: Pages, signer: Signer | None = None
) -> None:
    """Writes everything into a folder that `may_be_written`.

    Raises:
        UsageError: it cannot be written.
    """
    text = plan.text.encode()
    files = files_of(results, run.journals, text, pages, signer.fingerprint if signer else "")
    signed_by = SignedBy(fingerprint=signer.fingerprint, public_key=signer.public) if signer else None
    manifest = manifest_of(results, files, signed_by).text
    files[MANIFEST_FILE] = manifest
    if signer is not None:
        files[ATTESTATION_FILE] = signer.sign(statement_of(results, text, manifest))
    try:
        (out / JOURNALS).mkdir()
        for name, data in files.items():
            (out / name).write_bytes(data)
    except OSError as error:
        raise UsageError(
            "the bundle cannot be written", where=str(error.filename or out), received=str(error.strerror)
        ) from error


def sha256(data: bytes) -> str:
    """The digest of a file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
