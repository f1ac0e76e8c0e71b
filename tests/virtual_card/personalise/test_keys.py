"""TEST keys: derived from names, the same everywhere."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from virtual_card.personalise.keys import STEPS, ec_key, rsa_key, searched_primes, steps_of


@pytest.mark.parametrize("name", list(STEPS))
def test_the_noted_distance_to_each_prime_is_what_searching_finds(name: str) -> None:
    assert steps_of(name) == STEPS[name]


@pytest.mark.parametrize("name", ["authority first-2024", "a key that nobody noted"])
def test_an_rsa_key_is_a_sound_key_of_2048_bits_with_the_primes_of_its_name(name: str) -> None:
    key = rsa_key(name)
    numbers = key.private_numbers()
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert (numbers.p, numbers.q) == searched_primes(name)
    assert numbers.public_numbers.e == 65537


def test_the_primes_are_prime_to_another_base_too() -> None:
    for prime in searched_primes("authority first-2024"):
        assert pow(23, prime - 1, prime) == 1
        assert all(prime % small for small in range(2, 5000))


def test_an_ec_key_lies_on_p384_and_follows_from_its_name() -> None:
    key = ec_key("authority second-2026")
    assert isinstance(key.curve, ec.SECP384R1)
    ec_key.cache_clear()
    assert ec_key("authority second-2026").private_numbers() == key.private_numbers()
    assert ec_key("signer second-2026").private_numbers() != key.private_numbers()
