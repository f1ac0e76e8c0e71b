"""What the network and the agency's server saw of all municipalities."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Part


class Usage(Part):
    """What the centre saw of one municipality. `faults`: reported, by kind; `fault_minutes` until cleared."""

    sessions: int = 0
    closed: dict[str, int] = msgspec.field(default_factory=dict)
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    held: int = 0
    batches: int = 0
    records: int = 0
    bytes: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)
    cleared: int = 0
    fault_minutes: int = 0
    emergencies: int = 0
    versions: dict[str, int] = msgspec.field(default_factory=dict)
    differ: int = 0
    lacking: dict[str, int] = msgspec.field(default_factory=dict)


class Centre(Part):
    """The whole country. `policy`: steps taken towards writing to chips; `barred`: those not allowed.

    `without_holder`: decisions on people of whom no municipality holds a record. `strangers`: who knocked and
    was not listed, by peer.
    """

    usage: dict[str, Usage] = msgspec.field(default_factory=dict)
    policy: dict[str, int] = msgspec.field(default_factory=dict)
    barred: dict[str, int] = msgspec.field(default_factory=dict)
    patterns: int = 0
    spent: int = 0
    withdrawn: int = 0
    without_holder: dict[str, int] = msgspec.field(default_factory=dict)
    strangers: dict[str, int] = msgspec.field(default_factory=dict)
    outages_declared: int = 0
    evidence: list[str] = msgspec.field(default_factory=list)
