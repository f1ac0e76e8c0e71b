"""The seventh safeguard: the log as a chain, and its export to a medium."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base.errors import Breach, UsageError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.nodes.messages.terminal import ExchangeDue, ExportLog, LogOn, OpenTerminal
from sim.nodes.terminal.audit import AuditEntry, Tampering, from_journal, hash_of, origin, verify
from sim.nodes.terminal.export import check_export, read_export, write_export
from tests.drivers.story import AT
from tests.nodes.terminal.desk import NIGHT, PINS, audit, said, terminal

ORIGIN = origin("terminal-131041", "1")


@dataclass
class Log:
    """A chain of so many entries."""

    entries: list[AuditEntry] = field(default_factory=list)

    def add(self, what: str, subject: str = "") -> None:
        n = len(self.entries) + 1
        before = self.entries[-1].hash if self.entries else ORIGIN
        found = hash_of(before, n, Instant(n), what, "op-01", 1, subject)
        self.entries.append(AuditEntry(n, Instant(n), what, "op-01", 1, subject, found))


def chain(length: int) -> list[AuditEntry]:
    log = Log()
    for place in range(length):
        log.add("send", f"B{place}")
    return log.entries


def told(entries: list[AuditEntry], whole: list[AuditEntry]) -> list[tuple[Tampering, int]]:
    found = verify(entries, ORIGIN, whole[-1].hash, len(whole))
    return [(one.tampering, one.n) for one in found]


# --- tampering ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"what": "view"},
        {"operator": "op-02"},
        {"session": 9},
        {"subject": "B9"},
        {"at": Instant(99)},
        {"hash": "0" * 64},
    ],
    ids=str,
)
def test_an_entry_that_was_altered_is_found(change: dict[str, object]) -> None:
    """S3-032."""
    good = chain(5)
    bad = [*good[:2], msgspec.structs.replace(good[2], **change), *good[3:]]
    assert (Tampering.ALTERED, 3) in told(bad, good) or (Tampering.ALTERED, 4) in told(bad, good)


def test_an_entry_that_was_removed_is_found_wherever_it_stood() -> None:
    """S3-032."""
    good = chain(5)
    for place in range(5):
        bad = good[:place] + good[place + 1 :]
        assert told(bad, good) == [(Tampering.REMOVED, place + 1)]


def test_an_entry_that_was_put_in_is_found_whether_it_takes_a_number_or_shifts_the_others() -> None:
    """S3-032."""
    good = chain(5)
    forged = msgspec.structs.replace(good[2], what="view")
    assert (Tampering.INSERTED, 3) in told([*good[:3], forged, *good[3:]], good)
    shifted = [msgspec.structs.replace(one, n=one.n + 1) for one in good[2:]]
    assert told([*good[:2], forged, *shifted], good)
    assert (Tampering.INSERTED, 6) in told([*good, msgspec.structs.replace(forged, n=6)], good)


def test_entries_that_changed_places_are_found() -> None:
    """S3-032."""
    good = chain(5)
    bad = [good[0], good[2], good[1], *good[3:]]
    assert told(bad, good) == [(Tampering.REORDERED, 2)]


def test_a_log_that_was_made_anew_is_found_by_who_knows_where_it_ended() -> None:
    good = chain(3)
    log = Log()
    for _ in good:
        log.add("view")
    assert verify(log.entries, ORIGIN) == ()  # in itself it is a chain
    assert told(log.entries, good) == [(Tampering.ALTERED, 3)]


def test_another_machines_log_does_not_pass_for_this_ones() -> None:
    assert verify(chain(2), origin("terminal-131041", "2")) != ()


def test_a_number_beyond_all_bounds_is_a_finding_and_no_endless_search() -> None:
    far = msgspec.structs.replace(chain(1)[0], n=10**15)
    assert {one.tampering for one in verify([far], ORIGIN)} == {Tampering.REMOVED}


def test_a_good_log_has_no_findings() -> None:
    good = chain(20)
    assert told(good, good) == []
    assert verify([], ORIGIN) == ()


@given(st.integers(2, 12), st.data())
def test_any_single_tampering_is_found(length: int, data: st.DataObject) -> None:
    """S3-032: altered, removed, put in or moved."""
    good = chain(length)
    place = data.draw(st.integers(0, length - 1))
    match data.draw(st.sampled_from(["alter", "remove", "double", "swap"])):
        case "alter":
            bad = [*good]
            bad[place] = msgspec.structs.replace(bad[place], subject=f"{bad[place].subject}x")
        case "remove":
            bad = good[:place] + good[place + 1 :]
        case "double":
            bad = [*good[: place + 1], good[place], *good[place + 1 :]]
        case _:
            other = data.draw(st.integers(0, length - 1).filter(lambda n: n != place))
            bad = [*good]
            bad[place], bad[other] = bad[other], bad[place]
    assert told(bad, good)


# --- the export -----------------------------------------------------------------------------------------
def exported() -> tuple[bytes, str]:
    """What lies on a medium after an exchange and an export, and the head that the journal names."""
    rig = terminal()
    rig.ring(next(one for one in rig.give(OpenTerminal(), NIGHT).wakes if isinstance(one.body, ExchangeDue)))
    rig.give(LogOn("op-01", PINS["op-01"]), NIGHT)
    assert rig.give(ExportLog("LOG-1"), NIGHT).reply.ok
    line = rig.last("log_exported")
    assert line.data["medium"] == "LOG-1"
    with rig.store.transaction() as transaction:
        content = rig.node.on_medium(transaction.state, "LOG-1")  # type: ignore[attr-defined]
    assert read_export(content).sound and len(read_export(content).entries) == line.data["entries"]
    # The export itself is logged, and the next one holds it.
    assert said(rig)[-2:] == [("export", "op-01"), ("log_off", "op-01")]
    rig.give(LogOn("op-01", PINS["op-01"]), NIGHT)
    assert rig.give(ExportLog("LOG-1"), NIGHT).reply.code == "medium_used"
    assert rig.give(ExportLog(""), NIGHT).reply.code == "no_medium"
    assert rig.give(ExportLog("LOG-2"), NIGHT).reply.ok
    with rig.store.transaction() as transaction:
        second = rig.node.on_medium(transaction.state, "LOG-2")  # type: ignore[attr-defined]
    assert ("export", "LOG-1") in [(one.what, one.subject) for one in read_export(second).entries]
    return content, line.data["head"]


def test_the_log_is_exported_verifies_offline_and_the_export_is_logged() -> None:
    """S3-033."""
    content, head = exported()
    check_export(content, head)
    check_export(content)


@settings(max_examples=200)
@given(st.data())
def test_one_changed_byte_in_an_exported_log_is_found(data: st.DataObject) -> None:
    """S3-033: whichever byte, whatever it becomes."""
    content = EXPORTED
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    changed = content[:place] + bytes([other]) + content[place + 1 :]
    assert not read_export(changed).sound
    with pytest.raises(Breach):
        check_export(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content + b"\n",
        lambda content: content + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\n".join(content.split(b"\n")[:-3]) + b"\n",
        lambda content: b"",
    ],
)
def test_an_exported_log_that_was_cut_or_lengthened_is_found(change: object) -> None:
    assert callable(change)
    assert not read_export(change(EXPORTED)).sound


def test_a_whole_log_of_another_day_is_found_by_the_head_in_the_journal() -> None:
    other = write_export(chain(3), "terminal-131041", "1")
    assert read_export(other).sound
    with pytest.raises(Breach, match="does not verify"):
        check_export(other, EXPORTED_HEAD)


@given(st.binary(max_size=300))
def test_reading_an_export_never_raises(content: bytes) -> None:
    assert not read_export(content).sound


EXPORTED, EXPORTED_HEAD = exported()


# --- the journal ----------------------------------------------------------------------------------------
def test_the_log_can_be_verified_from_the_journal_alone() -> None:
    rig = terminal()
    rig.give(LogOn("op-01", PINS["op-01"]), NIGHT)
    log = audit(rig)
    with rig.store.transaction() as transaction:
        assert log == list(transaction.state.audit.entries())
    assert verify(log, origin(AT.terminal, "1")) == ()


def test_a_journal_line_that_is_no_audit_entry_is_wrong_use() -> None:
    line = Line(1, "terminal-131041", 1, Instant(0), "audit_logged", "", "", "", {"n": 1})
    with pytest.raises(UsageError, match="not a line of an audit log"):
        from_journal([line], AT.terminal)
