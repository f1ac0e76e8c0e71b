"""The terminal's software: which versions of the profile it speaks, and how old its patches are.

The terminal is specified by what it does, not by who made it (seed 001, line 44): whatever speaks the profile
and keeps the safeguards is one. The centre rolls a version of the profile out by telling each terminal to
take it up (`TakeVersion`, line 68). A version that the terminal cannot take up is reported to the centre as a
fault, and so are patches that were not renewed in time (line 45); both when they change, never daily.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Send, Step, Table, Tables, Wake
from sim.nodes.messages.network import ClearFault, Relay, ReportFault, TakeVersion, VersionTaken
from sim.nodes.messages.terminal import InstallSoftware, PatchesDue

if TYPE_CHECKING:
    from sim.nodes.terminal.settings import Settings
    from sim.nodes.terminal.state import TerminalState

MEND_WITHIN: Final = 40
"""Days after which patches must have been renewed. An assumption, made for monthly patches."""

PATCHES_OVERDUE: Final = "patches_overdue"
NO_SUCH_VERSION: Final = "version_not_available"


@dataclass(frozen=True, slots=True)
class Software:
    """What runs on the terminal. `patched`: the day of its latest patches."""

    version: str
    patched: date


class Installed(msgspec.Struct, frozen=True):
    """What was installed since the configuration. `overdue`: the centre was told that patches are missing."""

    version: str
    patched: date
    overdue: bool = False


_INSTALLED = Table("software", Installed)
_VERSIONS = Table("version_taken", int)
TABLES: Final[tuple[Table[Any], ...]] = (_INSTALLED, _VERSIONS)
"""All that is kept here."""


class Programs:
    """What is installed on one terminal."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def installed(self, at_first: Software | None) -> Installed | None:
        """What runs; None where nobody follows it."""
        kept = self._tables.get(_INSTALLED, "software")
        if kept is None and at_first is not None:
            return Installed(at_first.version, at_first.patched)
        return kept

    def install(self, installed: Installed) -> None:
        self._tables.put(_INSTALLED, "software", installed)

    def taken(self) -> tuple[str, ...]:
        """The versions of the profile that were taken up since the configuration, the latest last."""
        rows = sorted(self._tables.scan(_VERSIONS), key=lambda row: row[1])
        return tuple(name for name, _ in rows)

    def take(self, version: str) -> None:
        if self._tables.get(_VERSIONS, version) is None:
            self._tables.put(_VERSIONS, version, len(self.taken()) + 1)


def take_version(settings: Settings, state: TerminalState, ref: str, told: TakeVersion) -> Step:
    """The centre rolls a version out: it is spoken from now on, besides the ones before it."""
    known = {one.name for one in (*settings.available, *settings.profiles())}
    if told.version not in known:
        fault = Relay(settings.ministry, ref, ReportFault(settings.code, settings.name, NO_SUCH_VERSION))
        return Step(Reply(False, NO_SUCH_VERSION), (Send(settings.network, fault),))
    if told.version not in {one.name for one in settings.profiles()}:
        state.programs.take(told.version)
    entry = Entry("version_taken", data={"version": told.version})
    done = Relay(settings.ministry, ref, VersionTaken(told.version))
    return Step(sends=(Send(settings.network, done),), entries=(entry,))


def install(settings: Settings, state: TerminalState, told: InstallSoftware, now: Instant) -> Step:
    """An administrator installs a version with its patches."""
    if told.patched > japan_date(now):
        return Step(Reply(False, "date_in_future"))
    before = state.programs.installed(settings.software)
    state.programs.install(Installed(told.version, told.patched))
    data: Data = {"version": told.version, "patched": told.patched.isoformat()}
    sends: tuple[Send, ...] = ()
    if before is not None and before.overdue:
        mended = ClearFault(settings.code, settings.name, PATCHES_OVERDUE)
        sends = (_report(settings, state, mended),)
    wakes = look_again(settings, state, now)
    return Step(sends=sends, wakes=wakes, entries=(Entry("software_installed", data=data),))


def look_again(settings: Settings, state: TerminalState, now: Instant) -> tuple[Wake, ...]:
    """The wake for the day after the patches must have been renewed."""
    installed = state.programs.installed(settings.software)
    if installed is None:
        return ()
    due = installed.patched + timedelta(days=settings.patch_every)
    return (Wake(Instant(max(now, instant(due + timedelta(days=1)))), PatchesDue(due)),)


def patches_due(settings: Settings, state: TerminalState, told: PatchesDue) -> Step:
    """The patches were not renewed in time: the centre is told once."""
    installed = state.programs.installed(settings.software)
    if installed is None or installed.overdue:
        return Step()
    if installed.patched + timedelta(days=settings.patch_every) != told.due:
        return Step()  # renewed since
    state.programs.install(msgspec.structs.replace(installed, overdue=True))
    data: Data = {"version": installed.version, "patched": installed.patched.isoformat()}
    fault = ReportFault(settings.code, settings.name, PATCHES_OVERDUE)
    return Step(sends=(_report(settings, state, fault),), entries=(Entry(PATCHES_OVERDUE, data=data),))


def _report(settings: Settings, state: TerminalState, body: ReportFault | ClearFault) -> Send:
    """To the central view; it must get there, so the latest word on the patches is remembered."""
    relay = Relay(settings.ministry, f"{settings.code}/{PATCHES_OVERDUE}", body)
    state.connection.remember(relay)
    return Send(settings.network, relay)
