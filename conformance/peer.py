"""The implementation under test during a run: started when a case needs it, and anew after it failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conformance.adapters import channel_of, settings_of
from conformance.kits import Kit
from conformance.mutants.strangers import STRANGERS
from conformance.protocol.base import Hello
from conformance.protocol.conversation import Channel, Conversation
from sim.base.errors import Breach, HarnessError, RenkeiError

STARTS: Final = 3
"""Starts in a row that come to nothing, after which it is not started again.

One is enough for an implementation that never introduced itself: what is wrong with its `hello` stays wrong.
"""


class Peer:
    """One implementation. `adapter`: settings of an adapter; empty for the built-in reference.

    `exchange`: how the harness writes its files; `say` is told what people should know meanwhile.
    """

    def __init__(
        self,
        kit: Kit,
        adapter: dict[str, Any],
        mutant: str = "",
        exchange: dict[str, Any] | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._kit = kit
        self._adapter = adapter
        self._exchange = exchange or {}
        self._say = say
        known = (*kit.mutants, *STRANGERS.get(kit.role.id, ()))
        self._mutant = next((one for one in known if one.id == mutant), None)
        if mutant and self._mutant is None:
            raise HarnessError("there is no such mutant", received=mutant, where=kit.role.id)
        self._conversation: Conversation | None = None
        self._in_vain = 0
        self._last: RenkeiError | None = None
        self.introduced: dict[str, Any] = {}

    def meet(self) -> None:
        """Starts it before the first case. What it does wrong is left for the cases to find.

        Raises:
            HarnessError, UsageError: it cannot be started at all.
        """
        try:
            self.conversation()
        except Breach:
            return

    def conversation(self) -> Conversation:
        """The conversation, after its `hello`. It is the same until it is dropped.

        Raises:
            Breach: the implementation does not introduce itself as it must.
            HarnessError: it cannot be started.
        """
        if self._conversation is None:
            if self._in_vain >= (STARTS if self.introduced else 1) and self._last is not None:
                raise self._last
            try:
                self._conversation = self._begun()
            except RenkeiError as error:
                self._in_vain += 1
                self._last = error
                raise
            self._in_vain = 0
        return self._conversation

    def drop(self) -> None:
        """Ends the implementation without a word; the next case starts it anew."""
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    def leave(self) -> None:
        """Says goodbye. What the implementation does then is no longer judged."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            try:
                conversation.bye()
            except RenkeiError as error:
                self._say(f"bye: {error.message}")

    def _begun(self) -> Conversation:
        conversation = Conversation(self._channel(), self._kit.role, exchange=self._exchange)
        try:
            self.introduced = conversation.hello(Hello(role=self._kit.role.id)).model_dump(mode="json")
        except BaseException:
            conversation.close()
            raise
        return conversation

    def _channel(self) -> Channel:
        if not self._adapter:
            return self._kit.reference(self._mutant)
        return channel_of(settings_of(self._adapter), self._kit.role, self._say)
