"""A terminal's folder: its settings, its keys, and how it is made from a kit.

DIR/terminal.toml        the settings (0600: it holds hashes of PINs)
DIR/keys/                0700, files 0600: the only place with secrets
    envelope/ tls/       from the kit: own key and certificate, the other end's, the root's, the list
    store.key            encrypts the database        place.key   seals the files of the folders
    media.key            seals media between the municipality and the agency
    service.pin          of the terminal's own operator        console.token   opens the console
DIR/terminal.sqlite      everything that it remembers
DIR/exchange/            the five folders, unless `folders.root` says another place
DIR/running.json         while it runs: where its console listens
"""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sim.base.errors import UsageError
from sim.base.instant import SECOND
from sim.base.node import NodeId
from sim.base.outside import toml_of, validated
from sim.drivers import folders
from sim.drivers.edge import SealedEdge
from sim.drivers.live.media import MEDIA_KEY
from sim.drivers.topology import MINISTRY
from sim.exchange import pki
from sim.exchange.folders import LARGEST
from sim.exchange.municipality import is_municipality
from sim.exchange.pki import AUTHORITY_NAME
from sim.exchange.profile import Profile, open_profiles
from sim.nodes.terminal import Credential, OnDemand, Operator, Role, Schedule, Software, Terminal, hashed
from sim.nodes.terminal.operators import is_pin

SETTINGS: Final = "terminal.toml"
KEYS: Final = "keys"
DATABASE: Final = "terminal.sqlite"
RUNNING: Final = "running.json"
MACHINE: Final = "machine.id"
REVOKED: Final = "revoked.crl.pem"
PLACE_KEY: Final = "place.key"
STORE_KEY: Final = "store.key"
TOKEN: Final = "console.token"
SERVICE_PIN: Final = "service.pin"
_SERVICE: Final = "service"
_REMEDY: Final = "see the comments in the file that `renkei terminal init` wrote"

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerTable(_Table):
    """Where the ministry server is reached, which may be a proxy of the network, and how patiently."""

    url: str = Field(pattern=r"^https://[^\s/]+(:[0-9]{1,5})?/?$")
    name: str = ""
    patience: Seconds = 10
    wait: int = Field(default=20, ge=0, le=30)
    longest_pause: Seconds = 300


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


