"""Identities for as many endpoints as a load test asks for, made once and kept for later runs.

    KEYS/authority/    the root of a test PKI with its key
    KEYS/envelope/     the agency and each endpoint: RSA-2048, as `sim.exchange.pki` makes them
    KEYS/tls/          the agency's end of a link and each endpoint's: EC P-256

A certificate and its key are a pair of files in the form of `sim.exchange.pki`. An RSA key takes some 60 ms
of a core, so 1,892 endpoints take two minutes of one; that is done by all cores, once. The EC key of a link
takes nothing to make and little to use, which leaves the machine to what is measured.

A file is whole or not there: it is written under another name and renamed, the key before the certificate, so
that an identity whose certificate is there is complete. One process at a time makes keys in a folder.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sim.base.errors import HarnessError, UsageError
from sim.drivers.topology import VALID_FROM, VALID_UNTIL
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME, Authority, Identity, LinkIdentity, Usage

AUTHORITY: Final = "authority"
ENVELOPE: Final = "envelope"
TLS: Final = "tls"
_LOCK: Final = "lock"
_PART: Final = ".part"
# Below this number, starting processes takes longer than making keys.
_WORTH_PROCESSES: Final = 16
_AT_ONCE: Final = 8


def default_folder() -> Path:
    """`$XDG_CACHE_HOME/renkei/load-keys`, else `~/.cache/renkei/load-keys`.

    Raises:
        UsageError: neither variable is set to a folder.
    """
    for base, below in (("XDG_CACHE_HOME", "renkei"), ("HOME", ".cache/renkei")):
        if os.path.isabs(os.environ.get(base, "")):
            return Path(os.environ[base]) / below / "load-keys"
    raise UsageError(
        "there is no place for the keys of the endpoints",
        expected="HOME or XDG_CACHE_HOME",
        remedy="give one: --keys DIR",
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """A folder of identities. What is asked for must have been made (`make`)."""

    folder: Path

    def authority(self) -> Authority:
        """The root, which issued all of them."""
        root = pki.load(self.folder / AUTHORITY, AUTHORITY_NAME)
        return Authority(root.name, root.certificate, root.key)

    @property
    def root(self) -> Path:
        """Where the root's certificate lies."""
        return self.pair(AUTHORITY, AUTHORITY_NAME)[0]

    def trust(self) -> x509.Certificate:
        """The root's certificate alone."""
        return pki.load_certificate(self.folder / AUTHORITY, AUTHORITY_NAME)

    def envelope(self, name: str) -> Identity:
        """The identity that seals and opens as `name`.

        The key is taken as it is: to check one that was made here takes longer than to make it.

        Raises:
            UsageError: it is not there, or cannot be read.
        """
        certificate = pki.load_certificate(self.folder / ENVELOPE, name)
        _, path = self.pair(ENVELOPE, name)
        try:
            key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(
                "the key of an endpoint cannot be read",
                where=str(path),
                received=str(error),
                remedy="remove the folder of keys: the next run makes it anew",
            ) from error
        assert isinstance(key, RSAPrivateKey)
        return Identity(name, certificate, key)

    def recipient(self, name: str) -> x509.Certificate:
        """The certificate to which one seals for `name`."""
        return pki.load_certificate(self.folder / ENVELOPE, name)

    def pair(self, kind: str, name: str) -> tuple[Path, Path]:
        """Where certificate and key lie. `kind`: `ENVELOPE`, `TLS` or `AUTHORITY`."""
        at = self.folder / kind
        return at / f"{name}.cert.pem", at / f"{name}.key.pem"

    def missing(self, agency: str, codes: Sequence[str]) -> list[tuple[str, str]]:
        """What is not there yet, as (kind, name)."""
        wanted = [(kind, name) for name in (agency, *codes) for kind in (ENVELOPE, TLS)]
        there = {kind: _names(self.folder / kind) for kind in (ENVELOPE, TLS)}
        return [(kind, name) for kind, name in wanted if name not in there[kind]]


def make(
    folder: Path,
    agency: str,
    codes: Sequence[str],
    *,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> Keys:
    """The folder with everything in it that the agency and these endpoints need; makes what is missing.

    Args:
        agency: the agency's name in the profile.
        codes: the endpoints' municipality codes.
        workers: processes at a time.
        progress: told how many identities of how many are made, of those that were missing.

    Raises:
        UsageError: the folder cannot be written, or it holds identities without their authority.
    """
    keys = Keys(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            _make_authority(keys)
            missing = keys.missing(agency, codes)
            _make_all(folder, agency, missing, workers, progress)
    except OSError as error:
        raise UsageError(
            "the keys of the endpoints cannot be kept",
            where=str(error.filename or folder),
            received=str(error.strerror),
            remedy="give a folder that can be written: --keys DIR",
        ) from error
    return keys


def _make_authority(keys: Keys) -> None:
    certificate, _ = keys.pair(AUTHORITY, AUTHORITY_NAME)
    if certificate.exists():
        return
    if any(_names(keys.folder / kind) for kind in (ENVELOPE, TLS)):
        raise UsageError(
            "the folder holds keys whose authority is not there",
            where=str(keys.folder),
            expected=str(certificate),
            remedy="remove the folder, or give another one: --keys DIR",
        )
    root = pki.make_authority(VALID_FROM, VALID_UNTIL)
    _write(certificate.parent, root)


def _make_all(
    folder: Path,
    agency: str,
    missing: Sequence[tuple[str, str]],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    tasks = [
        _Task(folder, agency, tuple(missing[i : i + _AT_ONCE])) for i in range(0, len(missing), _AT_ONCE)
    ]
    done = 0
    for count in _run(tasks, 1 if len(missing) < _WORTH_PROCESSES else workers):
        done += count
        if progress is not None:
            progress(done, len(missing))


@dataclass(frozen=True, slots=True)
class _Task:
    folder: Path
    agency: str
    names: tuple[tuple[str, str], ...]


def _run(tasks: Sequence[_Task], workers: int) -> Iterator[int]:
    if workers == 1:
        yield from map(_issue, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_issue, tasks)


def _issue(task: _Task) -> int:
    """Makes some identities and writes them; gives their number."""
    keys = Keys(task.folder)
    root = keys.authority()
    for kind, name in task.names:
        at = task.folder / kind
        if kind == ENVELOPE:
            _write(at, pki.issue(root, name, pki.serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE))
        else:
            usage = Usage.TLS_SERVER if name == task.agency else Usage.TLS_CLIENT
            _write(at, pki.issue_link(root, name, pki.serial_of(name, usage), usage))
    return len(task.names)


def _write(at: Path, identity: Identity | LinkIdentity) -> None:
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_pair(at, identity.name, identity.certificate.public_bytes(Encoding.PEM), pem)


def _write_pair(at: Path, name: str, certificate: bytes, key: bytes) -> None:
    """The key first: an identity whose certificate is there is complete."""
    at.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, content in ((at / f"{name}.key.pem", key), (at / f"{name}.cert.pem", certificate)):
        part = path.with_name(path.name + _PART)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(part, path)


def _names(at: Path) -> set[str]:
    ending = ".cert.pem"
    try:
        return {entry.name.removesuffix(ending) for entry in os.scandir(at) if entry.name.endswith(ending)}
    except FileNotFoundError:
        return set()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits until no other process makes keys in the folder."""
    with (folder / _LOCK).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            raise HarnessError("the folder of keys cannot be locked", where=str(folder)) from error
        yield
