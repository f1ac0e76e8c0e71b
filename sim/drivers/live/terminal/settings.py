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
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.base.errors import UsageError
from sim.base.instant import SECOND
from sim.base.node import NodeId
from sim.base.outside import toml_of, validated
from sim.drivers import folders
from sim.drivers.edge import SealedEdge
from sim.drivers.live.media import MEDIA_KEY
from sim.drivers.live.terminal.editing import BESIDES, with_comments, with_values
from sim.drivers.live.terminal.tables import REMEDY, SERVICE, OperatorTable, TerminalFile
from sim.drivers.topology import MINISTRY
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME
from sim.exchange.profile import Profile, open_profiles
from sim.nodes.terminal import Credential, OnDemand, Operator, Schedule, Software, Terminal

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
# Of a folder of kits so many are named.
_NAMED: Final = 5
# Where it is said what a setting is.
_COLUMN: Final = 36


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
            service=Credential(SERVICE, _secret(self.keys / SERVICE_PIN)),
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
    return Place(folder, validated(TerminalFile, raw, str(path), REMEDY))


# --- making one -------------------------------------------------------------------------------------------
def read_kit(kit: Path, server: str | None = None, name: str | None = None) -> tuple[str, TerminalFile]:
    """The settings of a municipality's kit, as text and read.

    Args:
        server: the address to be called instead of the kit's, such as that of a line of the network.
        name: the name in the server's certificate, where that address does not bear it.

    Raises:
        UsageError: this is no kit, or its settings are wrong. Of a folder of kits the first few are named.
    """
    if not (kit / SETTINGS).exists() and kit.is_dir():
        kits = sorted(one.name for one in kit.iterdir() if (one / SETTINGS).is_file())
        if kits:
            more = f" and {len(kits) - _NAMED} more" if len(kits) > _NAMED else ""
            raise UsageError(
                "this is a folder of kits, and a terminal has one",
                where=str(kit),
                expected=f"one of them: {', '.join(kits[:_NAMED])}{more}",
                remedy=f"such as: --kit {kit / kits[0]}",
            )
    text, raw = toml_of(
        kit / SETTINGS, "the kit's settings", "give a folder kits/CODE that `renkei ministry init` made"
    )
    file = validated(TerminalFile, raw, str(kit / SETTINGS), REMEDY)
    given = {key: value for key, value in (("url", server), ("name", name)) if value is not None}
    if not given:
        return text, file
    raw["server"] |= given
    file = validated(TerminalFile, raw, "--server, --name", "such as: --server https://127.13.1.4:9443")
    return with_values(text, "server", given, str(kit / SETTINGS)), file


