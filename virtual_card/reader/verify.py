"""Is the chip's content what the issuer signed? Signature, certificate, authority, validity.

The signed target is the profile's (facts: chip §1.6, §2): values only, each filled up with NUL. Neither the
place of residence nor anything else in DF2 is in it, nor the number of a second-generation card.

A chain has two links: the card's certificate and an authority that the checker pinned. Authorities roll over
under one name, so every pinned one of that name is tried. Validity is asked for a day that the caller gives:
an old card under an old authority is an expired card, a card that outlives its authority a forged one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from virtual_card.authorities import PINNED
from virtual_card.layouts import CardProfile, Generation, profile_of
from virtual_card.reader.certificates import (
    P384_SIGNATURE,
    Anchor,
    Certificate,
    Unreadable,
    anchors_in,
    holds,
    parse,
    signed_by,
)
from virtual_card.reader.reading import CardReading, Problem, day_in
from virtual_card.verdicts import Reason

RSA_SIGNATURE: Final = 256


@dataclass(frozen=True, slots=True)
class Check:
    """What verification found.

    `signed`: this kind of card bears a signature at all. `holds`: signature and chain are good on that day.
    `whole`: the signature and everything that it covers was read; otherwise the reading itself says what is
    missing, and the signature was not tried.
    `authority`, `fingerprint`, `test_authority`: the pinned authority that the certificate chains to, None
    when there is none. `oddities`: forgiven departures from DER, as genuine cards show them too.
    """

    signed: bool
    problems: tuple[Problem, ...] = ()
    authority: str | None = None
    fingerprint: str | None = None
    test_authority: bool | None = None
    certificate: Certificate | None = None
    oddities: tuple[str, ...] = ()
    whole: bool = True

    @property
    def holds(self) -> bool:
        """Whether there is a signature and nothing is wrong with it."""
        return self.signed and self.whole and not self.problems


@cache
def pinned_test_anchors() -> tuple[Anchor, ...]:
    """The authorities of the test PKI that cards of this harness chain to."""
    return tuple(
        anchor for name, pem in PINNED.items() for anchor in anchors_in(pem.encode(), name, test=True)
    )


def verify(reading: CardReading, anchors: Sequence[Anchor], on: date) -> Check:
    """Verify the signature of a card that was read, on that day, against these authorities."""
    profile = profile_of(reading.card_type)
    if profile.signature is None:
        return Check(signed=False)
    where = "DF3/EF01"
    values = reading.values
    if "signature" not in values or "certificate" not in values:
        return Check(signed=True, whole=False)
    signature, encoded = values["signature"], values["certificate"]
    photo = values.get("photo", b"")
    if not signature.strip(b"\0"):
        if reading.generation is Generation.FIRST and not photo.strip(b"\0"):
            return Check(signed=True, problems=(Problem(Reason.SIGNATURE_NOT_MADE, where, "no photo"),))
        return Check(signed=True, problems=(Problem(Reason.SIGNATURE_MISSING, where, "nothing but NUL"),))
    if not encoded.strip(b"\0"):
        return Check(signed=True, problems=(Problem(Reason.CERTIFICATE_MISSING, where, "nothing but NUL"),))
    try:
        certificate = parse(encoded)
    except Unreadable as error:
        return Check(signed=True, problems=(Problem(Reason.CERTIFICATE_UNREADABLE, where, str(error)),))
    anchor, problems = _chain(certificate, reading, anchors, on)
    whole = profile.signed_fields <= values.keys()
    if whole and (signature_problem := _signature(signature, certificate, profile, reading)):
        problems.append(signature_problem)
    return Check(
        signed=True,
        problems=tuple(problems),
        authority=anchor.certificate.subject if anchor else None,
        fingerprint=anchor.certificate.fingerprint if anchor else None,
        test_authority=anchor.test if anchor else None,
        certificate=certificate,
        oddities=certificate.oddities,
        whole=whole,
    )


def _chain(
    certificate: Certificate, reading: CardReading, anchors: Sequence[Anchor], on: date
) -> tuple[Anchor | None, list[Problem]]:
    where = "certificate"
    profile = profile_of(reading.card_type)
    named = [each for each in anchors if each.certificate.subject_der == certificate.issuer_der]
    if not named:
        return None, [
            Problem(Reason.CHAIN_UNKNOWN_CA, where, f"issued by {certificate.issuer!r}, whom nobody pinned")
        ]
    anchor = next((each for each in named if signed_by(certificate, each.certificate)), None)
    if anchor is None:
        return None, [
            Problem(
                Reason.CHAIN_SIGNATURE_INVALID,
                where,
                f"names {certificate.issuer!r}, but none of {len(named)} pinned keys of that name signed it",
            )
        ]
    problems = []
    if anchor.certificate.family != profile.signature:
        problems.append(
            Problem(
                Reason.CHAIN_WRONG_GENERATION,
                where,
                f"the authority has a key {anchor.certificate.family}, cards of the"
                f" {profile.generation} generation are signed under {profile.signature}",
            )
        )
    # An authority outlives every card that it vouches for, so an expired one vouches for no card that still
    # runs. A card runs until its signed expiry (C5). Where the chip has none, its certificate must tell: that
    # it ends soon after the card is a guess [G], how long genuine ones run is not public.
    until = day_in(reading.text("card_expiry")) or certificate.not_after
    ended = Reason.CHAIN_EXPIRED if on <= until else Reason.CARD_EXPIRED
    ends = ((anchor.certificate, ended), (certificate, Reason.CARD_EXPIRED))
    for each, reason in ends:
        whose = "the card's" if each is certificate else "the authority's"
        span = f"{whose} certificate: {each.not_before} to {each.not_after}, asked for {on}"
        if on > each.not_after:
            problems.append(Problem(reason, where, span))
        if on < each.not_before:
            problems.append(Problem(Reason.CHAIN_NOT_YET_VALID, where, span))
    return anchor, problems


def _signature(
    signature: bytes, certificate: Certificate, profile: CardProfile, reading: CardReading
) -> Problem | None:
    where = "signature"
    target = profile.signed_target(reading.values)
    if holds(certificate.key, signature, target) or holds(certificate.key, signature.rstrip(b"\0"), target):
        return None
    full = RSA_SIGNATURE if profile.signature == "rsa-2048" else P384_SIGNATURE
    bare = len(signature.rstrip(b"\0"))
    # A good signature ends in two NULs once in 65,536 times, and then it would have verified.
    if len(signature) < full or bare < full - 1:
        return Problem(Reason.SIGNATURE_TRUNCATED, where, f"{bare} bytes of {full}")
    return Problem(
        Reason.SIGNATURE_INVALID,
        where,
        f"{profile.signature} with SHA-256 over {len(target)} bytes does not hold",
    )
