"""What the endpoints will send: the same for the same seed, and each record what it was made to be."""

from datetime import date
from pathlib import Path

import pytest

from load import payloads
from load.payloads import DAY, Contents, Intended, contents, manifest_of, schedule
from load.payloads.records import FAULTS, Country, Place
from sim.base.errors import UsageError
from sim.exchange import batch as batches
from sim.exchange.envelope import Opened, open_sealed
from sim.exchange.municipality import is_municipality
from sim.exchange.profile import open_profile
from sim.exchange.records import MunicipalityNotice, MunicipalityTransmission
from tests.load.rig import ADDRESSES, CODES, intended, made_keys, prepared

PROFILE = open_profile()


def opened(folder: Path, row: payloads.Scheduled) -> list[batches.Decoded]:
    """The batches of an exchange, as the agency reads them."""
    keys = made_keys()
    sealed = (folder / row.file).read_bytes()
    found = []
    for parcel in row.parcels:
        content = open_sealed(
            sealed[parcel.offset : parcel.offset + parcel.size],
            keys.envelope(PROFILE.agency),
            keys.trust(),
            DAY,
        )
        assert isinstance(content, Opened)
        assert content.sender == row.code
        found.append(batches.decode(content.content, PROFILE))
    return found


def test_a_plan_without_exchanges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no exchange is planned"):
        prepared(tmp_path / "payloads", [])


def test_an_endpoint_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no address"):
        payloads.prepare(tmp_path / "payloads", intended(), {}, made_keys(), seed=1, workers=1)


def test_a_folder_that_holds_no_payloads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of payloads"):
        manifest_of(tmp_path)


def test_what_was_prepared_halfway_is_not_taken_for_whole(tmp_path: Path) -> None:
    (tmp_path / "payloads.part").mkdir()
    (tmp_path / "payloads.part" / "0000.sealed").write_bytes(b"rubbish")
    prepared(tmp_path / "payloads", intended())
    assert not (tmp_path / "payloads.part").exists()
    assert len(schedule(tmp_path / "payloads")) == len(CODES)


def test_the_same_seed_gives_the_same_contents_on_any_number_of_workers(tmp_path: Path) -> None:
    plan = [Intended(code, 0, 450) for code in CODES]  # more than one process takes on at a time
    one = prepared(tmp_path / "one", plan)
    two = prepared(tmp_path / "two", plan, workers=2)
    assert one.fingerprint == two.fingerprint
    assert list(contents(tmp_path / "one")) == list(contents(tmp_path / "two"))
    assert len(list((tmp_path / "one").glob("*.sealed"))) > 1


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    one = prepared(tmp_path / "one", intended())
    assert one.fingerprint != prepared(tmp_path / "two", intended(), seed=2).fingerprint
    assert one.fingerprint != prepared(tmp_path / "three", intended(records=3)).fingerprint


def test_every_batch_is_sealed_for_the_agency_and_holds_what_it_should(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    made = prepared(folder, intended(records=12))
    told: dict[str, Contents] = {one.ref: one for one in contents(folder)}
    records = 0
    for row in schedule(folder):
        for parcel, decoded in zip(row.parcels, opened(folder, row), strict=True):
            assert decoded.batch is not None
            assert decoded.faults == ()
            assert decoded.batch.header.batch_id == parcel.ref == parcel.key
            assert decoded.digest == told[parcel.ref].digest
            assert [record.record_id for record in decoded.batch.records] == [
                one.name for one in told[parcel.ref].records
            ]
            records += len(decoded.batch.records)
    assert records == made.records == 12 * len(CODES)


def test_an_exchange_without_records_is_one_empty_batch(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    prepared(folder, intended(CODES[:1], records=0))
    (row,) = schedule(folder)
    (decoded,) = opened(folder, row)
    assert decoded.batch is not None
    assert decoded.batch.records == ()


def test_numbers_run_on_from_night_to_night(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    prepared(folder, [Intended(CODES[0], night * 1_000_000, 4, night) for night in range(3)])
    refs = [parcel.ref for row in schedule(folder) for parcel in row.parcels]
    first = [ref for ref in refs if "-01-" in ref]
    assert first == [f"{CODES[0]}-ISA-01-{number:08d}" for number in (1, 2, 3)]
    records = [record.name for one in contents(folder) for record in one.records]
    assert len(set(records)) == 12


def test_a_faulty_record_bears_one_fault_and_its_neighbours_none(tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    made = prepared(folder, intended(CODES[:2], records=200), faulty=0.1)
    codes = [record.code for one in contents(folder) for record in one.records]
    assert made.faulty == sum(map(bool, codes))
    assert 10 < made.faulty < 80
    assert set(filter(None, codes)) == {str(code) for _, _, code in FAULTS}


def test_people_live_where_their_endpoint_is_and_file_what_the_acts_deem() -> None:
    country = Country([Place(CODES[0], ADDRESSES[CODES[0]], 500)], 1, date(2025, 4, 1))
    made = [row.record for row in country.records(CODES[0])]
    notices = {record.person_ref for record in made if isinstance(record, MunicipalityNotice)}
    assert all(
        getattr(record, "address", ADDRESSES[CODES[0]]).startswith(ADDRESSES[CODES[0]]) for record in made
    )
    transmissions = [record for record in made if isinstance(record, MunicipalityTransmission)]
    assert 0.2 < len(transmissions) / len(made) < 0.5
    assert all(record.person_ref in notices for record in transmissions)
    assert all(is_municipality(record.record_id[:6]) for record in made)
