"""Who holds which key: a test PKI for both ends, laid out so that each process finds its own keys only.

keys/authority/              the root with its key; no process reads it
keys/*/envelope/revoked.crl.pem  what the root took back: nothing at first
keys/ministry/envelope/      ISA with its key; the terminal's certificate; the root's certificate
keys/ministry/tls/           the same for the link: other keys, so that a stolen link opens no batch
keys/municipality/envelope/  the terminal with its key; ISA's certificate; the root's certificate
keys/municipality/tls/
"""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sim.base.errors import UsageError
from sim.base.node import NodeId
from sim.drivers.edge import SealedEdge
from sim.drivers.topology import MINISTRY, VALID_FROM, VALID_UNTIL, Topology
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME, Identity, Usage

KEYS: Final = "keys"
REVOKED: Final = "revoked.crl.pem"


def make(folder: Path, topology: Topology) -> None:
    """Makes `folder/keys` with a fresh PKI, unless it is there already."""
    if (folder / KEYS).exists():
        return
    part = folder / f"{KEYS}.part"
    shutil.rmtree(part, ignore_errors=True)
    authority = pki.make_authority(VALID_FROM, VALID_UNTIL)
    pki.save(part / "authority", authority)
    agency, code = topology.profile.agency, topology.code

    def issue(name: str, usage: Usage) -> Identity:
        return pki.issue(authority, name, pki.serial_of(name, usage), usage)

    nothing = pki.revocation_list(authority, {}, 1, VALID_FROM, VALID_UNTIL)
    for kind, above, below in (
        ("envelope", issue(agency, Usage.ENVELOPE), issue(code, Usage.ENVELOPE)),
        ("tls", issue(agency, Usage.TLS_SERVER), issue(code, Usage.TLS_CLIENT)),
    ):
        for place, own, peer in (("ministry", above, below), ("municipality", below, above)):
            pki.save(part / place / kind, own)
            for known in (peer, authority):
                pem = known.certificate.public_bytes(Encoding.PEM)
                (part / place / kind / f"{known.name}.cert.pem").write_bytes(pem)
            if kind == "envelope":
                (part / place / kind / REVOKED).write_bytes(nothing)
    os.replace(part, folder / KEYS)


def ministry_edge(folder: Path, topology: Topology) -> SealedEdge:
    """The ministry's envelope keys and the certificates of those to whom it seals."""
    at = folder / KEYS / "ministry" / "envelope"
    return _edge(at, (MINISTRY, topology.profile.agency), (topology.places.terminal, topology.code))


def municipality_edge(folder: Path, topology: Topology) -> SealedEdge:
    """The terminal's envelope keys and the ministry's certificate."""
    at = folder / KEYS / "municipality" / "envelope"
    return _edge(at, (topology.places.terminal, topology.code), (MINISTRY, topology.profile.agency))


def _edge(at: Path, own: tuple[NodeId, str], peer: tuple[NodeId, str]) -> SealedEdge:
    identity, other = pki.load(at, own[1]), pki.load_certificate(at, peer[1])
    trust = pki.load_certificate(at, AUTHORITY_NAME)
    try:
        listed_revoked = (at / REVOKED).read_bytes()
    except OSError as error:
        raise UsageError(
            "the list of revoked certificates cannot be read",
            where=str(at / REVOKED),
            received=error.strerror,
            remedy="give a new folder: the keys are made anew with their list",
        ) from error
    revocations = pki.read_revocations(listed_revoked, trust, str(at / REVOKED))
    return SealedEdge({own[0]: identity}, {peer[0]: other}, trust, revocations)


def revocations_file(folder: Path) -> Path:
    """What the root took back, as the ministry has it."""
    return folder / KEYS / "ministry" / "envelope" / REVOKED


def trust(folder: Path) -> x509.Certificate:
    """The root's certificate, as the ministry has it."""
    return pki.load_certificate(folder / KEYS / "ministry" / "envelope", AUTHORITY_NAME)


def server_tls(folder: Path, topology: Topology) -> ssl.SSLContext:
    """TLS for the ministry's end: nobody without a certificate of the same root comes in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _load(context, folder / KEYS / "ministry" / "tls", topology.profile.agency)


def client_tls(folder: Path, topology: Topology) -> ssl.SSLContext:
    """TLS for the terminal's end; it checks the server's certificate and name."""
    return _load(
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), folder / KEYS / "municipality" / "tls", topology.code
    )


def _load(context: ssl.SSLContext, at: Path, name: str) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(at / f"{AUTHORITY_NAME}.cert.pem")
    context.load_cert_chain(at / f"{name}.cert.pem", at / f"{name}.key.pem")
    return context