def make(
    folder: Path,
    kit: Path,
    operators: Sequence[OperatorTable] = (),
    *,
    server: str | None = None,
    name: str | None = None,
    replaces: str = "",
    exchange: Path | None = None,
    place_key: Path | None = None,
) -> Place:
    """Makes a terminal's folder from a municipality's kit.

    Args:
        operators: who may use it.
        server, name: as `read_kit` has them.
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
    text, _ = read_kit(kit, server, name)
    settings = _settings(text, operators, replaces, exchange, str(kit / SETTINGS))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = folder / KEYS
    keys.mkdir(mode=0o700)
    for kind in ("envelope", "tls"):
        source = next((at for at in (kit / kind, kit / KEYS / kind) if at.is_dir()), None)
        if source is None:
            raise UsageError("the kit is not whole", where=str(kit), expected=f"a folder {kind}")
        _take(source, keys / kind)
    for key in (STORE_KEY, MEDIA_KEY):
        if (kit / KEYS / key).exists():
            _take_file(kit / KEYS / key, keys / key)
        else:
            folders.make_key(keys / key)
    if place_key is None:
        folders.make_key(keys / PLACE_KEY)
    else:
        folders.load_key(place_key)
        _take_file(place_key, keys / PLACE_KEY)
    _keep_secret(keys / TOKEN, secrets.token_hex(32))
    _keep_secret(keys / SERVICE_PIN, f"{secrets.randbelow(10**12):012d}")
    _keep_secret(folder / MACHINE, secrets.token_hex(8))
    write_private(folder / SETTINGS, settings)
    place = read(folder)
    place.edge()
    place.tls()
    folders.make_folders(place.exchange)
    return place


def _settings(
    text: str, operators: Sequence[OperatorTable], replaces: str, exchange: Path | None, where: str
) -> str:
    """The kit's settings with what belongs to this machine, and with what could be said besides.

    A setting that could be said stands as a comment beneath its table, so that it holds where it stands.
    """
    text = _beheaded(text)
    if replaces:
        text = with_values(text, "machine", {"serial": replaces, "replaces": True}, where)
    if exchange is not None:
        text = with_values(text, "folders", {"root": str(exchange.resolve())}, where)
    said, besides = tomllib.loads(text), [_BESIDES]
    for table, keys in _OPTIONAL.items():
        there = said.get(table, {}) if table else said
        rows = [
            f"# {key} = {value}".ljust(_COLUMN) + f"# {what}"
            for key, (value, what) in keys.items()
            if key not in there
        ]
        if table in ("", *said):
            text = with_comments(text, table, rows)
        else:
            besides += [f"# [{table}]", *rows]
    tables = (row for one in operators for row in one.rows())
    return "\n".join([_HEAD, text.rstrip(), "", *tables, *besides, ""])


def _beheaded(text: str) -> str:
    """Settings without the comment at their head, which speaks of the kit."""
    lines = text.splitlines()
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    return "\n".join(lines)


_HEAD: Final = """\
# 情報連携端末の設定です。変更は次の起動から有効です。 / The settings of this exchange terminal: what is
# changed here holds from its next start (renkei terminal run)."""

_BESIDES: Final = f"""\
{BESIDES}。表の見出しとともに行頭の # を外すと有効になります。 /
# What may be said besides, with what holds otherwise: take away the # of a setting and of its table."""

# By table, what may be said, with what holds otherwise and what it is.
_OPTIONAL: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "": {"profile": ('"renkei-open/1"', "仕様の版 / the newest version to speak")},
    "server": {
        "name": ('"localhost"', "サーバ証明書の名前 / the name in the server's certificate"),
        "patience": ("10", "秒。1回の要求を繰り返す時間 / seconds for which a request is repeated"),
        "wait": ("20", "秒。受信待ちの時間 / seconds to wait at the server for what comes down"),
        "longest_pause": ("20", "秒。再接続までの間隔 (1から1.5倍) / before trying again, times 1 to 1.5"),
    },
    "schedule": {
        "times": ("[22:00:00]", "情報連携の時刻 / clock times in Japan"),
        "per_event": ("false", "ファイルごとに連携する / exchange with every file"),
    },
    "folders": {
        "root": ('"exchange"', "5つのフォルダの場所 / where the five folders lie"),
        "every": ("1", "秒。outbox/ を見る間隔 / how often outbox/ is looked at"),
        "profile": ('"renkei-open/1"', "ファイルの版 / the version of files in inbox/ and result/"),
    },
    "console": {
        "port": ("0", "状態表示のポート (0: 任意) / of the status on 127.0.0.1"),
        "idle_after": ("600", "秒。無操作でのログオフ / an idle operator is logged off"),
        "attempts": ("5", "暗証番号の誤り回数の上限 / wrong PINs in a row"),
    },
    "on_demand": {
        "credential": ('"…"', "都度接続の回線 / the line is opened for each exchange"),
        "minutes": ("30", "分。接続時間の上限 / for so many minutes at most"),
    },
    "software": {
        "version": ('"1.0"', "導入済みの版 / what runs on this machine"),
        "patched": ("2026-04-01", "修正適用日 / the day of its patches"),
    },
}


def _take(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for file in sorted(source.iterdir()):
        if file.is_file():
            _take_file(file, target / file.name)


def _take_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)


def _keep_secret(path: Path, secret: str) -> None:
    write_private(path, secret + "\n")


def write_private(path: Path, text: str) -> None:
    """Writes a file that is not there yet, for its owner only."""
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
