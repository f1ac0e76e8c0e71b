"""The audit log (証跡): that everything is in it, that it is a chain, and what lies on a medium."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

FORM = "renkei-audit/1"
PERSONAL = ("name", "name_kanji", "card_number", "address", "residence")
"""Items that no log has a business with."""
FIELDS = ("n", "at", "what", "operator", "session", "subject")


def chained(before: str, entry: Mapping[str, Any]) -> str:
    """The hash of an entry that follows `before`, by the rule in `docs/adapter.md`."""
    return _sha(before + _canonical([entry.get(name) for name in FIELDS]))


def origin(terminal: object, serial: object) -> str:
    """What the chain of one machine builds on."""
    return _sha(_canonical([FORM, terminal, serial]))


def broken_at(before: str, entries: Sequence[Mapping[str, Any]]) -> int | None:
    """The place of the first entry that does not follow on the one before it; None when all do."""
    for place, entry in enumerate(entries):
        if entry.get("hash") != chained(before, entry) or entry.get("n") != place + 1:
            return place
        before = str(entry.get("hash"))
    return None


@check(
    "terminal_logged",
    Severity.MUST,
    ("S3-032",),
    ("audit_looked", "audit_seen"),
    ja="操作と送受信が証跡に残る",
)
def logged(
    case: Case, look: int, what: str, count: int, operator: str = "", subject: str = ""
) -> Iterator[Finding]:
    """The log tells of this so often, with who did it and with what."""
    looked = case.lines("audit_looked", look=look)
    lines = [
        line
        for line in case.lines("audit_seen", look=look, what=what)
        if operator in ("", line.data.get("operator")) and subject in ("", line.data.get("subject"))
    ]
    if len(lines) != count:
        yield Finding(
            ja="証跡に残っているべきものがないか、余計なものがあります。",
            en="The audit log lacks an entry, or has one too many.",
            expected=f"{what} {operator} {subject}: {count}",
            received=str(len(lines)),
            evidence=tuple(line.id for line in (*looked, *lines)),
        )


@check(
    "terminal_failures_logged",
    Severity.MUST,
    ("S3-030", "S3-032"),
    ("audit_looked", "audit_seen"),
    ja="失敗したログオンを数え、記録する",
)
def failures_logged(case: Case, look: int, failed: int, locked: int) -> Iterator[Finding]:
    """Wrong PINs are counted in the log, and so is the lock."""
    looked = case.lines("audit_looked", look=look)
    lines = [
        *case.lines("audit_seen", look=look, what="log_on_failed"),
        *case.lines("audit_seen", look=look, what="locked"),
    ]
    whats = [str(line.data.get("what")) for line in lines]
    received = (whats.count("log_on_failed"), whats.count("locked"))
    if received != (failed, locked):
        yield Finding(
            ja="失敗したログオン又はロックの記録が違います。",
            en="Failed log-ons or the lock are not in the log as they must be.",
            expected=f"failed {failed}, locked {locked}",
            received=f"failed {received[0]}, locked {received[1]}",
            evidence=tuple(line.id for line in (*looked, *lines)),
        )


@check(
    "terminal_chain",
    Severity.MUST,
    ("S3-032",),
    ("audit_looked", "audit_seen"),
    ja="証跡は改変・抜取りの分かる連鎖である",
    standing=True,
)
def chain(case: Case) -> Iterator[Finding]:
    """Where the log bears hashes, each entry follows on the one before it."""
    for looked in case.lines("audit_looked"):
        lines = case.lines("audit_seen", look=looked.data.get("look"))
        entries = [line.data for line in lines]
        if not any(entry.get("hash") for entry in entries):
            continue
        place = broken_at(origin(looked.data.get("terminal"), looked.data.get("serial")), entries)
        if place is not None:
            yield Finding(
                ja="証跡の連鎖が切れています。",
                en="The chain of the audit log is broken.",
                expected=f"entry {place + 1} follows on the one before it",
                received=said(entries[place].get("hash")),
                evidence=(looked.id, lines[place].id),
            )


@check(
    "terminal_log_in_time",
    Severity.MUST,
    ("S3-032",),
    ("case_begun", "capabilities_told", "audit_seen"),
    ja="証跡の時刻",
    standing=True,
)
def log_in_time(case: Case) -> Iterator[Finding]:
    """The times of the log never run backwards, and lie between the beginning and the look.

    Where the clock cannot be set, nobody knows when the look was by the product's own clock.
    """
    told = [line.data.get("capabilities") for line in case.lines("capabilities_told")]
    settable = any(isinstance(one, list) and "clock.settable" in one for one in told)
    before: dict[object, int] = {}
    begun = [line.at for line in case.lines("case_begun")]
    for line in case.lines("audit_seen"):
        look, at = line.data.get("look"), line.data.get("at")
        earliest = before.get(look, min(begun, default=line.at))
        if not isinstance(at, int) or at < earliest or (settable and at > line.at):
            yield Finding(
                ja="証跡の時刻が、その出来事の時刻ではありません。",
                en="An entry of the log bears a time at which it cannot have happened.",
                expected=f"{earliest} to {line.at}",
                received=said(at),
                evidence=(line.id,),
            )
        else:
            before[look] = at


@check(
    "terminal_discreet",
    Severity.MUST,
    ("S3-027", "S3-032"),
    ("record_submitted", "audit_seen", "export_line", "incident_seen"),
    ja="証跡は個人に関する情報を含まない",
    standing=True,
)
def discreet(case: Case) -> Iterator[Finding]:
    """No log, and no medium with one, says anything of a person."""
    told = set()
    for line in case.lines("record_submitted"):
        items = line.data.get("items")
        if isinstance(items, dict):
            told |= {str(items[name]) for name in PERSONAL if items.get(name)}
    for line in case.lines("audit_seen", "export_line", "incident_seen"):
        text = _canonical(line.data)
        found = sorted(one for one in told if one in text)
        if found:
            yield Finding(
                ja="証跡に個人に関する情報があります。",
                en="A log says something of a person.",
                expected="who did what when, and nothing of a record",
                received=said(found),
                evidence=(line.id,),
            )


@check(
    "terminal_own_log",
    Severity.MUST,
    ("S0-027",),
    ("audit_looked", "status_seen"),
    ja="端末ごとに識別された証跡",
)
def own_log(case: Case, look: int, serial: str) -> Iterator[Finding]:
    """The log is that of this machine, by its name and the serial that stands on it."""
    names = {str(line.data.get("terminal")) for line in case.lines("status_seen")}
    for line in case.lines("audit_looked", look=look):
        ja, en = "証跡がこの端末のものではありません。", "The log is not this machine's."
        yield from differing(line, "serial", serial, ja, en)
        if line.data.get("terminal") not in names or not line.data.get("terminal"):
            yield Finding(
                ja=ja,
                en=en,
                expected=said(sorted(names)),
                received=said(line.data.get("terminal")),
                evidence=(line.id,),
            )


@check(
    "terminal_export",
    Severity.MUST,
    ("S3-033",),
    ("console_done", "export_seen", "export_line", "audit_seen"),
    ja="媒体に出力した証跡を検証できる",
)
def export(case: Case, act: int, look: int, medium: str) -> Iterator[Finding]:
    """What lies on the medium is the log, whole and unaltered, and the export itself is logged."""
    ja, en = "媒体の証跡を検証できません。", "What lies on the medium does not verify."
    for done in case.lines("console_done", act=act, op="export_log"):
        yield from differing(done, "accepted", True, ja, en)
    for line in case.lines("export_seen", act=act):
        yield from differing(line, "found", line.data.get("told"), ja, en)
        rows = [one.data.get("fields") for one in case.lines("export_line", act=act)]
        lines = [row for row in rows if isinstance(row, dict)]
        log = [one.data for one in case.lines("audit_seen", look=look)]
        wrong = _export_fault(lines, log, medium)
        if wrong:
            yield Finding(ja=ja, en=en, expected="the log", received=wrong, evidence=(line.id,))
    own = case.lines("audit_seen", look=look, what="export", subject=medium)
    if len(own) != 1:
        yield Finding(
            ja="証跡の出力が証跡に残っていません。",
            en="The export is not in the log itself.",
            expected=f"export {medium}: 1",
            received=str(len(own)),
            evidence=tuple(line.id for line in case.lines("console_done", act=act)),
        )


@check(
    "terminal_medium_once",
    Severity.MUST,
    ("S3-033",),
    ("console_done",),
    ja="証跡のある媒体に上書きしない",
)
def medium_once(case: Case, act: int, reason: str) -> Iterator[Finding]:
    """A medium that holds a log is not written over."""
    for line in case.lines("console_done", act=act, op="export_log"):
        ja, en = "証跡のある媒体に上書きしています。", "A medium that holds a log was written over."
        yield from differing(line, "accepted", False, ja, en)
        yield from differing(line, "reason", reason, ja, en)


def _export_fault(rows: list[dict[str, Any]], log: Sequence[Mapping[str, Any]], medium: str) -> str:
    """What is wrong with the lines on a medium, or nothing. `log`: as it was seen later.

    What was written before the export was logged must be there.
    """
    if len(rows) < 2 or rows[0].get("form") != FORM:
        return "no log"
    first, *entries, last = rows
    if last.get("entries") != len(entries):
        return f"{len(entries)} entries, of which it says {said(last.get('entries'))}"
    logged = (one.get("what") == "export" and one.get("subject") == medium for one in log)
    due = next((place for place, found in enumerate(logged) if found), 0)
    if len(entries) < due:
        return f"{len(entries)} of {due} entries"
    known = [{name: one.get(name) for name in (*FIELDS, "hash")} for one in log[: len(entries)]]
    found = [{name: one.get(name) for name in (*FIELDS, "hash")} for one in entries]
    if known != found:
        return "other entries than those of the log"
    if not any(one.get("hash") for one in entries):
        return ""
    if broken_at(origin(first.get("terminal"), first.get("serial")), entries) is not None:
        return "a broken chain"
    return "" if entries[-1].get("hash") == last.get("head") else "another head than that of its chain"


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
