"""The list of what could not be confirmed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim.law
from sim.base.errors import UsageError
from sim.law.unconfirmed import UNCONFIRMED, unconfirmed


def test_ids_are_unique_and_every_entry_speaks_both_languages() -> None:
    assert len({entry.id for entry in UNCONFIRMED}) == len(UNCONFIRMED)
    for entry in UNCONFIRMED:
        assert entry.statement_ja and entry.statement_en and entry.reason_ja and entry.reason_en


def test_every_assumption_that_a_docstring_names_is_listed() -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(sim.law.__path__[0]).rglob("*.py"))
    named = set(re.findall(r"UNCONFIRMED\s+`([a-z-]+)`", source))
    assert named and named <= {entry.id for entry in UNCONFIRMED}


def test_an_unknown_assumption_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no unconfirmed assumption") as caught:
        unconfirmed("card-expired-pendin")
    assert vars(caught.value) == {
        "message": "no unconfirmed assumption is called 'card-expired-pendin'",
        "expected": None,
        "received": None,
        "where": "sim.law.unconfirmed",
        "remedy": "did you mean 'card-expired-pending'?",
    }


def test_an_assumption_like_no_other_is_sent_to_the_list_of_them() -> None:
    with pytest.raises(UsageError, match="no unconfirmed assumption is called 'xyz'") as caught:
        unconfirmed("xyz")
    assert caught.value.remedy == "see UNCONFIRMED for the ids"
