"""Real programs in front of virtual readers: what they see is what is in the card."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.virtual_card.client import PUBLIC, Client, chip
from virtual_card.errors import CardRemoved, CardUsageError, TransportError
from virtual_card.layouts import CardType
from virtual_card.transports import pcsc
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.pcsc import Pcsc, chosen, readers
from virtual_card.transports.pcscd import MOST_READERS, PrivateDaemon, Slot
from virtual_card.transports.vpcd import VirtualSlot

ATR = "3B:88:80:01:00:00:00:00:33:81:81:00:3A"
Record = Callable[[str, object], None]


@contextmanager
def inserted(card_type: CardType, slot: Slot, number: str = "AA12345678BB") -> Iterator[None]:
    """A card in a slot, and the daemon has noticed it."""
    with VirtualSlot(InProcess(chip(card_type, number)), slot.port):
        waiting = Pcsc(slot.reader, wait=10)
        waiting.connect()
        waiting.disconnect()
        yield


# --- without a card, reader or daemon ---------------------------------------------------------------------
def test_pcscd_takes_no_more_readers_than_it_can_hold(tmp_path: Path) -> None:
    for count in (0, MOST_READERS + 1):
        with pytest.raises(CardUsageError, match="so many readers"):
            PrivateDaemon(tmp_path, count)


def test_a_missing_program_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("virtual_card.transports.pcscd.find_program", lambda name: None)
    with pytest.raises(TransportError, match="apt-get install pcscd"):
        PrivateDaemon(tmp_path).start()
    monkeypatch.setattr("virtual_card.transports.pcscd.find_driver", lambda: None)
    with pytest.raises(TransportError, match="apt-get install vsmartcard-vpcd"):
        PrivateDaemon(tmp_path).start()


def test_a_daemon_that_does_not_come_up_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("virtual_card.transports.pcscd.find_program", lambda name: Path("/bin/false"))
    daemon = PrivateDaemon(tmp_path)
    with pytest.raises(TransportError, match="did not come up"):
        daemon.start()
    daemon.stop()
    assert daemon.log == ""


def test_a_daemon_whose_readers_fail_every_time_is_not_called_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched = tmp_path / "launched"
    script = f"mkdir -p {tmp_path}/run/pcscd; echo 'RFAddReader: ifdhandler failed'; echo . >> {launched};"
    script += f" touch {tmp_path}/run/pcscd/pcscd.comm; exec sleep 60"
    monkeypatch.setattr("virtual_card.transports.pcscd._command", lambda folder: ["/bin/sh", "-c", script])
    driver = tmp_path / "libifdvpcd.so"
    driver.touch()
    monkeypatch.setattr("virtual_card.transports.pcscd.find_driver", lambda: driver)
    daemon = PrivateDaemon(tmp_path)
    with pytest.raises(TransportError, match=r"ifdhandler failed"):
        daemon.start()
    assert len(launched.read_text().split()) > 1
    assert daemon.slots == ()
    assert not daemon.socket.exists()


def test_without_pyscard_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(TransportError, match=r"pip install 'renkei\[reader\]'"):
        Pcsc("any").connect()


def test_a_reader_is_chosen_by_its_name_or_by_a_part_that_only_it_has() -> None:
    names = ("Virtual PCD 00 00", "Virtual PCD 00 01", "ACS ACR 1252")
    assert chosen("Virtual PCD 00 01", names) == "Virtual PCD 00 01"
    assert chosen("ACS", names) == "ACS ACR 1252"
    with pytest.raises(CardUsageError, match="several readers are called 'Virtual'"):
        chosen("Virtual", names)
    with pytest.raises(CardUsageError, match="did you mean ACS ACR 1252"):
        chosen("ACS ACR1252U", names)
    with pytest.raises(CardUsageError, match="none is there"):
        chosen("ACS", ())


def test_a_transport_that_is_not_connected_says_so() -> None:
    with pytest.raises(TransportError, match="not connected"):
        Pcsc("any").transmit(b"\0\0\0\0")
    with pytest.raises(TransportError, match="not connected"):
        Pcsc("any").reset()
    Pcsc("any").disconnect()


@pytest.mark.real_peer
def test_without_a_daemon_the_message_says_what_to_start(tmp_path: Path, record_property: Record) -> None:
    record_property("peer", "pcscd")
    program = (
        "from virtual_card.transports.pcsc import readers\n"
        "from virtual_card.errors import TransportError\n"
        "try:\n    readers()\n"
        "except TransportError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(tmp_path / "no.comm")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert "daemon does not run" in done.stdout
    assert "renkei card doctor" in done.stdout


@pytest.mark.real_peer
def test_an_empty_reader_has_no_card(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcscd")
    with pytest.raises(CardRemoved, match="no card in the reader"):
        Pcsc(pcscd.slots[3].reader).connect()


@pytest.mark.real_peer
def test_a_card_is_held_by_one_program_at_a_time(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcscd")
    with inserted(CardType.RESIDENCE_1, pcscd.slots[0]):
        first = Pcsc(pcscd.slots[0].reader)
        first.connect()
        with pytest.raises(TransportError, match="another program holds the card"):
            Pcsc(pcscd.slots[0].reader).connect()
        first.disconnect()


@pytest.mark.real_peer
def test_a_card_that_is_taken_out_in_the_middle_is_gone(
    pcscd: PrivateDaemon, record_property: Record
) -> None:
    record_property("peer", "pcscd")
    slot = VirtualSlot(InProcess(chip(CardType.RESIDENCE_1)), pcscd.slots[0].port)
    slot.insert()
    transport = Pcsc(pcscd.slots[0].reader, wait=10)
    transport.connect()
    assert transport.transmit(bytes.fromhex("00B08A0000")).hex() == "c101319000"
    slot.take_out()
    with pytest.raises(TransportError):
        transport.transmit(bytes.fromhex("00B08A0000"))
    transport.disconnect()


# --- equal to the chip itself -----------------------------------------------------------------------------
@pytest.mark.real_peer
@pytest.mark.parametrize("card_type", PUBLIC)
def test_a_read_through_pcscd_equals_the_one_in_process(
    pcscd: PrivateDaemon, card_type: CardType, record_property: Record
) -> None:
    record_property("peer", "pcscd")
    here = Client(chip(card_type).transmit, card_type)
    expected = here.everything()
    with VirtualSlot(InProcess(chip(card_type)), pcscd.slots[0].port):
        transport = Pcsc(pcscd.slots[0].reader, wait=10)
        assert transport.connect() == chip(card_type).atr
        there = Client(transport.transmit, card_type)
        assert there.everything() == expected
        assert there.sent == here.sent
        assert transport.reset() == chip(card_type).atr
        transport.disconnect()


@pytest.mark.real_peer
def test_reset_through_pcscd_makes_the_card_forget(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcscd")
    with inserted(CardType.RESIDENCE_1, pcscd.slots[0]):
        transport = Pcsc(pcscd.slots[0].reader)
        transport.connect()
        reader = Client(transport.transmit, CardType.RESIDENCE_1)
        reader.open_card()
        reader.select("DF3")
        assert len(reader.raw("00 B0 82 00 00 0000").data) == 1464
        transport.reset()
        reader.select("DF3")
        assert reader.raw("00 B0 82 00 00 0000").sw == 0x6982
        transport.disconnect()


@pytest.mark.real_peer
def test_several_readers_at_once_answer_for_their_own_card(
    pcscd: PrivateDaemon, record_property: Record
) -> None:
    record_property("peer", "pcscd")
    numbers = [f"AA0000000{n}ZZ" for n in range(len(pcscd.slots))]
    assert set(readers()) == {slot.reader for slot in pcscd.slots}
    with ExitStack() as stack:
        for slot, number, card_type in zip(pcscd.slots, numbers, PUBLIC, strict=True):
            stack.enter_context(inserted(card_type, slot, number))
        talks = []
        for slot, number, card_type in zip(pcscd.slots, numbers, PUBLIC, strict=True):
            transport = Pcsc(slot.reader)
            transport.connect()
            stack.callback(transport.disconnect)
            talks.append(Client(transport.transmit, card_type, number))
        for _ in range(3):  # step by step in turn, so that crossed wires would show
            for talk in talks:
                talk.open_card()
        for talk in talks:
            assert (
                talk.everything()
                == Client(
                    chip(talk.card_type, talk.number).transmit, talk.card_type, talk.number
                ).everything()
            )


# --- programs that are not ours ---------------------------------------------------------------------------
@pytest.mark.real_peer
def test_opensc_tool_lists_the_card_and_exchanges_commands(
    pcscd: PrivateDaemon, record_property: Record
) -> None:
    record_property("peer", "opensc-tool")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["opensc-tool", *arguments],
            env={**os.environ, **pcscd.environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with inserted(CardType.RESIDENCE_2, pcscd.slots[0]):
        reader = pcscd.slots[0].reader
        listed = [line for line in run("--list-readers").splitlines() if reader in line]
        assert len(listed) == 1
        assert "Yes" in listed[0]
        assert run("--reader", reader, "--atr").strip().upper() == ATR
        said = run(
            "--reader",
            reader,
            "-c",
            "default",
            "-s",
            "00B08A0004",
            "-s",
            "00A4040C10D392F0004F02" + "00" * 10,
        )
        assert "C1 02 30 35" in said
        assert said.count("SW1=0x90, SW2=0x00") == 2


@pytest.mark.real_peer
def test_pcsc_scan_sees_the_card(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcsc_scan")
    with inserted(CardType.RESIDENCE_1, pcscd.slots[0]):
        process = subprocess.Popen(
            ["pcsc_scan", "-n"],
            env={**os.environ, **pcscd.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout is not None
            seen = []
            for line in process.stdout:  # it goes on for ever; the answer to reset is what we wait for
                seen.append(line)
                if ATR.replace(":", " ") in line:
                    break
            else:
                pytest.fail("pcsc_scan ended without the answer to reset:\n" + "".join(seen))
        finally:
            process.terminate()
            process.communicate(timeout=10)
        assert any(pcscd.slots[0].reader in line for line in seen)


@pytest.mark.real_peer
def test_pyscards_own_connection_reads_the_card(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcscd")
    program = (
        "import sys\n"
        "from smartcard.System import readers\n"
        "(reader,) = [one for one in readers() if str(one) == sys.argv[1]]\n"
        "connection = reader.createConnection()\n"
        "connection.connect()\n"
        "print(bytes(connection.getATR()).hex())\n"
        "data, *sw = connection.transmit(list(bytes.fromhex('00B08A0000')))\n"
        "print(bytes(data).hex(), bytes(sw).hex())\n"
        "connection.disconnect()\n"
    )
    with inserted(CardType.SPECIAL_PERMANENT_2, pcscd.slots[1]):
        done = subprocess.run(
            [sys.executable, "-c", program, pcscd.slots[1].reader],
            env={**os.environ, **pcscd.environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout.split() == ["3b88800100000000338181003a", "c1023036", "9000"], done.stderr


@pytest.mark.real_peer
def test_two_daemons_live_side_by_side(pcscd: PrivateDaemon, tmp_path: Path, record_property: Record) -> None:
    record_property("peer", "pcscd")
    with PrivateDaemon(tmp_path, 1, name="other") as other:
        assert other.socket != pcscd.socket
        assert pcscd.slots[0].reader in pcsc.readers()
        listed = subprocess.run(
            ["opensc-tool", "--list-readers"],
            env={**os.environ, **other.environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert other.slots[0].reader in listed.stdout
        assert pcscd.slots[0].reader not in listed.stdout
    assert not other.socket.exists()
