"""What stands in `lgwan.toml`: where the ministry server is, who is listed, how fast each line is.

A line is known by the address at which its terminal calls, never by what the caller says:

    on loopback    the address `127.PP.C.NN` of the code `PPCNNX` (131041 calls 127.13.1.4), one port for all
    at             an address and a port of its own
    sources        the caller's source networks, at the port that all share

The server's certificate, not the network's, proves to a terminal whom it talks to, and its own certificate to
the server who it is: TLS passes through.
"""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)

from sim.base.errors import UsageError, nearest
from sim.base.outside import toml_of, validated
from sim.drivers.live.network import quantities
from sim.exchange.municipality import is_municipality

FILE: Final = "lgwan.toml"
REMEDY: Final = "`renkei lgwan init DIR` writes a file with every key and what it means"
LOOPBACK: Final = "loopback"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _code(text: str) -> str:
    if not is_municipality(text):
        raise ValueError(f"{text[:20]!r} is not the code of a municipality: five digits and a check digit")
    return text


def _place(text: str) -> str:
    place_of(text)
    return text


def _listen(text: str) -> str:
    if text != LOOPBACK:
        ipaddress.ip_address(text)
    return text


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _microseconds(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("expected a duration with its unit, as text: 40ms, 30s, 5m, 2h")
    return quantities.duration(value)


def _bits(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("expected a rate in bits a second: 64k, 1.5M, unlimited")
    return quantities.rate(value)


def _bytes(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("expected a size: 512KiB, 64MiB")
    return quantities.size(value)


Code = Annotated[str, AfterValidator(_code)]
Rate = Annotated[int, BeforeValidator(_bits)]
Duration = Annotated[int, BeforeValidator(_microseconds)]
Size = Annotated[int, BeforeValidator(_bytes)]
Probability = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65535)]
Place = Annotated[str, AfterValidator(_place)]
SourceNetwork = Annotated[str, AfterValidator(_network)]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")]


class Quality(_Part):
    """How good a line is. `rate`: bits a second for both directions together; `latency`: one way.

    `loss`: how probably a segment of 1,460 bytes has to be sent again. `capture`: whether every byte is kept.
    """

    rate: Rate = 0
    latency: Duration = 0
    loss: Probability = 0.0
    capture: StrictBool = False


class _Deviation(_Part):
    rate: Rate | None = None
    latency: Duration | None = None
    loss: Probability | None = None
    capture: StrictBool | None = None

    def applied(self, quality: Quality) -> Quality:
        """The quality with what is named here."""
        named = {key: value for key in Quality.model_fields if (value := getattr(self, key)) is not None}
        return quality.model_copy(update=named)


class Change(_Deviation):
    """What is to become different on a line; what is not named stays as it is."""

    @model_validator(mode="after")
    def _something(self) -> Change:
        if (self.rate, self.latency, self.loss, self.capture) == (None, None, None, None):
            raise ValueError("nothing is to change: give rate, latency, loss or capture")
        return self


class Listed(_Deviation):
    """A line that differs from the others, or whose terminal calls from elsewhere than this machine.

    `at`: the address and port of its own. `sources`: the networks from which its terminal calls.
    """

    code: Code
    at: Place | None = None
    sources: tuple[SourceNetwork, ...] = ()


class Planned(_Part):
    """Nothing passes from `start` up to, not including, `end`. `line`: whose; without it, everybody's."""

    name: Name = "outage"
    line: Code | None = None
    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _forward(self) -> Planned:
        if self.end <= self.start:
            raise ValueError("an outage ends after its start")
        return self


class Capture(_Part):
    """How much is kept of captured lines: `files` files of `largest` bytes, the newest of them."""

    largest: Annotated[Size, Field(ge=65536)] = 64 * 1024**2
    files: int = Field(default=16, ge=1, le=10_000)


class Settings(_Part):
    """The network. `ministry`: HOST:PORT of the server; `listen`: `loopback`, or the address of all lines.

    `port`: where the lines listen, 0 for any free port. `codes`: who is listed; `codes_file`: a table of
    more, beside the file, with `names`; `lines`: those that differ from `defaults`, listed as well.
    """

    ministry: Place
    listen: Annotated[str, AfterValidator(_listen)] = LOOPBACK
    port: Port = 0
    control_port: Port = 0
    seed: int = Field(default=1, ge=0)
    connections: int = Field(default=10_000, ge=1, le=1_000_000)
    codes: tuple[Code, ...] = ()
    codes_file: str | None = None
    names: dict[Code, str] = {}
    defaults: Quality = Quality()
    lines: tuple[Listed, ...] = ()
    outages: tuple[Planned, ...] = ()
    capture: Capture = Capture()

    @model_validator(mode="after")
    def _once(self) -> Settings:
        for what, values in (
            ("line", [line.code for line in self.lines]),
            ("at", [line.at for line in self.lines if line.at is not None]),
            ("sources", [source for line in self.lines for source in line.sources]),
        ):
            if (twice := next((value for value in values if values.count(value) > 1), None)) is not None:
                raise ValueError(f"lines: {what} {twice} stands there twice")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether the lines are told apart by addresses of this machine alone."""
        return self.listen == LOOPBACK

    @property
    def listed(self) -> dict[str, Listed]:
        """All lines by code."""
        own = {line.code: line for line in self.lines}
        return {code: own.get(code) or Listed(code=code) for code in sorted({*self.codes, *own})}


def load(folder: Path) -> Settings:
    """The settings in `folder/lgwan.toml`, with the codes of its `codes_file`.

    Raises:
        UsageError: no such file, a wrong key or value, a table of codes that is none.
    """
    path = folder / FILE
    _, raw = toml_of(path, "the network's settings", REMEDY)
    settings = validated(Settings, raw, str(path), REMEDY)
    if settings.codes_file is None:
        return settings
    names = read_codes(folder / settings.codes_file)
    return settings.model_copy(
        update={"codes": (*settings.codes, *names), "names": {**names, **settings.names}}
    )


def read_codes(path: Path) -> dict[str, str]:
    """A table of codes: a row is `code` or `code,name`; headings and remarks after # are left out.

    Raises:
        UsageError: it cannot be read, or a row begins with no code; the message names the row.
    """
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row or row[0].startswith("#") or (not found and row[0] == "code"):
                    continue
                if not is_municipality(row[0]) or row[0] in found:
                    raise UsageError(
                        "the table of municipalities has a row without a code of its own",
                        where=f"{path}, row {number}",
                        expected="code or code,name; five digits and a check digit, each code once",
                        received=row[0][:40],
                        remedy="correct the row",
                    )
                found[row[0]] = row[1].strip() if len(row) > 1 else ""
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            "the table of municipalities cannot be read",
            where=str(path),
            received=str(error),
            remedy="give a CSV file in UTF-8 with one code a row",
        ) from error
    return found


def place_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; an address of version 6 stands in brackets.

    Raises:
        ValueError: not in that form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"expected HOST:PORT, such as 127.0.0.1:8443; received {text[:60]!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def loopback_address(code: str) -> str:
    """Where the terminal of a code calls on one machine: `127.PP.C.NN` of the code `PPCNNX`."""
    return f"127.{int(code[:2])}.{int(code[2])}.{int(code[3:5])}"


def unknown_line(code: str, codes: Iterable[str]) -> UsageError:
    """The error about a line that is not listed, with the nearest code."""
    hint = nearest(code, codes, 0.7)
    return UsageError(
        f"there is no line {code[:20]!r}",
        expected="the code of a listed municipality",
        remedy=f"did you mean {hint}?" if hint else "`renkei lgwan show DIR` lists the lines",
    )
