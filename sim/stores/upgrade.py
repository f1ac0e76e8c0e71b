"""A database is brought to the form that this release knows, when it is opened.

An empty one gets today's tables at once. One of an earlier release is upgraded step by step (alembic, in one
transaction), one of a newer release is refused: what it wrote would be misread. The tables of releases that
did not number their databases yet are revision 0001. A test holds both ways to the same tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from sim.base.errors import UsageError
from sim.stores.schema import SCHEMA, SETTING, STATE

LATEST: Final = "0003"
"""The revision of the tables in `sim.stores.schema`."""

FIRST: Final = "0001"
_KNOWN: Final = (FIRST, "0002", LATEST)
_CHECK: Final = "check"
_PLAIN: Final = "plain"

_VERSION: Final = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)


def prepare(engine: sa.Engine, place: str, check: str) -> None:
    """Makes or upgrades the tables. `check`: the check value of the key that is used.

    Raises:
        UsageError: a newer release made the database, or it was made with another key.
        sa.exc.DBAPIError: it is none, or is damaged.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two that open an empty database at once: the second one waits and finds the tables made.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('renkei upgrade'))")
        found = revision(connection)
        if found == "":
            SCHEMA.create_all(connection)
            _VERSION.create(connection)
            connection.execute(sa.insert(_VERSION), {"version_num": LATEST})
            connection.execute(sa.insert(SETTING), {"name": _CHECK, "value": check})
        elif found not in _KNOWN:
            raise UsageError(
                "this database was made by a newer release",
                where=place,
                expected=f"revision {LATEST} or an earlier one",
                received=f"revision {found}",
                remedy="use the release that made it, or a newer one",
            )
        elif found != LATEST:
            migrate(connection, found)
        _compare(connection, place, check)


def revision(connection: sa.Connection) -> str:
    """The revision of the database; empty when it holds no table of ours."""
    inspector = sa.inspect(connection)
    if inspector.has_table(_VERSION.name):
        row = connection.execute(sa.select(_VERSION.c.version_num)).first()
        if row is not None:
            return str(row[0])
    return FIRST if inspector.has_table(STATE.name) else ""


def migrate(connection: sa.Connection, found: str, to: str = LATEST) -> None:
    """Takes the steps from revision `found` (empty: nothing is there) to another, in the open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    if found:
        command.stamp(config, found)
    command.upgrade(config, to)


def _compare(connection: sa.Connection, place: str, check: str) -> None:
    query = sa.select(SETTING.c.value).where(SETTING.c.name == _CHECK)
    made = connection.execute(query).scalar_one_or_none()
    if made == check:
        return
    if made == _PLAIN:
        expected, received = "no key: it was made without one", "a key"
    else:
        expected = "the key with which it was made"
        received = "no key" if check == _PLAIN else "another key"
    raise UsageError(
        "the key does not fit the database",
        where=place,
        expected=expected,
        received=received,
        remedy="give the key file that was made with this database, or begin with a new database",
    )
