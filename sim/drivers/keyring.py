"""A test PKI in a folder: the authority, what it issued, and its list of what it took back.

    DIR/authority/authority.cert.pem, authority.key.pem     the root; its key signs everything
    DIR/issued/131041-envelope-1/131041.cert.pem, .key.pem  the first certificate of that name and usage
    DIR/revoked.crl.pem                                     what was taken back

Folders are the owner's alone (0700) and so are keys (0600). Nothing that holds a key is ever overwritten: the
next certificate of a name and usage gets the next number. Certificates differ from run to run, because keys
are drawn at random; everything else in them follows from the arguments.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sim.base.errors import UsageError, nearest
from sim.base.instant import JAPAN
from sim.exchange import pki
from sim.exchange.municipality import check_digit, is_municipality
from sim.exchange.pki import AUTHORITY_NAME, Authority, Identity, Reason, Revocations, Usage

AUTHORITY: Final = "authority"
ISSUED: Final = "issued"
REVOKED: Final = "revoked.crl.pem"
_ISSUED_NAME: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_]{1,64})-(?P<usage>[a-z-]+)-(?P<number>[1-9][0-9]{0,5})"
)


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate that the authority issued, and where it lies."""

    name: str
    usage: Usage
    number: int
    folder: Path
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, in hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def init(folder: Path, valid_from: date, valid_until: date) -> Path:
    """Makes a PKI in a new or empty folder; gives the authority's certificate file.

    Raises:
        UsageError: there is one already, the folder holds something else, or the dates run backwards.
    """
    if (folder / AUTHORITY).exists():
        raise UsageError(
            "there is a PKI already", where=str(folder), remedy="give another folder, or `renkei pki show` it"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "the folder is not empty",
            where=str(folder),
            expected="a folder that does not exist yet, or an empty one",
        )
    authority = pki.make_authority(valid_from, valid_until)
    for place in (folder, folder / AUTHORITY, folder / ISSUED):
        _private(place)
    pki.save(folder / AUTHORITY, authority)
    _write(folder / REVOKED, pki.revocation_list(authority, {}, 1, valid_from, valid_until))
    return folder / AUTHORITY / f"{AUTHORITY_NAME}.cert.pem"


def check_holder(name: str, agency: str) -> None:
    """Refuses whoever is neither the agency nor a municipality by its code with check digit.

    Raises:
        UsageError: with the code that was meant, where only the check digit is wrong or missing.
    """
    if name == agency or is_municipality(name):
        return
    remedy = "give the municipality's six digits"
    if re.fullmatch(r"[0-9]{5,6}", name):
        remedy = f"was {name[:5]}{check_digit(name[:5])} meant?"
    raise UsageError(
        f"{name!r} is nobody to whom a certificate can be issued",
        expected=f"{agency}, or a municipality's code: six digits, the last of which is the check digit",
        received=name,
        remedy=remedy,
    )


