"""What is said to be expected is what would be taken: a vendor who does just that has mended the fault."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sim.exchange import batch as batches
from sim.exchange.codes import Code, Finding
from tests.exchange.samples import PROFILE, encoded, encoded_xml, notice


def fault(content: bytes) -> Finding:
    (found, *_) = batches.decode(content, PROFILE).findings
    return found


@pytest.mark.parametrize("make", [encoded, encoded_xml], ids=["csv", "xml"])
def test_a_digest_in_capital_letters_is_answered_with_small_hexadecimal_digits(
    make: Callable[..., bytes],
) -> None:
    content = re.sub(rb"[0-9a-f]{64}", lambda match: match[0].upper(), make(notice()))
    found = fault(content)
    assert (found.code, "64 small hexadecimal digits" in found.expected) == (Code.BAD_TRAILER, True)


@pytest.mark.parametrize("make", [encoded, encoded_xml], ids=["csv", "xml"])
@pytest.mark.parametrize("item", ["sequence", "count"])
def test_a_number_with_a_leading_zero_is_answered_with_numbers_without(
    make: Callable[..., bytes], item: str
) -> None:
    content = make(notice(), sequence=7)
    number = b"7" if item == "sequence" else b"1"
    if content.startswith(b"H"):
        before, after = (b",7,", b",07,") if item == "sequence" else (b",1\r\n", b",01\r\n")
    else:
        name = item.encode()
        before, after = (b"<%s>%s%s" % (name, zero, number) for zero in (b"", b"0"))
    assert before in content
    found = fault(content.replace(before, after, 1))
    assert (found.code, found.column) == (Code.BAD_HEADER, item)
    assert found.expected.endswith("without leading zeros")
