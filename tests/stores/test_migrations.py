"""A database of an earlier release is upgraded without loss; one of a later release is refused."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant
from sim.base.journal import Entry, Line
from sim.base.node import Alarm, NodeId, Outgoing, Reply, Step
from sim.nodes.messages import encode_body
from sim.nodes.messages.network import Carry, OpenSession
from sim.stores import upgrade
from sim.stores.arrivals import Arrivals, Upload
from sim.stores.database import Database
from sim.stores.sql import SqlStore, open_database
from tests.stores.databases import KEY, location
from tests.stores.test_contract import ME, NOW, PEER, Value, give, look, same

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real_peer)]
LGWAN = NodeId("lgwan")
CARRY, SESSION = Carry(PEER, "ref", b"content"), OpenSession("131041", "credential")


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest) -> Path | str:
    """Where an empty database is."""
    return location(request.param, request)


@pytest.fixture
def opened(where: Path | str) -> Iterator[Callable[..., Database]]:
    """Opens it; closed at the end."""
    databases: list[Database] = []

    def opens(**options: Any) -> Database:
        databases.append(open_database(where, **options))
        return databases[-1]

    yield opens
    for database in databases:
        database.dispose()


def engine_for(where: Path | str) -> sa.Engine:
    return sa.create_engine(where if isinstance(where, str) else f"sqlite:///{where}")


def made_at(where: Path | str, revision: str, act: Callable[[sa.Connection], None]) -> None:
    """Makes a database by the steps up to a revision and fills it."""
    engine = engine_for(where)
    with engine.begin() as connection:
        upgrade.migrate(connection, "", revision)
        act(connection)
    engine.dispose()


def fill_first(connection: sa.Connection) -> None:
    """Rows as the releases of revision 0001 wrote them."""
    encode = msgspec.msgpack.encode
    lines = [Line(1, ME, n, NOW, "kind", "", f"case {n}", "", {"n": n}) for n in (1, 2, 3)]
    rows: dict[str, list[tuple[object, ...]]] = {
        "state": [(ME, "value", key, encode(Value(key))) for key in "ab"],
        "reply": [(ME, "k", encode(Reply(False, "code", "detail")))],
        "outbox": [
            (ME, 1, LGWAN, encode_body(CARRY), "me#1"),
            (ME, 2, LGWAN, encode_body(SESSION), "me#2"),
        ],
        "wake": [(ME, 1, 5, encode_body(CARRY), "me#1")],
        "journal": [(ME, line.n, journal.encode(line)) for line in lines],
        "counter": [(ME, 3, 2, 1)],
    }
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for name, values in rows.items():
        table = metadata.tables[name]
        for row in values:
            connection.execute(sa.insert(table).values(row))
    # Those releases did not number their databases.
    connection.exec_driver_sql("DROP TABLE alembic_version")


def test_a_database_of_the_first_revision_is_upgraded_without_loss(
    where: Path | str, opened: Callable[..., Database]
) -> None:
    made_at(where, upgrade.FIRST, fill_first)
    database = opened()
    store = SqlStore(database, ME, same)
    carried = Outgoing(ME, 1, LGWAN, CARRY, "me#1")
    assert store.outbox() == [carried, Outgoing(ME, 2, LGWAN, SESSION, "me#2")]
    assert store.outbox(PEER) == [carried]
    assert store.waiting() == {"": 1, PEER: 1}
    assert store.alarms() == [Alarm(ME, 1, Instant(5), CARRY, "me#1")]
    assert look(store) == {"a": "a", "b": "b"}
    again = give(store, "k", lambda state: Step())
    assert again.repeated
    assert again.reply == Reply(False, "code", "detail")
    give(store, "k2", lambda state: Step(entries=(Entry("new"), Entry("newer"))))
    assert [(line.n, line.case) for line in store.journal()] == [
        (1, "case 1"),
        (2, "case 2"),
        (3, "case 3"),
        (4, ""),
        (5, ""),
    ]
    Arrivals(database).keep([Upload(PEER, "key", "ref", "", b"sealed")], NOW)
    database.dispose()
    assert len(list(SqlStore(opened(), ME, same).journal())) == 5


def test_what_the_revision_before_kept_came_by_line(
    where: Path | str, opened: Callable[..., Database]
) -> None:
    def fill(connection: sa.Connection) -> None:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        row = (1, PEER, "key", "ref", "", "digest", 6, NOW, b"sealed", None, None)
        connection.execute(sa.insert(metadata.tables["kept"]).values(row))

    made_at(where, "0002", fill)
    arrivals = Arrivals(opened())
    (kept,) = arrivals.undecided()
    assert (kept.receipt.key, kept.receipt.manner, kept.sealed) == ("key", "line", b"sealed")
    arrivals.keep([Upload(PEER, "later", "ref", "", b"sealed", manner="media")], NOW)
    assert [one.receipt.manner for one in arrivals.undecided(2)] == ["line", "media"]


def test_a_database_that_was_never_encrypted_takes_no_key_after_its_upgrade(
    where: Path | str, opened: Callable[..., Database]
) -> None:
    made_at(where, upgrade.FIRST, fill_first)
    with pytest.raises(UsageError, match="made without one"):
        opened(key=KEY)
    # Nothing was done to it: the release before can still work with it.
    engine = engine_for(where)
    assert "kept" not in sa.inspect(engine).get_table_names()
    engine.dispose()


def described(where: Path | str) -> dict[str, object]:
    """All that is known of the tables of a database."""
    engine = engine_for(where)
    inspector = sa.inspect(engine)
    found: dict[str, object] = {}
    for name in sorted(inspector.get_table_names()):
        columns = [
            (one["name"], repr(one["type"]), one["nullable"], one["default"])
            for one in inspector.get_columns(name)
        ]
        indexes = sorted(
            (
                str(one["name"]),
                tuple(one["column_names"]),
                bool(one["unique"]),
                sorted((option, str(value)) for option, value in one.get("dialect_options", {}).items()),
            )
            for one in inspector.get_indexes(name)
        )
        key = inspector.get_pk_constraint(name)["constrained_columns"]
        options = inspector.get_table_options(name) if engine.dialect.name == "sqlite" else {}
        found[name] = (columns, indexes, key, options)
    engine.dispose()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_lead_to_the_tables_that_a_new_database_gets(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    made, new = location(kind, request), location(kind, request)
    if isinstance(made, Path):
        made = tmp_path / "made.db"
    made_at(made, "head", lambda connection: None)
    open_database(new).dispose()
    tables = described(new)
    assert len(tables) == 13
    assert described(made) == tables


def test_the_last_step_is_the_revision_that_new_databases_bear() -> None:
    steps = Path(upgrade.__file__).parent / "migrations" / "versions"
    assert max(path.stem for path in steps.glob("*.py")) == f"revision_{upgrade.LATEST}"


def test_a_database_of_a_newer_release_is_refused_and_not_touched(
    where: Path | str, opened: Callable[..., Database]
) -> None:
    opened().dispose()
    engine = engine_for(where)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(UsageError, match="made by a newer release") as raised:
        opened()
    assert "received: revision 0999" in str(raised.value)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0999"
    engine.dispose()


def test_two_that_open_an_empty_database_at_once_both_find_its_tables(where: Path | str) -> None:
    program = (
        "import sys; from pathlib import Path; from sim.stores.sql import open_database\n"
        "where = sys.argv[1]; where = where if '://' in where else Path(where)\n"
        "open_database(where).dispose()"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(where)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4


# --- what is no database --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://somewhere/x", "of no kind"),
        ("postgresql+asyncpg://somewhere/x", "of no kind"),
        ("://", "of no kind"),
        ("sqlite://", "of no kind"),
    ],
)
def test_a_url_of_another_kind_is_refused(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_database(url)


def test_a_sqlite_url_is_a_file(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'node.db'}").dispose()
    assert (tmp_path / "node.db").exists()


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://renkei:sesame@/renkei?host={tmp_path}"
    with pytest.raises(HarnessError, match="cannot be opened") as raised:
        open_database(url)
    assert "start the database server" in str(raised.value)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("alone", [False, True])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, alone: bool) -> None:
    with pytest.raises(HarnessError, match="cannot be opened"):
        open_database(tmp_path / "missing" / "node.db", alone=alone)


def test_a_damaged_file_is_told_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    database = open_database(path)
    with database.writing() as cursor:
        cursor.executemany(
            database.text("INSERT INTO setting (name, value) VALUES (?, ?)"),
            [(f"name {n}", "x" * 1000) for n in range(500)],
        )
    database.dispose()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x00\xff" * ((len(content) - 4096) // 2)
    path.write_bytes(content)
    with pytest.raises(HarnessError, match="cannot be opened") as raised:
        open_database(path)
    assert str(path) in str(raised.value)
    assert "damaged" in str(raised.value)


def test_a_database_of_somebody_else_gets_tables_beside_theirs(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "node.db")
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    open_database(tmp_path / "node.db").dispose()
    tables = described(tmp_path / "node.db")
    assert {"theirs", "state"} <= tables.keys()
