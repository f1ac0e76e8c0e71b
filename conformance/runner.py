"""Runs the cases against an implementation, and gives their journals and verdicts.

pytest runs as a library in a child process of the same interpreter: a run cannot disturb the next one or
the caller, a mutant cannot leave anything behind, and pytest sees neither the caller's working directory
nor its environment. The child works in an empty folder, with our configuration file and our plugins only;
it imports along the caller's path, which `renkei.py` has checked. What it leaves are journals: the
verdicts are judged again here, and a child that reported anything else is a fault of the harness.

A run is bounded in time. When the time is over, or somebody interrupts it, the child is asked to stop and
whatever it has left by then is the run: cases without a journal are NOT_RUN.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from conformance.child import Stopped, child
from conformance.judge import judge
from conformance.mutants.trial import Outcome, Trial
from conformance.register import Register, load
from conformance.register.sets import CURRENT, set_of
from conformance.verdicts import Verdicts
from sim.base import journal
from sim.base.errors import HarnessError, UsageError, nearest
from sim.base.journal import Line

if TYPE_CHECKING:
    from conformance.worker import Info, Result

PATIENCE: Final = 600.0
"""Seconds after which a run of the reference that does not end is given up."""

FINISHED: Final = (0, 1)
"""pytest's exit codes after it has run every case: all passed, or some did not."""

ALIKE: Final = 0.8
"""How much an id has to be like another one to be meant: all ids are a little alike."""

Say = Callable[[str], None]


def silent(text: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """All cases against one implementation. `journals`: by the id of the case.

    `peer`: how the implementation introduced itself; empty if it never did. `stopped`: why there is not
    everything; empty when there is. `frozen`: the set of requirements that it was scored by. `partner`: how
    the product at the other end introduced itself; empty without one.
    """

    cases: tuple[Info, ...]
    journals: dict[str, tuple[Line, ...]]
    verdicts: Verdicts
    role: str = ""
    peer: dict[str, Any] = field(default_factory=dict)
    stopped: str = ""
    frozen: str = CURRENT
    partner: dict[str, Any] = field(default_factory=dict)


def collect(role: str) -> tuple[Info, ...]:
    """All cases of a role, in the order of the feature files."""
    with _folder() as out:
        return _work(out, role, collect_only=True)[0].cases


def _chosen(role: str, only: tuple[str, ...]) -> tuple[Info, ...]:
    """The cases that a run of `only` would have."""
    return tuple(info for info in collect(role) if not only or info.id in only or info.tag in only)


def run(
    role: str,
    mutant: str = "",
    register: Register | None = None,
    *,
    adapter: dict[str, Any] | None = None,
    only: tuple[str, ...] = (),
) -> Run:
    """Runs the cases of a role against the built-in reference, a mutant of it, or whatever the adapter is.

    `only`: ids or tags of cases; empty for all.

    Raises:
        HarnessError: the child process failed or did not end, or says something else than its journals.
    """
    done = attempt(role, mutant, register, adapter=adapter, only=only)
    if done.stopped:
        raise HarnessError("the cases could not be run to their end", received=done.stopped)
    return done


def attempt(
    role: str,
    mutant: str = "",
    register: Register | None = None,
    *,
    adapter: dict[str, Any] | None = None,
    only: tuple[str, ...] = (),
    mandatory: tuple[str, ...] | None = None,
    selected: tuple[str, ...] = (),
    frozen: str = CURRENT,
    exchange: dict[str, Any] | None = None,
    challenge: str = "",
    patience: float | None = None,
    partner: dict[str, Any] | None = None,
    say: Say = silent,
) -> Run:
    """A run that may end early, which its `stopped` tells. `say` is told how it goes on.

    `adapter`: the settings of an adapter, without secrets. `mandatory`: capabilities that must be there;
    the role's own by default. `selected`, `frozen`: see `conformance.terms`. `exchange`: how the harness
    writes its files. `challenge`: what the journals are bound to. `patience`: seconds for all of it.
    `partner`: settings of the adapter of the product at the other end; None where the harness plays it.

    Raises:
        UsageError: no case is called as `only` says.
        HarnessError: the implementation cannot be started, the child process failed, or its word differs.
    """
    with _folder() as out:
        result, stopped = _work(
            out,
            role,
            mutant=mutant,
            adapter=adapter or {},
            only=only,
            selected=selected,
            frozen=frozen,
            exchange=exchange or {},
            challenge=challenge,
            patience=patience,
            partner=partner or {},
            say=say,
        )
        # Stopped before it knew its cases, a run still owes them all.
        cases = result.cases if result.cases or not stopped else _chosen(role, only)
        places = {info.id: Path(out, f"{info.id}.ndjson") for info in cases}
        journals = {id: tuple(journal.read(path)) for id, path in places.items() if path.is_file()}
    verdicts = judge(
        journals,
        register or load(),
        role,
        cases,
        declared=result.peer.get("capabilities") if result.peer else None,
        mandatory=mandatory,
        selected=selected,
        frozen=set_of(frozen),
    )
    judged = {case.case: case.verdict for case in verdicts.cases if case.case in journals}
    if stopped:  # it may have been stopped between a journal and its verdict
        judged = {id: verdict for id, verdict in judged.items() if id in result.verdicts}
    if judged != result.verdicts:
        raise HarnessError(
            "the child process reports other verdicts than its journals give",
            expected=str(judged),
            received=str(result.verdicts),
            remedy="please report this: judging must not depend on where it is done",
        )
    return Run(cases, journals, verdicts, role, result.peer, stopped, frozen, result.partner)


def try_mutants(role: str, trials: tuple[Trial, ...], say: Say = silent) -> tuple[Outcome, ...]:
    """Has one child process try mutants of a role's reference, one after the other. `say` is told of each.

    Raises:
        HarnessError: the child process failed or did not end.
    """
    with _folder() as out:
        result, stopped = _work(out, role, trials=trials, say=say)
    if stopped:
        raise HarnessError("the mutants could not be tried to the last", received=stopped)
    return result.outcomes


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="renkei-")


