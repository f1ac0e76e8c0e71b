"""`terminal.toml`: what is set of an exchange terminal. Checked completely before it starts."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.exchange.folders import LARGEST
from sim.exchange.municipality import is_municipality
from sim.nodes.terminal import Role

REMEDY: Final = "see the comments in the file that `renkei terminal init` wrote"
SERVICE: Final = "service"
"""The id of the terminal's own operator."""

LONGEST_PAUSE: Final = 20.0
"""Seconds between two attempts to connect, at most; with what the terminal's name draws on top it is 30.

So a terminal is back within half a minute after the line is, and all of them spread over that time.
"""

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerTable(_Table):
    """Where the ministry server is reached, which may be a proxy of the network, and how patiently."""

    url: str = Field(pattern=r"^https://[^\s/]+(:[0-9]{1,5})?/?$")
    name: str = Field(default="", pattern=r"^[^\s/]*$", max_length=253)
    patience: Seconds = 10
    wait: int = Field(default=20, ge=0, le=30)
    longest_pause: Seconds = LONGEST_PAUSE


class ScheduleTable(_Table):
    """When it exchanges: clock times in Japan, and with every file."""

    times: tuple[time, ...] = Field(default=(time(22),), min_length=1)
    per_event: bool = False


class FoldersTable(_Table):
    """Where the five folders lie, and every how many seconds outbox/ is looked at.

    `profile`: the version in which files are written for the municipality's systems; all are read.
    """

    root: str = "exchange"
    profile: str = ""
    every: Seconds = 1
    largest: int = Field(default=LARGEST, ge=1, le=LARGEST)


class ConsoleTable(_Table):
    """The local console: its port on 127.0.0.1 (0: any free one), and what protects it."""

    port: int = Field(default=0, ge=0, le=65_535)
    idle_after: Seconds = 600
    attempts: int = Field(default=5, ge=1, le=100)
    train_every: int = Field(default=365, ge=1, le=3660)


class OperatorTable(_Table):
    """Who may use the terminal; `pin` is the hash that `renkei terminal init` wrote."""

    id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    pin: str = Field(pattern=r"^[^$\s]+\$[0-9a-f]{64}$")
    role: Role = Role.OPERATOR
    trained: date | None = None

    def rows(self) -> list[str]:
        """The operator's table, as it stands in the file."""
        trained = [] if self.trained is None else [f"trained = {self.trained.isoformat()}"]
        return [
            "[[operators]]",
            f'id = "{self.id}"',
            f'pin = "{self.pin}"',
            f'role = "{self.role}"',
            *trained,
            "",
        ]


class MachineTable(_Table):
    """This machine. `replaces`: it takes another's place."""

    serial: str = Field(default="1", pattern=r"^[A-Za-z0-9._-]{1,40}$")
    replaces: bool = False


class OnDemandTable(_Table):
    """The line is opened for each exchange only, and for so many minutes at most."""

    credential: str = Field(min_length=1, max_length=100)
    minutes: int = Field(default=30, ge=1, le=1440)


class SoftwareTable(_Table):
    """What runs here, where the municipality follows it."""

    version: str = Field(min_length=1, max_length=60)
    patched: date


class TerminalFile(_Table):
    """The settings file."""

    code: str
    agency: str = "ISA"
    server: ServerTable
    schedule: ScheduleTable = ScheduleTable()
    folders: FoldersTable = FoldersTable()
    console: ConsoleTable = ConsoleTable()
    machine: MachineTable = MachineTable()
    operators: tuple[OperatorTable, ...] = ()
    on_demand: OnDemandTable | None = None
    software: SoftwareTable | None = None
    profile: str = ""

    @field_validator("code")
    @classmethod
    def _is_code(cls, code: str) -> str:
        if not is_municipality(code):
            raise ValueError("six digits of a municipality, the last one its check digit")
        return code

    @field_validator("operators")
    @classmethod
    def _each_is_somebody(cls, operators: tuple[OperatorTable, ...]) -> tuple[OperatorTable, ...]:
        ids = [one.id for one in operators]
        for id in ids:
            if id == SERVICE or ids.count(id) > 1:
                raise ValueError(f"two operators have the id {id!r}, or it is the terminal's own")
        return operators
