"""One write of a place of residence into a chip: opened by its number, authorised once, written whole.

The commands and the check value are the assumed profile of `virtual_card.address`; what this adds is the
order of a terminal that writes. A chip whose policy is suspended has none of these commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from virtual_card import address
from virtual_card.address import WritePolicy, authorise, update_command, written_file
from virtual_card.apdu import Command, Response
from virtual_card.channel import ReaderEnd, SessionKeys, key_command, seed_size
from virtual_card.draws import Draws
from virtual_card.errors import MessageError
from virtual_card.layouts import AIDS, AP, CardProfile, Generation
from virtual_card.layouts.specified import ASSUMED_CHANNEL
from virtual_card.reader.errors import BrokenAnswer, RefusedByCard, WrongNumber
from virtual_card.reader.messaging import KEY_MATERIAL, RANDOM, Channel, Handshake, get_challenge
from virtual_card.reader.talk import Talk, ask
from virtual_card.suites import KEY, suite_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_REFUSED = 0x6300


def writable(seed: int) -> WritePolicy:
    """Chips that let themselves be written, with the authority's TEST key of that seed.

    For a run in which writing starts; every desk of the run is given the same seed.
    """
    return WritePolicy(enabled=True, key=Draws(seed, "write authority").octets(KEY))


def write_file(
    profile: CardProfile,
    number: str,
    content: bytes,
    policy: WritePolicy,
    terminal: address.Terminal,
    random: Callable[[int], bytes],
) -> Talk[None]:
    """Writes the whole address file of a chip, under an authorisation that is asked for on the way.

    Raises:
        CardUsageError: the policy is suspended, the terminal is not online, or such a card holds no address.
        WrongNumber, RefusedByCard, BrokenAnswer: the chip did not let itself be written.
    """
    file = written_file(profile)
    if profile.generation is Generation.SPECIFIED:
        end = yield from _delivered(number, random)
        yield from _selected(file.df)
        yield from _authorised(profile, number, content, policy, terminal)
        answer = yield from ask(end.command(address.UPDATE, 0x80 | file.sfi, 0, content), "UPDATE BINARY")
        _done(answer, "UPDATE BINARY")
        _opened(end, answer, "UPDATE BINARY")
        return
    session_key = yield from _agreed(profile, number, random)
    yield from _selected(file.df)
    yield from _authorised(profile, number, content, policy, terminal)
    answer = yield from ask(update_command(profile, session_key, content), "UPDATE BINARY")
    _done(answer, "UPDATE BINARY")


def _agreed(profile: CardProfile, number: str, random: Callable[[int], bytes]) -> Talk[bytes]:
    """The session key of the public generations, the number verified."""
    suite = suite_of(profile.suite)
    challenge = yield from _challenge()
    handshake = Handshake(suite, suite.derive(number), challenge, random(RANDOM), random(KEY_MATERIAL))
    answer = yield from ask(handshake.command(), "MUTUAL AUTHENTICATE")
    _done(answer, "MUTUAL AUTHENTICATE")
    session_key = handshake.session_key(answer.data)
    _done((yield from ask(Channel(suite, session_key).verify(number), "VERIFY")), "VERIFY")
    return session_key


def _delivered(number: str, random: Callable[[int], bytes]) -> Talk[ReaderEnd]:
    """The reader's end of a specified card's channel, the number verified (assumed profile)."""
    from virtual_card.channel import delivery_test_key

    _done((yield from ask(_select(AP), "SELECT AP")), "SELECT AP")
    keys = SessionKeys.of(random(2 * ASSUMED_CHANNEL.key_size), ASSUMED_CHANNEL)
    delivery: RSAPublicKey = delivery_test_key().public_key()
    command = key_command(delivery, keys, random(seed_size(ASSUMED_CHANNEL)), ASSUMED_CHANNEL)
    _done((yield from ask(command, "SET SESSION KEY")), "SET SESSION KEY")
    end = ReaderEnd(keys, ASSUMED_CHANNEL)
    verified = yield from ask(end.verify(number), "VERIFY")
    _done(verified, "VERIFY")
    _opened(end, verified, "VERIFY")
    return end


def _authorised(
    profile: CardProfile, number: str, content: bytes, policy: WritePolicy, terminal: address.Terminal
) -> Talk[None]:
    """The authority's permission for this content on this chip, over a challenge of just now."""
    challenge = yield from _challenge()
    command = authorise(policy, terminal, profile, number=number, challenge=challenge, content=content)
    _done((yield from ask(command, "authorisation")), "authorisation")


def _challenge() -> Talk[bytes]:
    answer = yield from ask(get_challenge(), "GET CHALLENGE")
    _done(answer, "GET CHALLENGE")
    return answer.data


def _selected(df: str) -> Talk[None]:
    _done((yield from ask(_select(df), f"SELECT {df}")), f"SELECT {df}")


def _select(df: str) -> Command:
    return Command(0x00, 0xA4, 0x04, 0x0C, AIDS[df])


def _done(answer: Response, step: str) -> None:
    if answer.ok:
        return
    if answer.sw == _REFUSED and step in ("MUTUAL AUTHENTICATE", "VERIFY"):
        raise WrongNumber(step)
    raise RefusedByCard(step, answer.sw)


def _opened(end: ReaderEnd, answer: Response, step: str) -> None:
    try:
        end.open(answer.data, answer.sw)
    except MessageError as error:
        raise BrokenAnswer(
            "a protected answer is damaged", step, expected="its check value", received=error.message
        ) from error
