"""`ministry.toml`: what an operator sets of a ministry server. Checked completely before it starts."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.base.outside import toml_of, validated
from sim.drivers.live import wire
from sim.drivers.live.serving import Times
from sim.exchange.profile import Profile, open_profiles

FILE: Final = "ministry.toml"
DATABASE: Final = "ministry.sqlite"

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listening(_Part):
    """Where it listens. Port 0: any that is free. The admin listener is this machine's own, always."""

    host: str = "127.0.0.1"
    port: Port = 8443
    admin_port: Port = 8444


class Store(_Part):
    """Where it keeps everything: empty for SQLite in the server's folder, or `postgresql+psycopg://…`.

    `receipts_kept_days`: for so long a decided batch's receipt is told and its key is known.
    """

    url: str = ""
    receipts_kept_days: Annotated[int, Field(ge=1, le=36500)] = 400


class Agency(_Part):
    """How the agency works: which versions of the profile it speaks, and what its centre does.

    `immediate`: a notice goes down at once, not with the answer to the day's exchange. `watches_periods`: it
    keeps the clock of 90 days. `looks_at`: at which clock time in Japan it looks who has not exchanged.
    """

    profiles: tuple[str, ...] = tuple(profile.name for profile in open_profiles())
    immediate: bool = False
    watches_periods: bool = False
    looks_at: time | None = None

    @field_validator("profiles")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [profile.name for profile in open_profiles()]
        for name in names:
            if name not in known:
                raise ValueError(f"no version {name!r}: there are {', '.join(known)}")
        if not names:
            raise ValueError("the server speaks one version at least")
        return tuple(name for name in known if name in names)

    def spoken(self) -> tuple[Profile, ...]:
        """The versions, newest first."""
        return tuple(profile for profile in open_profiles() if profile.name in self.profiles)


class Limits(_Part):
    """What the server takes. Sizes in bytes, times in seconds.

    TLS and a request's head have long: when all municipalities come at once, some wait for their turn.
    """

    largest_batch: Annotated[int, Field(ge=1024, le=2**31)] = 64 * 1024 * 1024
    largest_piece: Annotated[int, Field(ge=1024, le=wire.LARGEST_COMMAND)] = wire.LARGEST_PIECE
    uploads_expire_after: Annotated[int, Field(ge=1, le=30 * 86400)] = 86400
    uploads_at_once: Count = 4
    requests_per_minute: Count = 600
    connections_per_municipality: Count = 8
    connections: Count = 4096
    handshake_within: Seconds = 60.0
    header_within: Seconds = 30.0
    piece_within: Seconds = 15.0
    body_within: Seconds = 300.0
    idle_for: Seconds = 60.0
    stop_within: Seconds = 10.0

    def times(self) -> Times:
        """The limits that belong to connections."""
        return Times(self.handshake_within, self.header_within, self.idle_for, self.stop_within)


class Settings(_Part):
    """The whole file. Every part and every key may be left out."""

    listening: Listening = Listening()
    store: Store = Store()
    agency: Agency = Agency()
    limits: Limits = Limits()


def load(folder: Path) -> Settings:
    """The settings of the server in that folder.

    Raises:
        UsageError: no such file, not TOML, a wrong key or value; each with its place.
    """
    path = folder / FILE
    _, raw = toml_of(path, "the server's settings", f"renkei ministry init {folder} --codes 131041")
    return validated(Settings, raw, str(path), f"`renkei ministry init` writes a {FILE} with all keys")


TEMPLATE: Final = """\
# What this ministry server is set to. All values are the standard ones, and every line may be left out.

[listening]
host = "127.0.0.1"      # "0.0.0.0" for all addresses of this machine
port = 8443             # for terminals, TLS; 0: any that is free
admin_port = 8444       # for operators on this machine: health, metrics, overview, commands

[store]
url = ""                # empty: {database} in this folder; or "postgresql+psycopg://user@host/name"
receipts_kept_days = {store.receipts_kept_days}

[agency]
profiles = [{profiles}]
immediate = false       # true: a notice goes down at once, not with the answer to the day's exchange
watches_periods = false # true: it follows the 90 days within which a residence is to be notified
# looks_at = 20:00:00   # the clock time in Japan at which it looks who has not exchanged on an open day

[limits]                # sizes in bytes, times in seconds
largest_batch = {limits.largest_batch}
largest_piece = {limits.largest_piece}     # larger batches go by pieces
uploads_expire_after = {limits.uploads_expire_after} # a begun upload is dropped after such a pause
uploads_at_once = {limits.uploads_at_once}         # begun uploads of one municipality
requests_per_minute = {limits.requests_per_minute}   # of one municipality
connections_per_municipality = {limits.connections_per_municipality}
connections = {limits.connections}
handshake_within = {limits.handshake_within}     # TLS
header_within = {limits.header_within}        # a request's head
piece_within = {limits.piece_within}         # anything more of a body
body_within = {limits.body_within}         # a whole body
idle_for = {limits.idle_for}             # a connection without a request
stop_within = {limits.stop_within}          # requests under way when the server is asked to stop
"""


def template() -> str:
    """The file as `renkei ministry init` writes it."""
    standard = Settings()
    names = ", ".join(f'"{name}"' for name in standard.agency.profiles)
    return TEMPLATE.format(database=DATABASE, profiles=names, limits=standard.limits, store=standard.store)
