"""The three requirements of every municipality, and the gate that one failing municipality closes for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.write_requirements import (
    REMEDIES,
    Connection,
    Municipality,
    Readiness,
    Requirement,
    Terminal,
    lacking,
    readiness,
)

MAIN = Terminal("t1", "main")
BRANCH = Terminal("t2", "branch")
READY = Municipality("131041", True, True, (MAIN, BRANCH))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: Municipality("131041", True, True, (MAIN, replace(BRANCH, id="t1"))),
            (
                "two card terminals of a municipality share an id",
                "an id for each terminal",
                "t1, t1",
                "sim.law.write_requirements.Municipality, 131041",
                "rename one of the terminals",
            ),
        ),
        (
            lambda: readiness([]),
            (
                "the national gate needs the municipalities",
                "every municipality of the country",
                "none",
                "sim.law.write_requirements.readiness",
                "pass all of them at once",
            ),
        ),
    ],
)
def test_an_error_tells_what_was_expected_what_came_where_and_what_to_do(
    call: Callable[[], object], told: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    error = caught.value
    assert (error.message, error.expected, error.received, error.where, error.remedy) == told


def test_a_new_terminal_reaches_lgwan_and_has_writing_off() -> None:
    assert Terminal("t1", "main") == Terminal("t1", "main", Connection.LGWAN, False)


@pytest.mark.parametrize(
    ("municipality", "missing"),
    [
        (READY, ()),
        (replace(READY, terminals=(MAIN,)), ()),
        (replace(READY, terminals=()), (Requirement.LGWAN,)),
        (
            replace(READY, terminals=(MAIN, replace(BRANCH, connection=Connection.LAN_ONLY))),
            (Requirement.LGWAN,),
        ),
        (
            replace(READY, terminals=(replace(MAIN, connection=Connection.STANDALONE), BRANCH)),
            (Requirement.LGWAN,),
        ),
        (replace(READY, security_policy_permits=False), (Requirement.SECURITY_POLICY,)),
        (replace(READY, lan_configured=False), (Requirement.LAN_SETTINGS,)),
        (
            Municipality("131041", False, False, ()),
            (Requirement.LGWAN, Requirement.SECURITY_POLICY, Requirement.LAN_SETTINGS),
        ),
    ],
)
def test_a_municipality_is_told_every_requirement_it_lacks(
    municipality: Municipality, missing: tuple[Requirement, ...]
) -> None:
    assert lacking(municipality) == missing
    assert readiness([municipality]).ready is (not missing)


def test_one_failing_municipality_closes_the_gate_for_all_and_the_codes_come_in_order() -> None:
    no_lan = replace(READY, code="472085", lan_configured=False)
    no_policy = replace(READY, code="011002", security_policy_permits=False)
    assert readiness([READY]) == Readiness(1, ())
    gate = readiness([no_lan, READY, no_policy])
    assert gate == Readiness(3, ("011002", "472085"))
    assert gate.ready is False


def test_requirements_and_connections_have_names_and_remedies_in_both_languages() -> None:
    assert [(one.value, one.ja, one.en, *REMEDIES[one]) for one in Requirement] == [
        (
            "lgwan",
            "どのICカード取扱端末からもLGWANに届くこと",
            "every card terminal reaches LGWAN",
            "全てのICカード取扱端末を庁内LAN経由でLGWANに接続する。",
            "Connect every card terminal to LGWAN through the internal network.",
        ),
        (
            "security_policy",
            "その接続がセキュリティポリシーで許容されること",
            "the security policy permits that connection",
            "当該市区町村がセキュリティポリシーの改正を検討する。",
            "The municipality considers revising its security policy.",
        ),
        (
            "lan_settings",
            "その接続に必要な庁内LANの設定変更が済んでいること",
            "the internal network is configured for that connection",
            "当該市区町村が庁内LANの設定を変更する。",
            "The municipality changes the settings of its internal network.",
        ),
    ]
    assert [(one.value, one.ja, one.en) for one in Connection] == [
        ("lgwan", "庁内LAN経由でLGWANに接続", "reaches LGWAN through the internal network"),
        ("lan_only", "庁内LANのみに接続", "on the internal network only"),
        ("standalone", "スタンドアロン", "standalone"),
    ]


municipalities = st.builds(
    Municipality,
    st.integers(0, 99).map(str),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(Connection), max_size=3).map(
        lambda found: tuple(Terminal(str(n), "main", connection) for n, connection in enumerate(found))
    ),
)


@given(st.lists(municipalities, min_size=1, max_size=6), municipalities)
def test_the_gate_is_open_only_if_every_municipality_is_ready(
    some: list[Municipality], one_more: Municipality
) -> None:
    gate = readiness(some)
    assert gate.ready is all(not lacking(municipality) for municipality in some)
    assert readiness([*some, one_more]).ready is (gate.ready and not lacking(one_more))
    assert readiness(reversed(some)) == gate


@pytest.mark.parametrize("value", [MAIN, READY, Readiness(1, ())], ids=lambda value: type(value).__name__)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")