def issue(
    folder: Path,
    name: str,
    usage: Usage,
    *,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> Issued:
    """Issues the next certificate of a name and usage; gives it with the folder that holds it and its key.

    Raises:
        UsageError: no PKI there, a name that cannot be one, or dates outside the authority's.
    """
    authority = load_authority(folder)
    root = authority.certificate
    for day in (valid_from, valid_until):
        if day is not None:
            _check_day(root, day)
    known = [one.number for one in issued(folder) if (one.name, one.usage) == (name, usage)]
    number = max(known, default=0) + 1
    serial = pki.serial_of(name if number == 1 else f"{name}/{number}", usage)
    identity = pki.issue(authority, name, serial, usage, not_before=valid_from, not_after=valid_until)
    place = folder / ISSUED / f"{name}-{usage}-{number}"
    _private(place)
    pki.save(place, identity)
    return Issued(name, usage, number, place, identity.certificate)


def revoke(
    folder: Path, name: str, usage: Usage, number: int | None, on: date, until: date | None, reason: Reason
) -> Issued:
    """Takes a certificate back from the beginning of a day and writes the new list; gives the certificate.

    The day is the entry's own: the list is believed from the beginning of the one before it, so that a day in
    the future closes nobody out until then. A certificate that was taken back can be taken back from an
    earlier day, never from a later one.

    Args:
        number: which of that name and usage; the latest when left out.
        until: when the list runs out; when the authority does, if left out.

    Raises:
        UsageError: no such certificate, it was taken back before, or the day is not one of the authority's or
            after the end of the list.
    """
    authority = load_authority(folder)
    _check_day(authority.certificate, on)
    rows = [one for one in issued(folder) if (one.name, one.usage) == (name, usage)]
    found = next((one for one in reversed(rows) if number in (None, one.number)), None)
    if found is None:
        names = sorted({one.name for one in issued(folder)})
        hint = nearest(name, [other for other in names if other != name])
        raise UsageError(
            f"nothing was issued to {name!r} for {usage}" + (f" under number {number}" if number else ""),
            where=str(folder),
            remedy=f"did you mean {hint!r}?" if hint else "see `renkei pki show`",
        )
    before = load_revocations(folder)
    serial = found.certificate.serial_number
    moment = pki.first_moment(on)
    if serial in before.revoked and before.revoked[serial][0] <= moment:
        raise UsageError(
            f"{found.folder.name} was taken back before",
            received=f"from {japan(before.revoked[serial][0])} on",
            remedy="nothing to do: a certificate that was taken back stays so",
        )
    rows_after = before.revoked | {serial: (moment, reason)}
    end: date | datetime = until or before.until
    if not pki.last_moment(end) >= moment:
        raise UsageError(
            "the list runs out before the day on which it takes the certificate back",
            expected=f"a day up to {japan(pki.last_moment(end))}",
            received=on.isoformat(),
            remedy="choose an earlier day, or a later end of the list: --until YYYY-MM-DD",
        )
    made = pki.revocation_list(authority, rows_after, before.number + 1, min(before.since, moment), end)
    _write(folder / REVOKED, made)
    return found


def load_authority(folder: Path) -> Authority:
    """The authority with its key.

    Raises:
        UsageError: no PKI there.
    """
    found = pki.load(_there(folder) / AUTHORITY, AUTHORITY_NAME)
    return Authority(found.name, found.certificate, found.key)


def load_trust(folder: Path) -> x509.Certificate:
    """The authority's certificate alone.

    Raises:
        UsageError: no PKI there.
    """
    return pki.load_certificate(_there(folder) / AUTHORITY, AUTHORITY_NAME)


def load_revocations(folder: Path) -> Revocations:
    """The authority's list.

    Raises:
        UsageError: no PKI there, or the list is missing or not the authority's.
    """
    path = _there(folder) / REVOKED
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise UsageError("the list of revoked certificates is missing", where=str(path)) from error
    return pki.read_revocations(pem, load_trust(folder), str(path))


def load_identity(folder: Path, name: str, usages: tuple[Usage, ...]) -> Identity:
    """The latest identity of a name with its key, for the first of the usages that was issued.

    Raises:
        UsageError: none was issued.
    """
    found = latest(folder, name, usages)
    return pki.load(found.folder, name)


def latest(folder: Path, name: str, usages: tuple[Usage, ...]) -> Issued:
    """The latest certificate of a name, for the first of the usages that was issued.

    Raises:
        UsageError: none was issued.
    """
    rows = issued(folder)
    for usage in usages:
        fitting = [one for one in rows if (one.name, one.usage) == (name, usage)]
        if fitting:
            return fitting[-1]
    wanted = " or ".join(usages)
    hint = nearest(name, {one.name for one in rows if one.usage in usages} - {name})
    command = f"renkei pki issue {folder} {name} --usage {usages[0]}"
    raise UsageError(
        f"nothing was issued to {name!r} for {wanted}",
        where=str(folder),
        remedy=f"{command} (or did you mean {hint!r}?)" if hint else command,
    )


def issued(folder: Path) -> list[Issued]:
    """All certificates, by name, usage and number.

    Raises:
        UsageError: no PKI there, or a folder in it that is none of ours.
    """
    rows: list[Issued] = []
    for place in (_there(folder) / ISSUED).iterdir():
        match = _ISSUED_NAME.fullmatch(place.name)
        if match is None or match["usage"] not in set(Usage):
            raise UsageError(
                "the PKI holds a folder that is none of its own",
                where=str(place),
                expected="NAME-USAGE-NUMBER, such as 131041-envelope-1",
                remedy="move it away",
            )
        certificate = pki.load_certificate(place, match["name"])
        rows.append(Issued(match["name"], Usage(match["usage"]), int(match["number"]), place, certificate))
    return sorted(rows, key=lambda one: (one.name, one.usage, one.number))


def japan(moment: datetime) -> str:
    """A moment as people in Japan write it: ISO 8601 with the offset."""
    return moment.astimezone(JAPAN).isoformat()


def _check_day(root: x509.Certificate, day: date) -> None:
    if not pki.valid_on(root, day):
        raise UsageError(
            f"the authority is not valid on {day.isoformat()}",
            expected=f"from {japan(root.not_valid_before_utc)} to {japan(root.not_valid_after_utc)}",
            received=day.isoformat(),
            remedy="nothing is valid after its authority: choose another day",
        )


def _there(folder: Path) -> Path:
    if not (folder / AUTHORITY).is_dir():
        raise UsageError(
            "there is no PKI",
            where=str(folder),
            expected="a folder that `renkei pki init` made",
            remedy=f"renkei pki init {folder}",
        )
    return folder


def _private(place: Path) -> None:
    """Makes a folder that is the owner's alone, whatever the umask says."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)


def _write(path: Path, content: bytes) -> None:
    """Replaces a file that holds no secret, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)