@dataclass(frozen=True, slots=True)
class Place:
    """A terminal's folder with its settings."""

    folder: Path
    file: TerminalFile

    @property
    def code(self) -> str:
        return self.file.code

    @property
    def name(self) -> NodeId:
        return NodeId(f"terminal-{self.code}")

    @property
    def link(self) -> NodeId:
        return NodeId(f"link-{self.code}")

    @property
    def keys(self) -> Path:
        return self.folder / KEYS

    @property
    def exchange(self) -> Path:
        return self.folder / self.file.folders.root

    def profiles(self) -> tuple[Profile, ...]:
        """Every version that it can be told to speak, newest first."""
        return open_profiles()

    def node(self) -> Terminal:
        """The terminal as its settings have it.

        Raises:
            UsageError: the settings name a version that is not known, or the PIN of the service is missing.
        """
        file, known = self.file, self.profiles()
        place = known.index(self._version("profile", file.profile or known[0].name))
        patched = file.software
        return Terminal(
            self.name,
            self.code,
            self.link,
            MINISTRY,
            known[place],
            file.schedule.times[0],
            older=known[place + 1 :],
            available=known[:place],
            schedule=Schedule(file.schedule.times, file.schedule.per_event),
            operators=tuple(Operator(one.id, one.pin, one.role, one.trained) for one in file.operators),
            service=Credential(_SERVICE, _secret(self.keys / SERVICE_PIN)),
            attempts=file.console.attempts,
            idle_after=round(file.console.idle_after * SECOND),
            train_every=file.console.train_every,
            serial=file.machine.serial,
            on_demand=None
            if file.on_demand is None
            else OnDemand(file.on_demand.credential, file.on_demand.minutes * 60 * SECOND),
            software=None if patched is None else Software(patched.version, patched.patched),
        )

    def written_in(self) -> Profile:
        """The version in which files are written for the municipality's systems.

        Raises:
            UsageError: the settings name a version that is not known.
        """
        return self._version("folders.profile", self.file.folders.profile or self.profiles()[-1].name)

    def _version(self, key: str, wanted: str) -> Profile:
        for known in self.profiles():
            if known.name == wanted:
                return known
        raise UsageError(
            "no such version of the profile",
            where=f"{self.folder / SETTINGS}: {key}",
            expected=", ".join(one.name for one in self.profiles()),
            received=wanted,
        )

    def edge(self) -> SealedEdge:
        """Its envelope keys, the server's certificate, the root and what that took back.

        Raises:
            UsageError: a file of the kit is missing or damaged.
        """
        at = self.keys / "envelope"
        own, server = pki.load(at, self.code), pki.load_certificate(at, self.file.agency)
        trust = pki.load_certificate(at, AUTHORITY_NAME)
        revocations = None
        if (at / REVOKED).exists():
            revocations = pki.read_revocations((at / REVOKED).read_bytes(), trust, str(at / REVOKED))
        return SealedEdge({self.name: own}, {MINISTRY: server}, trust, revocations)

    def tls(self) -> ssl.SSLContext:
        """TLS with its certificate; it checks the server's.

        Raises:
            UsageError: a file of the kit is missing or damaged.
        """
        at = self.keys / "tls"
        pki.load_link(at, self.code)  # says what is wrong, where TLS would say a number
        pki.load_certificate(at, AUTHORITY_NAME)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(at / f"{AUTHORITY_NAME}.cert.pem")
        context.load_cert_chain(at / f"{self.code}.cert.pem", at / f"{self.code}.key.pem")
        return context

    def place_key(self) -> bytes:
        return folders.load_key(self.keys / PLACE_KEY)

    def store_key(self) -> bytes:
        return folders.load_key(self.keys / STORE_KEY)

    def media_key(self) -> bytes:
        return folders.load_key(self.keys / MEDIA_KEY)

    def token(self) -> str:
        """What opens the console."""
        return _secret(self.keys / TOKEN)

    def machine(self) -> str:
        """What stands before this machine's keys at the server: another machine counts from 1 again."""
        return _secret(self.folder / MACHINE)


def read(folder: Path) -> Place:
    """The terminal in that folder.

    Raises:
        UsageError: there is none, or its settings are wrong; the message names the key.
    """
    path = folder / SETTINGS
    _, raw = toml_of(path, "the terminal's settings", "make the folder with `renkei terminal init`")
    return Place(folder, validated(TerminalFile, raw, str(path), _REMEDY))


