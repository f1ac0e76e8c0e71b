"""Who is within the register's scope: those who live in the municipality, with a record or without one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.law.kinds import Filing
from sim.nodes.messages.registry import RecordAbode, RemoveAbode
from tests.nodes.registry.desk import DAY, NOW, filing, person, register, special, state

HERE, COMER = person(1), person(2, address="埼玉県川口市1番")


def test_who_moves_in_comes_into_scope_with_the_address_here_and_who_moves_out_leaves_it() -> None:
    """S3-004: persons with 住所 or 住居地 in the municipality, and nobody else."""
    rig = register(HERE)
    rig.give(filing(COMER, Filing.MOVING_IN, address="新宿区の家"), NOW)
    assert [(who.ref, who.address) for who in state(rig).in_scope()] == [
        (HERE.ref, HERE.address),
        (COMER.ref, "新宿区の家"),
    ]
    rig.give(filing(HERE, Filing.MOVING_OUT, DAY, case="C2"), NOW)
    assert [who.ref for who in state(rig).in_scope()] == [COMER.ref]


@given(
    st.lists(st.tuples(st.sampled_from(["in", "out", "abode", "no_abode"]), st.integers(1, 4)), max_size=12)
)
def test_the_scope_is_at_any_time_the_residents_and_those_with_an_abode_only(
    steps: list[tuple[str, int]],
) -> None:
    """S3-004, S3-005: whatever happens in whatever order; each person once."""
    rig = register()
    residents: set[str] = set()
    abodes: set[str] = set()
    for count, (what, number) in enumerate(steps):
        who = special(number)
        case = f"C{count}"
        if what == "in" and rig.give(filing(who, Filing.MOVING_IN, case=case), NOW).reply.ok:
            residents.add(who.ref)
            abodes.discard(who.ref)
        elif what == "out" and rig.give(filing(who, Filing.MOVING_OUT, DAY, case=case), NOW).reply.ok:
            residents.discard(who.ref)
        elif what == "abode" and rig.give(RecordAbode(case, who), NOW).reply.ok:
            abodes.add(who.ref)
        elif what == "no_abode" and rig.give(RemoveAbode(case, who.ref), NOW).reply.ok:
            abodes.discard(who.ref)
        scope = [one.ref for one in state(rig).in_scope()]
        assert sorted(scope) == sorted(residents | abodes)
        assert [one.ref for one in state(rig).residents()] == sorted(residents)