def _work(
    out: str,
    role: str,
    *,
    mutant: str = "",
    adapter: dict[str, Any] | None = None,
    only: tuple[str, ...] = (),
    selected: tuple[str, ...] = (),
    frozen: str = CURRENT,
    exchange: dict[str, Any] | None = None,
    challenge: str = "",
    trials: tuple[Trial, ...] = (),
    collect_only: bool = False,
    patience: float | None = None,
    partner: dict[str, Any] | None = None,
    say: Say = silent,
) -> tuple[Result, str]:
    """Has a child process do a job in the folder `out`: what it left, and why it stopped early, if so."""
    from conformance.worker import HOME, RESULT, Job, Result

    job = Job(
        path=_path(HOME),
        out=out,
        role=role,
        adapter=adapter or {},
        partner=partner or {},
        mutant=mutant,
        only=only,
        collect_only=collect_only,
        selected=selected,
        frozen=frozen,
        exchange=exchange or {},
        challenge=challenge,
        trials=trials,
    )
    ended = child(job, Path(out), PATIENCE if patience is None else patience, say)
    left = Path(out, RESULT)
    where = f"mutant {mutant}" if mutant else f"adapter {adapter['kind']}" if adapter else "reference"
    failure = f"exit code {ended.code}\n{ended.said[-4000:]}"
    if not left.is_file() and ended.stopped is Stopped.INTERRUPTED:
        raise KeyboardInterrupt  # before there was anything to keep
    if not left.is_file():
        raise HarnessError(
            "the child process that runs the cases failed",
            where=where,
            expected=f"exit code {FINISHED[0]} or {FINISHED[1]}",
            received=f"{ended.stopped.value} {failure}".strip(),
            remedy="please report this",
        )
    result = msgspec.json.decode(left.read_bytes(), type=Result)
    if result.unknown:
        raise _unknown(result.unknown, result.cases, role)
    if result.refused:
        raise HarnessError("the implementation cannot be tested", where=where, received=result.refused)
    if ended.stopped is Stopped.NOT and ended.code not in FINISHED:
        return result, f"the child process that runs the cases failed: {failure}"
    return result, ended.stopped.value


def _unknown(names: tuple[str, ...], cases: tuple[Info, ...], role: str) -> UsageError:
    near = nearest(names[0], {name for info in cases for name in (info.id, info.tag)}, ALIKE)
    return UsageError(
        f"there is no such case of {role}",
        where="--only",
        received=", ".join(names),
        remedy=f"did you mean {near}?" if near else f"`renkei conform list --role {role}` lists them",
    )


def _path(home: Path) -> tuple[str, ...]:
    """The caller's import path without the working directory, and with our own packages on it."""
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    return tuple(path if str(home) in path else [str(home), *path])