# --- making one -------------------------------------------------------------------------------------------
def make(
    folder: Path,
    kit: Path,
    operators: Sequence[OperatorTable] = (),
    *,
    replaces: str = "",
    exchange: Path | None = None,
    place_key: Path | None = None,
) -> Place:
    """Makes a terminal's folder from a municipality's kit.

    Args:
        operators: who may use it.
        replaces: the serial of this machine, when it takes another's place.
        exchange: the folders of the machine before it; `place_key`: the key that opens what lies there.

    Raises:
        UsageError: the folder holds something, or the kit lacks something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "the folder is not empty",
            where=str(folder),
            remedy="give a new folder: keys are never overwritten",
        )
    text, raw = toml_of(kit / SETTINGS, "the kit's settings", "give the folder kits/CODE of `ministry init`")
    validated(TerminalFile, raw, str(kit / SETTINGS), _REMEDY)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = folder / KEYS
    keys.mkdir(mode=0o700)
    for kind in ("envelope", "tls"):
        source = next((at for at in (kit / kind, kit / KEYS / kind) if at.is_dir()), None)
        if source is None:
            raise UsageError("the kit is not whole", where=str(kit), expected=f"a folder {kind}")
        _take(source, keys / kind)
    for name in (STORE_KEY, MEDIA_KEY):
        if (kit / KEYS / name).exists():
            _take_file(kit / KEYS / name, keys / name)
        else:
            folders.make_key(keys / name)
    if place_key is None:
        folders.make_key(keys / PLACE_KEY)
    else:
        folders.load_key(place_key)
        _take_file(place_key, keys / PLACE_KEY)
    _keep_secret(keys / TOKEN, secrets.token_hex(32))
    _keep_secret(keys / SERVICE_PIN, f"{secrets.randbelow(10**12):012d}")
    _keep_secret(folder / MACHINE, secrets.token_hex(8))
    _write(folder / SETTINGS, _settings(text, operators, replaces, exchange))
    place = read(folder)
    place.edge()
    place.tls()
    folders.make_folders(place.exchange)
    return place


def operator_of(id: str, pin: str, code: str, *, administrator: bool, trained: date) -> OperatorTable:
    """An operator with the hash of a PIN.

    Raises:
        UsageError: the PIN has not the form of one; it is not shown.
    """
    if not is_pin(pin):
        raise UsageError("this cannot be a PIN", expected="four to sixteen digits")
    salt = f"terminal-{code}/{id}"
    role = Role.ADMINISTRATOR if administrator else Role.OPERATOR
    return validated(
        OperatorTable,
        {"id": id, "pin": hashed(pin, salt), "role": role.value, "trained": trained},
        "--operator",
        "letters, digits, `.`, `_` and `-`",
    )


def _settings(text: str, operators: Sequence[OperatorTable], replaces: str, exchange: Path | None) -> str:
    """The kit's settings with what belongs to this machine, and with what could be said besides."""
    rows = [text.rstrip(), ""]
    if replaces:
        rows += ["[machine]", f'serial = "{replaces}"', "replaces = true", ""]
    if exchange is not None:
        rows += ["[folders]", f"root = {_quoted(str(exchange.resolve()))}", ""]
    for one in operators:
        rows += ["[[operators]]", f'id = "{one.id}"', f'pin = "{one.pin}"', f'role = "{one.role}"']
        rows += ["" if one.trained is None else f"trained = {one.trained.isoformat()}", ""]
    return "\n".join([*rows, _COMMENTS])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_COMMENTS: Final = """\
# 任意の設定です。行頭の # を外すと有効になります。 / What may be said besides, with what holds otherwise:
#
# profile = "renkei-open/1"          # 仕様の版 / the newest version to speak (stands before all tables)
# [server]
# name = "localhost"                 # サーバ証明書の名前 / the name in the server's certificate
# patience = 10                      # 秒。1回の要求を繰り返す時間 / seconds for which a request is repeated
# wait = 20                          # 秒。受信待ちの時間 / seconds to wait at the server for what comes down
# longest_pause = 300                # 秒。再接続までの最長の間隔 / the longest pause before trying again
# [schedule]
# times = [22:00:00]                 # 情報連携の時刻 / clock times in Japan
# per_event = false                  # ファイルごとに連携する / exchange with every file
# [folders]
# root = "exchange"                  # 5つのフォルダの場所 / where the five folders lie
# every = 1                          # 秒。outbox/ を見る間隔 / how often outbox/ is looked at
# profile = "renkei-open/1"          # ファイルの版 / the version of files in inbox/ and result/
# [console]
# port = 0                           # 状態表示のポート (0: 任意) / of the status on 127.0.0.1
# idle_after = 600                   # 秒。無操作でのログオフ / an idle operator is logged off
# attempts = 5                       # 暗証番号の誤り回数の上限 / wrong PINs in a row
# [on_demand]                        # 都度接続の回線 / the line is opened for each exchange
# credential = "…"
# minutes = 30
# [software]
# version = "1.0"
# patched = 2026-04-01
"""


def _take(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for file in sorted(source.iterdir()):
        if file.is_file():
            _take_file(file, target / file.name)


def _take_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)


def _keep_secret(path: Path, secret: str) -> None:
    _write(path, secret + "\n")


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _secret(path: Path) -> str:
    try:
        mode = path.stat().st_mode & 0o077
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError("a secret of the terminal cannot be read", where=str(path)) from error
    if mode:
        raise UsageError(
            "a secret of the terminal is open to others", where=str(path), remedy=f"chmod 600 {path}"
        )
    return text
