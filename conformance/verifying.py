"""Makes a bundle again from its journals, offline, and tells what differs.

Theory of operation. Three things are compared. The manifest's digests with the files: what was changed, is
missing or was added afterwards. Every verdict and every file with what the judge and the pages make of the
journals now: so a changed journal shows even if somebody made a new manifest. And the signature with the key:
so a bundle that was made anew as a whole shows, if the key is known from elsewhere.

A few facts of the run cannot be computed: how the implementation introduced itself, which cases were chosen,
why the run ended early, which release made it. They are taken from the bundle, and only the signature vouches
for them. The journals tell the capabilities once more, and have to agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from conformance.attest import fingerprint, opened, public_of
from conformance.bundle import (
    UNSIGNED,
    Manifest,
    SignedBy,
    files_of,
    journal_name,
    manifest_of,
    results_of,
    sha256,
    statement_of,
)
from conformance.judge import judge
from conformance.plan import Plan, load
from conformance.register import load as register
from conformance.register.sets import set_of
from conformance.results import (
    ATTESTATION_FILE,
    JOURNALS,
    MANIFEST_FILE,
    PLAN_FILE,
    VERDICTS_FILE,
    Pages,
    Results,
    read_results,
)
from conformance.runner import Run, collect
from conformance.verdicts import CaseVerdict
from conformance.verification import Difference, Verification
from sim.base import journal
from sim.base.errors import RenkeiError, UsageError
from sim.base.journal import Line

if TYPE_CHECKING:
    from conformance.worker import Info


T = TypeVar("T")


def verify(
    folder: Path, pages: Pages, public: Path | None = None, cases: Iterable[Info] | None = None
) -> Verification:
    """Whether a bundle holds. `public`: the key that must have signed it, in PEM.

    `cases`: the cases that there are, by default those that ship with the harness.

    Raises:
        UsageError: there is no bundle, or no such key.
        HarnessError: our own cases cannot be listed.
    """
    raw, odd = _present(folder)
    if MANIFEST_FILE not in raw and VERDICTS_FILE not in raw:
        raise UsageError(
            "this is no bundle of a conformance run",
            where=str(folder),
            expected=f"a folder with {MANIFEST_FILE}",
            remedy="give the folder that `renkei conform run … --out DIR` wrote",
        )
    key = _key(public) if public is not None else ""
    found = Verification()
    found.differences += [Difference(code="added", where=name) for name in odd]
    manifest = _manifest(raw, found)
    told = _read(raw, VERDICTS_FILE, lambda data: read_results(data, VERDICTS_FILE), found)
    plan = _read(raw, PLAN_FILE, lambda data: load(folder / PLAN_FILE), found)
    journals = _journals(raw, found)
    if told is not None:
        found.made_by = told.harness
    if told is not None and plan is not None and journals is not None:
        owed = tuple(cases or collect(plan.role))
        try:
            _again(raw, told, plan, journals, pages, manifest, owed, found)
        except Exception as error:  # a forged bundle can hold anything; what cannot be judged does not hold
            why = f"{type(error).__name__}: {error}"
            found.differences.append(Difference(code="unreadable", where=str(folder), received=why))
    _signature(raw, manifest, found, key)
    return found


def _present(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """Every file with its content, and what else is there: links, folders, what cannot be read."""
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), expected="the folder of a bundle")
    files, odd = {}, []
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder)
        odd += [str(inside / name) for name in folders if (inside / name) != Path(JOURNALS)]
        for name in sorted(names):
            path, called = Path(place, name), (inside / name).as_posix()
            try:
                if path.is_symlink() or not path.is_file():
                    odd.append(called)
                else:
                    files[called] = path.read_bytes()
            except OSError:
                odd.append(called)
    return files, sorted(odd)


def _key(path: Path) -> str:
    try:
        return public_of(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(
            "the public key cannot be read", where=str(path), received=str(error.strerror)
        ) from error


def _manifest(raw: Mapping[str, bytes], found: Verification) -> Manifest | None:
    """The manifest, after every file was compared with it."""
    manifest = _read(raw, MANIFEST_FILE, lambda data: msgspec.json.decode(data, type=Manifest), found)
    if manifest is None:
        return None
    for name, listed in manifest.files.items():
        if name not in raw:
            found.differences.append(Difference(code="missing", where=name))
        elif (actual := sha256(raw[name])) != listed.sha256:
            found.differences.append(
                Difference(code="changed", where=name, expected=listed.sha256, received=actual)
            )
    for name in sorted(raw):
        if name not in manifest.files and name not in UNSIGNED:
            found.differences.append(Difference(code="added", where=name))
    return manifest


def _read(raw: Mapping[str, bytes], name: str, reader: Callable[[bytes], T], found: Verification) -> T | None:
    """What a file says; None, and a difference, if it is not there or says nothing."""
    if name not in raw:
        one = Difference(code="missing", where=name)
        if one not in found.differences:
            found.differences.append(one)
        return None
    try:
        return reader(raw[name])
    except (RenkeiError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found.differences.append(Difference(code="unreadable", where=name, received=str(error)))
        return None


def _journals(raw: Mapping[str, bytes], found: Verification) -> dict[str, tuple[Line, ...]] | None:
    """All journals by the case that each is called after; None if one cannot be read."""
    read: dict[str, tuple[Line, ...]] = {}
    whole = True
    for name in raw:
        if not name.startswith(f"{JOURNALS}/"):
            continue
        lines = _read(raw, name, _lines, found)
        case = name.removeprefix(f"{JOURNALS}/").removesuffix(".ndjson")
        begun = next((line for line in lines or () if line.kind == "case_begun"), None)
        if lines is None:
            whole = False
        elif begun is None or begun.case != case or journal_name(case) != name:
            whole = False
            found.differences.append(
                Difference(
                    code="journal", where=name, expected=case, received=begun.case if begun else "no case"
                )
            )
        else:
            read[case] = lines
    return read if whole else None


def _lines(data: bytes) -> tuple[Line, ...]:
    """The lines of a journal. Raises a UsageError that names the line which is none."""
    read = []
    for number, row in enumerate(data.splitlines(), start=1):
        try:
            read.append(journal.decode(row))
        except UsageError as error:
            error.where = f"line {number}"
            error.remedy = "the bundle was damaged or changed: have it sent again by whoever made it"
            raise
    return tuple(read)


def _again(
    raw: Mapping[str, bytes],
    told: Results,
    plan: Plan,
    journals: Mapping[str, tuple[Line, ...]],
    pages: Pages,
    manifest: Manifest | None,
    cases: tuple[Info, ...],
    found: Verification,
) -> None:
    """Judges the journals, makes every file again, and compares."""
    owed = tuple(info for info in cases if not told.only or info.id in told.only or info.tag in told.only)
    found.differences += _of_their_cases(journals, {info.id: info for info in owed}, plan, told)
    if any(case not in {info.id for info in owed} for case in journals):
        return
    verdicts = judge(
        journals,
        register(),
        plan.role,
        owed,
        declared=told.peer.get("capabilities") if told.peer else None,
        mandatory=plan.recommended.mandatory,
        selected=plan.requirements.wishes,
        frozen=set_of(plan.requirements.set),
    )
    run = Run(
        owed,
        dict(journals),
        verdicts,
        plan.role,
        told.peer,
        told.stopped,
        plan.requirements.set,
        told.partner_peer,
    )
    # The release is told beside the differences: an old bundle that gives the same again is as good as new.
    results = msgspec.structs.replace(results_of(plan, run, told.only), harness=told.harness)
    found.results = results
    found.differences += _verdicts(told.cases, results.cases)
    signed_by = manifest.signed_by if manifest else None
    files = files_of(results, journals, raw[PLAN_FILE], pages, signed_by.fingerprint if signed_by else "")
    known = {one.where for one in found.differences}
    for name, data in files.items():
        if name not in known and raw.get(name) != data:
            found.differences.append(_content(name, told, results))
    for name in raw:
        if name not in files and name not in known and name not in UNSIGNED:
            found.differences.append(_content(name, told, results))
    if manifest is not None:
        now = msgspec.structs.replace(manifest_of(results, {}, signed_by), files=manifest.files)
        listed = {name for name in raw if name not in UNSIGNED}
        short = {name: len(raw[name]) for name in listed & manifest.files.keys()}
        if now.text != raw[MANIFEST_FILE] or any(
            manifest.files[name].bytes != size and name not in known for name, size in short.items()
        ):
            found.differences.append(Difference(code="content", where=MANIFEST_FILE))


def _of_their_cases(
    journals: Mapping[str, tuple[Line, ...]], cases: Mapping[str, Info], plan: Plan, told: Results
) -> Iterator[Difference]:
    """Whether each journal is of a case that there is, of this run, and of what introduced itself."""
    declared = sorted(told.peer.get("capabilities", ()))
    for case, lines in journals.items():
        where, info = journal_name(case), cases.get(case)
        if info is None:
            yield Difference(code="journal", where=where, expected="a case of the run", received=case)
            continue
        begun = next(line for line in lines if line.kind == "case_begun")
        for key, expected in (("tag", info.tag), ("title", info.title), ("challenge", plan.challenge.text)):
            if (received := str(begun.data.get(key, ""))) != expected:
                yield Difference(
                    code="journal", where=f"{where}: {key}", expected=expected, received=received
                )
        for line in lines:
            claimed = line.data.get("capabilities")
            if line.kind == "capabilities_told" and sorted(claimed or ()) != declared:
                yield Difference(
                    code="capabilities",
                    where=f"{where}: {line.id}",
                    expected=", ".join(declared),
                    received=", ".join(sorted(claimed or ())),
                )


def _verdicts(told: Iterable[CaseVerdict], now: Iterable[CaseVerdict]) -> Iterator[Difference]:
    """Cases and checks of which the bundle says another verdict than its journals give."""
    before, after = ({case.case: case for case in cases} for cases in (told, now))
    for case in sorted({*before, *after}):
        old, new = before.get(case), after.get(case)
        if old is None or new is None:
            yield Difference(
                code="verdict",
                where=case,
                expected=new.verdict if new else "no such case",
                received=old.verdict if old else "none",
            )
            continue
        if old.verdict is not new.verdict:
            yield Difference(code="verdict", where=case, expected=new.verdict, received=old.verdict)
        for number, (was, is_now) in enumerate(zip(old.checks, new.checks, strict=False), start=1):
            if (was.check, was.verdict) != (is_now.check, is_now.verdict):
                yield Difference(
                    code="verdict",
                    where=f"{case} {is_now.check} ({number})",
                    expected=is_now.verdict,
                    received=f"{was.check} {was.verdict}" if was.check != is_now.check else was.verdict,
                )
        if len(old.checks) != len(new.checks):
            yield Difference(
                code="verdict",
                where=case,
                expected=f"{len(new.checks)} checks",
                received=f"{len(old.checks)} checks",
            )


def _content(name: str, told: Results, now: Results) -> Difference:
    """That a file is not what follows; of the verdicts, in which of their parts."""
    parts: list[str] = []
    if name == VERDICTS_FILE:
        parts = [key for key in told.__struct_fields__ if getattr(told, key) != getattr(now, key)]
    return Difference(code="content", where=name, received=", ".join(parts))


def _signature(raw: Mapping[str, bytes], manifest: Manifest | None, found: Verification, key: str) -> None:
    """Whether the key, or the one that the bundle names, signed what follows from the journals."""
    envelope = raw.get(ATTESTATION_FILE)
    named: SignedBy | None = manifest.signed_by if manifest else None
    if envelope is None and named is None:
        found.signature = "unsigned"
        if key:
            found.differences.append(Difference(code="unsigned", where=ATTESTATION_FILE))
        return
    found.signature = "broken"
    if envelope is None:
        found.differences.append(Difference(code="missing", where=ATTESTATION_FILE))
        return
    if named is None:
        found.differences.append(Difference(code="added", where=ATTESTATION_FILE))
        return
    try:
        own = public_of(named.public_key.encode(), MANIFEST_FILE)
        expected = fingerprint(own)
        other = bool(key) and fingerprint(key) != expected
        if expected != named.fingerprint or other:
            if other and expected == named.fingerprint:
                opened(envelope, own)
                found.signature, found.key = "other", expected
            found.differences.append(
                Difference(
                    code="key",
                    where=MANIFEST_FILE,
                    expected=fingerprint(key) if key else expected,
                    received=named.fingerprint,
                )
            )
            return
        statement = opened(envelope, key or own)
    except UsageError as error:
        found.differences.append(
            Difference(code="signature", where=ATTESTATION_FILE, received=error.received or error.message)
        )
        return
    found.key = expected
    if found.results is not None and statement != statement_of(
        found.results, raw[PLAN_FILE], raw[MANIFEST_FILE]
    ):
        found.differences.append(Difference(code="content", where=ATTESTATION_FILE))
        return
    found.signature = "verified" if key else "signed"
