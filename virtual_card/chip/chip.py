"""A chip: its state, and the commands that all generations share.

State between two commands: the current DF and EF, the challenge that was given out, the session (absent
before authentication) and whether the card number was verified in it. Commands (facts on the chip §1.3, §2;
§3 for SET SESSION KEY):

    SELECT           00 A4    MF, DF by AID, EF by id   GET CHALLENGE        00 84
    READ BINARY      00 B0    08 B0 protected           MUTUAL AUTHENTICATE  00 82   not on specified cards
    VERIFY           08 20                              SET SESSION KEY      80 AE   specified cards only
    UPDATE BINARY    08 D6    under a write policy      authorisation        80 DA   under a write policy
    GET DATA         FF CA    what a reader would answer in the card's place

Every byte string gets a status word; nothing that comes in can make `transmit` raise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from virtual_card import apdu
from virtual_card.address import AUTHORISE, DIGEST, SUSPENDED, UPDATE, WritePolicy, check_value
from virtual_card.apdu import EXTENDED_MAX, SHORT_MAX, Command
from virtual_card.channel import CardEnd, delivered_keys, delivery_test_key
from virtual_card.chip.behaviour import USUAL, Behaviour, PastEnd
from virtual_card.chip.files import FIRST_SFI, LAST_SFI, File, FileTree
from virtual_card.chip.secured import CHALLENGE, CRYPTOGRAM, Messaging, NumberKey
from virtual_card.content import CardContent
from virtual_card.errors import MessageError
from virtual_card.layouts import AP, MF, FileKey, Generation
from virtual_card.layouts.specified import ASSUMED_CHANNEL, Channel
from virtual_card.number import checked_number
from virtual_card.protected import NUMBER_REFERENCE, PROTECTED
from virtual_card.suites import MAC, suite_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_PLAIN: Final = 0x00
_PROPRIETARY: Final = 0x80
_READER: Final = 0xFF

_SELECT: Final = 0xA4
_READ: Final = 0xB0
_VERIFY: Final = 0x20
_CHALLENGE: Final = 0x84
_AUTHENTICATE: Final = 0x82
_SESSION_KEY: Final = 0xAE
_GET_DATA: Final = 0xCA
_UPDATE: Final = bytes([UPDATE])

_MF_ID: Final = b"\x3f\x00"
_IDENTIFIER: Final = 4
_DONE: Final = apdu.OK.to_bytes(2)
_WRONG_LENGTH: Final = apdu.WRONG_LENGTH.to_bytes(2)
_LONG: Final = 16
"""Bytes from which on a command has room for ciphertext, or for a check value and what it vouches for."""


def _taken_apart(raw: bytes) -> tuple[Command | None, tuple[int, ...]]:
    """The command, None when its lengths do not fit together; its class and instruction, if it has them."""
    return Command.parse(raw), tuple(raw[:2])


# Readers say the same short commands to every card. Long ones are said once, and nothing of them is kept.
_taken_apart_again: Final = lru_cache(maxsize=512)(_taken_apart)


class _Refused(Exception):
    """A command ends here with this status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Chip:
    """One chip. It keeps no reference to anything outside but the random source."""

    def __init__(
        self,
        content: CardContent,
        random: Callable[[int], bytes],
        *,
        policy: WritePolicy = SUSPENDED,
        behaviour: Behaviour = USUAL,
        channel: Channel = ASSUMED_CHANNEL,
        delivery_key: RSAPrivateKey | None = None,
    ) -> None:
        """`random(n)` gives n bytes: challenges and key material come from it and from nowhere else.

        `delivery_key`: the private key of a specified card, the public TEST one unless given.

        Raises:
            CardUsageError: the number has not the shape of a card number, or values do not fit their fields.
        """
        self._number = checked_number(content.number).encode()
        self._atr = content.atr
        self._tree = FileTree(content)
        self._random = random
        self._policy = policy
        self._behaviour = behaviour
        self._channel = channel
        self._specified = content.profile.generation is Generation.SPECIFIED
        self._delivery = delivery_key
        self._suite = suite_of(content.profile.suite)
        self._key = NumberKey(self._suite, content.number)
        self._address_file = content.profile.address_file
        self._handlers = self._table()
        self.reset()

    def _table(self) -> dict[tuple[int, ...], Callable[[Command], bytes]]:
        """Class and instruction to what is done; what is not in it is refused by `_unknown`."""
        table: dict[tuple[int, ...], Callable[[Command], bytes]] = {
            (_PLAIN, _SELECT): self._select,
            (_PLAIN, _READ): self._read_plain,
            (PROTECTED, _READ): self._read_protected,
            (_PLAIN, _VERIFY): self._verify_plain,
            (PROTECTED, _VERIFY): self._verify,
            (_READER, _GET_DATA): self._identifier,
        }
        if self._specified:
            table[_PROPRIETARY, _SESSION_KEY] = self._take_keys
        else:
            table[_PLAIN, _AUTHENTICATE] = self._authenticate
        if self._policy.enabled:
            table[_PROPRIETARY, AUTHORISE] = self._authorise
            table[_PLAIN, UPDATE] = self._update_plain
            table[PROTECTED, UPDATE] = self._update
        if self._policy.enabled or not self._specified:
            table[_PLAIN, _CHALLENGE] = self._give_challenge
        return table

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._atr

    def reset(self) -> bytes:
        """Forgets every state, as at power-up; the answer to reset."""
        self._df = MF
        self._ef: File | None = None
        self._challenge: bytes | None = None
        self._usable: bytes | None = None
        self._authorised: bytes | None = None
        self._granted: bytes | None = None
        self._close()
        return self._atr

    def contents(self) -> dict[FileKey, bytes]:
        """What the files hold now: written addresses show here, and in no `CardContent`."""
        return self._tree.contents()

    def transmit(self, raw: bytes) -> bytes:
        """The answer to any byte string: data, then a status word of two bytes."""
        command, kind = (_taken_apart_again if len(raw) < _LONG else _taken_apart)(raw)
        # A challenge is taken away before anybody looks at the command, so that nothing can use it twice.
        self._usable = usable = self._challenge
        if usable is not None and self._behaviour.challenge_only_next:
            self._challenge = None
        # UPDATE BINARY of any class and shape spends the authorisation (W4).
        if self._policy.enabled and raw[1:2] == _UPDATE:
            self._granted, self._authorised = self._authorised, None
        if command is None:
            return _WRONG_LENGTH
        handler = self._handlers.get(kind)
        try:
            return self._unknown(command) if handler is None else handler(command)
        except _Refused as refused:
            return refused.sw.to_bytes(2)

    def _unknown(self, command: Command) -> bytes:
        cla, ins = command.cla, command.ins
        known = any(ins == one for _, one in self._handlers)
        if cla == PROTECTED or cla == PROTECTED | 0x04:
            raise _Refused(apdu.SM_NOT_SUPPORTED if known else apdu.INS_NOT_SUPPORTED)
        if cla in (_PLAIN, _PROPRIETARY, _READER):
            raise _Refused(apdu.FUNCTION_NOT_SUPPORTED if cla == _READER else apdu.INS_NOT_SUPPORTED)
        if cla in (0x01, 0x02, 0x03):
            raise _Refused(apdu.CHANNEL_NOT_SUPPORTED)
        if cla == 0x10:
            raise _Refused(apdu.CHAINING_NOT_SUPPORTED)
        raise _Refused(apdu.CLA_NOT_SUPPORTED)

    # --- where in the tree ---------------------------------------------------------------------------------
    def _select(self, command: Command) -> bytes:
        if command.p2 & ~0x0C:  # first occurrence; with, without or with another kind of control information
            raise _Refused(apdu.WRONG_P1_P2)
        if command.p1 == 0x04:
            self._select_df(command.data)
        elif command.p1 == 0x02:
            if len(command.data) != 2:
                raise _Refused(apdu.WRONG_LENGTH)
            found = self._tree.by_id(self._df, int.from_bytes(command.data))
            if found is None:
                raise _Refused(apdu.FILE_NOT_FOUND)
            self._ef = found
        elif command.p1 == 0x00:
            if command.data not in (b"", _MF_ID):
                raise _Refused(apdu.FILE_NOT_FOUND)
            self._df, self._ef = MF, None
            if self._specified or not self._behaviour.kept_over_mf:
                self._close()
        else:
            raise _Refused(apdu.WRONG_P1_P2)
        return _DONE

    def _select_df(self, name: bytes) -> None:
        df = self._tree.by_aid(name)
        if df is None or (self._specified and df != AP and self._df == MF):
            raise _Refused(apdu.FILE_NOT_FOUND)
        if df == AP:
            self._close()  # selecting the residence application again clears the session key (facts §3)
        self._df, self._ef = df, None

    # --- authentication ------------------------------------------------------------------------------------
    def _close(self) -> None:
        """Ends the session and whatever rests on it."""
        self._messaging: Messaging | None = None
        self._verified = False
        self._authorised = None

    def _give_challenge(self, command: Command) -> bytes:
        if command.p1 or command.p2:
            raise _Refused(apdu.WRONG_P1_P2)
        if command.data or command.ne is None or (command.ne < SHORT_MAX and command.ne != CHALLENGE):
            raise _Refused(apdu.WRONG_LENGTH)
        self._challenge = self._random(CHALLENGE)
        return self._challenge + _DONE

    def _used_challenge(self) -> bytes:
        challenge, self._usable, self._challenge = self._usable, None, None
        if challenge is None:
            raise _Refused(apdu.CONDITIONS_NOT_SATISFIED)
        return challenge

    def _authenticate(self, command: Command) -> bytes:
        if command.p1 or command.p2:
            raise _Refused(apdu.WRONG_P1_P2)
        whole = CRYPTOGRAM + MAC
        if len(command.data) != whole or command.ne is None or command.ne < whole:
            raise _Refused(apdu.WRONG_LENGTH)
        challenge = self._used_challenge()
        self._close()
        agreed = self._key.authenticate(challenge, command.data, self._random)
        if agreed is None:
            raise _Refused(apdu.AUTHENTICATION_FAILED)
        answer, self._messaging = agreed
        return answer + _DONE

    def _take_keys(self, command: Command) -> bytes:
        """SET SESSION KEY of the assumed profile."""
        if command.p1 or command.p2:
            raise _Refused(apdu.WRONG_P1_P2)
        if self._df == MF:
            raise _Refused(apdu.CONDITIONS_NOT_SATISFIED)
        self._close()
        try:
            keys = delivered_keys(self._delivery or delivery_test_key(), command.data, self._channel)
        except MessageError:
            raise _Refused(apdu.WRONG_DATA) from None
        self._messaging = CardEnd(keys, self._channel)
        return _DONE

    def _verify_plain(self, command: Command) -> bytes:
        raise _Refused(apdu.SECURITY_NOT_SATISFIED)

    def _verify(self, command: Command) -> bytes:
        if command.p1 or command.p2 != NUMBER_REFERENCE:
            raise _Refused(apdu.WRONG_P1_P2)
        messaging, number, wanted = self._opened(command)
        if wanted is not None:
            raise _Refused(apdu.SM_OBJECTS_INCORRECT)
        self._verified = compare_digest(number, self._number)
        if not self._verified:
            self._authorised = None
            raise _Refused(apdu.AUTHENTICATION_FAILED)
        return messaging.seal(b"", apdu.OK) + _DONE

    def _opened(self, command: Command) -> tuple[Messaging, bytes, bytes | None]:
        """The session, the plain data of a protected command and the value of its object 96."""
        messaging = self._messaging
        if messaging is None:
            raise _Refused(apdu.SECURITY_NOT_SATISFIED)
        try:
            data, wanted = messaging.open(command)
        except MessageError:
            if self._specified:
                self._close()
            raise _Refused(apdu.SM_OBJECTS_INCORRECT) from None
        return messaging, data, wanted

    # --- reading -------------------------------------------------------------------------------------------
    def _located(self, command: Command, *, protected: bool) -> tuple[File, int]:
        """The file that P1 and P2 name and the offset in it, when it may be read in this way."""
        if command.p1 & 0x80:
            sfi = command.p1 & 0x7F
            if not FIRST_SFI <= sfi <= LAST_SFI:
                raise _Refused(apdu.WRONG_P1_P2)
            file, offset = self._tree.by_sfi(self._df, sfi), command.p2
            if file is None:
                raise _Refused(apdu.FILE_NOT_FOUND)
            self._ef = file
        else:
            file, offset = self._ef, command.p1 << 8 | command.p2
            if file is None:
                raise _Refused(apdu.NO_CURRENT_EF)
        if not file.free and not (self._verified and (protected or file.plain)):
            raise _Refused(apdu.SECURITY_NOT_SATISFIED)
        return file, offset

    def _piece(self, file: File, offset: int, wanted: int, *, whole: bool) -> tuple[bytes, int]:
        """Up to `wanted` bytes and the status word; `whole`: the reader said "all there is"."""
        data = file.data
        rest = len(data) - offset
        if rest <= 0:
            raise _Refused(apdu.WRONG_OFFSET)
        if wanted <= rest or whole:
            return data[offset : offset + wanted], apdu.OK
        past_end = self._behaviour.past_end
        if past_end is PastEnd.SHORT:
            return data[offset : offset + wanted], apdu.OK
        if past_end is PastEnd.EXACT and rest < SHORT_MAX:
            raise _Refused(apdu.CORRECT_LE | rest)
        return data[offset:], apdu.END_OF_FILE

    def _read_plain(self, command: Command) -> bytes:
        if command.data or command.ne is None:
            raise _Refused(apdu.WRONG_LENGTH)
        file, offset = self._located(command, protected=False)
        whole = command.ne == (EXTENDED_MAX if command.extended else SHORT_MAX)
        data, sw = self._piece(file, offset, command.ne, whole=whole)
        return data + sw.to_bytes(2)

    def _read_protected(self, command: Command) -> bytes:
        ne = command.ne
        if ne is None:
            raise _Refused(apdu.WRONG_LENGTH)
        messaging, data, le = self._opened(command)
        if data or le is None or not 1 <= len(le) <= 2:
            raise _Refused(apdu.SM_OBJECTS_INCORRECT)
        file, offset = self._located(command, protected=True)
        wanted = int.from_bytes(le)
        piece, sw = self._piece(file, offset, wanted or EXTENDED_MAX, whole=not wanted)
        sealed = messaging.seal(piece, sw)
        if len(sealed) > ne:
            raise _Refused(apdu.WRONG_LENGTH)
        return sealed + (_DONE if sw == apdu.OK else sw.to_bytes(2))

    # --- writing the place of residence (virtual_card/address.py; absent unless the policy turns it on) ----
    def _authorise(self, command: Command) -> bytes:
        if command.p1 or command.p2:
            raise _Refused(apdu.WRONG_P1_P2)
        if len(command.data) != DIGEST + MAC:
            raise _Refused(apdu.WRONG_LENGTH)
        self._authorised = None
        if not self._verified:
            raise _Refused(apdu.SECURITY_NOT_SATISFIED)
        challenge = self._used_challenge()
        digest, code = command.data[:DIGEST], command.data[DIGEST:]
        right = check_value(self._suite, self._policy, self._number.decode(), challenge, digest)
        if not compare_digest(right, code):
            raise _Refused(apdu.AUTHENTICATION_FAILED)
        self._authorised = digest
        return _DONE

    def _update_plain(self, command: Command) -> bytes:
        raise _Refused(apdu.SECURITY_NOT_SATISFIED)

    def _update(self, command: Command) -> bytes:
        authorised, self._granted = self._granted, None
        messaging, content, wanted = self._opened(command)
        if wanted is not None:
            raise _Refused(apdu.SM_OBJECTS_INCORRECT)
        file, offset = self._located(command, protected=True)
        if file.spec is not self._address_file or authorised is None:
            raise _Refused(apdu.SECURITY_NOT_SATISFIED)
        if offset or len(content) != file.spec.capacity:
            raise _Refused(apdu.WRONG_LENGTH)
        if hashlib.sha256(content).digest() != authorised:
            raise _Refused(apdu.SECURITY_NOT_SATISFIED)
        file.data = content
        return messaging.seal(b"", apdu.OK) + _DONE

    # --- what a real reader answers in the card's place ----------------------------------------------------
    def _identifier(self, command: Command) -> bytes:
        if command.p1 or command.p2:
            raise _Refused(apdu.FUNCTION_NOT_SUPPORTED)
        if command.data or command.ne is None:
            raise _Refused(apdu.WRONG_LENGTH)
        identifier = hashlib.sha256(b"identifier" + self._number).digest()[:_IDENTIFIER]
        if command.ne < _IDENTIFIER:
            raise _Refused(apdu.CORRECT_LE | _IDENTIFIER)
        short = command.ne not in (_IDENTIFIER, SHORT_MAX, EXTENDED_MAX)
        return identifier + (apdu.END_OF_FILE if short else apdu.OK).to_bytes(2)
