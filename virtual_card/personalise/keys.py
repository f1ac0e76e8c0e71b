"""TEST keys that anybody can make again: derived from a name, never drawn at random, never secret.

`cryptography` makes EC keys from a number, but offers no RSA key from a seed, so the primes are searched for
here: odd numbers from a seeded start, sieved by small primes, then Miller-Rabin. Searching takes about half a
second, so the distance from start to prime is noted in `STEPS` for the keys of the test PKI. A key without a
note is searched for; a test makes the noted ones again.

These keys protect nothing. Do not use this module for a key that must be secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import gcd, prod
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from virtual_card.draws import Draws

EXPONENT: Final = 65537
PRIME_BITS: Final = 1024
P384_ORDER: Final = int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)

# Key name -> steps of 2 from the seeded start to the first and to the second prime.
STEPS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "authority first-2015": (15, 523),
        "signer first-2015": (284, 517),
        "authority first-2018": (132, 367),
        "signer first-2018": (82, 62),
        "authority first-2021": (28, 502),
        "signer first-2021": (556, 404),
        "authority first-2024": (83, 244),
        "signer first-2024": (323, 492),
        "specified card delivery key TEST": (160, 57),
        "authority impostor-rsa-2048": (384, 240),
        "signer impostor-rsa-2048": (254, 450),
    }
)


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """The RSA-2048 TEST key of that name."""
    p, q = _noted(name) if name in STEPS else searched_primes(name)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
    ).private_key()


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The EC P-384 TEST key of that name."""
    secret = Draws(name, "ec-p384").below(P384_ORDER - 1) + 1
    return ec.derive_private_key(secret, ec.SECP384R1())


def steps_of(name: str) -> tuple[int, int]:
    """What to write into `STEPS` for a key: found by searching."""
    (first, second), (p, q) = _starts(name), searched_primes(name)
    return (p - first) // 2, (q - second) // 2


def searched_primes(name: str) -> tuple[int, int]:
    """The two primes of an RSA key, searched for whatever `STEPS` says."""
    first, second = _starts(name)
    return _prime_from(first), _prime_from(second)


def _noted(name: str) -> tuple[int, int]:
    starts, steps = _starts(name), STEPS[name]
    return starts[0] + 2 * steps[0], starts[1] + 2 * steps[1]


def _starts(name: str) -> tuple[int, int]:
    draws = Draws(name, "rsa-2048")
    return _start(draws), _start(draws)


def _start(draws: Draws) -> int:
    # The two highest bits are set, so that the product has 2048 bits; the lowest, so that it is odd.
    return int.from_bytes(draws.octets(PRIME_BITS // 8), "big") | (3 << (PRIME_BITS - 2)) | 1


def _prime_from(candidate: int) -> int:
    while (candidate - 1) % EXPONENT == 0 or not _is_prime(candidate):
        candidate += 2
    return candidate


_SMALL: Final = tuple(n for n in range(3, 4000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
_SIEVE: Final = prod(_SMALL)


def _is_prime(n: int) -> bool:
    if gcd(n, _SIEVE) != 1:
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    # Seeded starts are no adversary's choice: for 1024 bits eight rounds are far more than enough.
    return all(_passes(n, base, odd, twos) for base in (2, 3, 5, 7, 11, 13, 17, 19))


def _passes(n: int, base: int, odd: int, twos: int) -> bool:
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False
