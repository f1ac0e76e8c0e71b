"""How one terminal is set up: what its administrator, its municipality and the agency have decided for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from sim.base.node import NodeId
from sim.exchange.batch import DOWN
from sim.exchange.profile import Profile
from sim.nodes.intake import Gate
from sim.nodes.terminal import operators, training
from sim.nodes.terminal.connection import OnDemand
from sim.nodes.terminal.console import IDLE_AFTER
from sim.nodes.terminal.operators import ATTEMPTS, Credential, Operator, Role
from sim.nodes.terminal.peers import Source, senders
from sim.nodes.terminal.quarantine import built_in
from sim.nodes.terminal.schedule import Schedule
from sim.nodes.terminal.software import MEND_WITHIN, Software

if TYPE_CHECKING:
    from sim.exchange.folders import Scanner

SERVICE = Credential("service", "unattended")
"""The operator of the unattended exchange, where the configuration names no other."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The terminal of the municipality `code`. `exchange_at`: clock time of the daily exchange in Japan.

    `older`: the versions of the profile that it speaks besides the newest, newest first; `available`: those
    that it can be told to take up. `schedule`: takes the place of `exchange_at`. `network`: the node it is
    connected to. `on_demand`: how it connects when it is not connected all the time.

    `operators`: who may use it; `service`: under whom the unattended exchange runs, with a PIN that must fit
    the operator of that id, who is set up with it where the list has none. `attempts`: wrong PINs until an
    operator is locked; `idle_after`: microseconds until a session is closed; `train_every`: days between two
    instructions. `scanner`: the antivirus program. `serial`: of the machine. `software`: its version and
    patches, None where nobody follows them; `patch_every`: days.

    `shared_hardware`: declared where the room has space for one machine only (seed 001, line 38), which then
    is that of the resident-registry network too. That one may hand the terminal nothing all the same.
    """

    name: NodeId
    code: str
    link: NodeId
    ministry: NodeId
    profile: Profile
    exchange_at: time
    older: tuple[Profile, ...] = ()
    network: NodeId = NodeId("lgwan")
    schedule: Schedule | None = None
    operators: tuple[Operator, ...] = ()
    service: Credential = SERVICE
    attempts: int = ATTEMPTS
    idle_after: int = IDLE_AFTER
    train_every: int = training.EVERY
    scanner: Scanner = built_in
    serial: str = "1"
    on_demand: OnDemand | None = None
    available: tuple[Profile, ...] = ()
    software: Software | None = None
    patch_every: int = MEND_WITHIN
    shared_hardware: bool = False

    @property
    def exchanges(self) -> Schedule:
        """When it exchanges."""
        return self.schedule or Schedule((self.exchange_at,))

    @property
    def sources(self) -> Mapping[Source, NodeId]:
        """Which node may hand it what."""
        return senders(self.name, self.network, self.link)

    def profiles(self, taken: tuple[str, ...] = ()) -> tuple[Profile, ...]:
        """The versions that it speaks, newest first; `taken`: those that it was told to take up."""
        if not taken:
            return (self.profile, *self.older)
        known = {one.name: one for one in (*self.available, self.profile, *self.older)}
        own = [one.name for one in (self.profile, *self.older)]
        names = [*(name for name in reversed(taken) if name not in own), *own]
        return tuple(known[name] for name in names)

    def gate(self, profiles: tuple[Profile, ...]) -> Gate:
        """Who may send batches to it: the ministry server and nobody else."""
        peers = {self.ministry: self.profile.agency}
        return Gate(self.code, DOWN, peers, profiles[0], profiles[1:], self.scanner)

    def operator(self, id: str) -> Operator | None:
        """The operator of that id; the terminal's own is there in any case."""
        found = operators.by_id(self.operators, id)
        if found is None and id == self.service.operator:
            pin = operators.hashed(self.service.pin, f"{self.name}/{id}")
            return Operator(id, pin, Role.SERVICE)
        return found
