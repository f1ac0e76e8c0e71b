"""A database that nodes share: SQLite (WAL) in a file, or PostgreSQL by URL.

Theory of operation. One connection writes, and whoever writes takes his turn: SQLite lets one writer in at a
time anyway, and with turns in the order of asking nobody starves (an office that works off a backlog would
otherwise keep everybody out). The writer speaks to the driver itself, with few fixed texts that the driver
keeps prepared: SQLAlchemy opens connections, makes tables and upgrades them. Reading goes by other
connections and waits for nobody, save in the thread that writes just then: it sees what it has written.

    with database.batch():          several commits become one; each that fails takes only itself back
        advance(store, node, …)     nothing may leave the house before the batch is over
        arrivals.decide(…)

A database that is held (`alone=True`) belongs to one process until it ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from sim.base.errors import HarnessError, UsageError
from sim.stores import lease, upgrade
from sim.stores.turns import Turns
from sim.stores.vault import Vault, vault

# Seconds for which a writer waits for one of another process.
_WAIT: Final = 30.0

_SETTING: Final = "SELECT value FROM setting WHERE name = ?"
_KEEP_SETTING: Final = (
    "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Database:
    """One open database. `place`: its file or URL as people may see it; `vault`: what hides its content."""

    def __init__(self, engine: sa.Engine, place: str, hidden: Vault) -> None:
        self.engine = engine
        self.place = place
        self.vault = hidden
        self._turns = Turns()
        self._postgresql = engine.dialect.name == "postgresql"
        self.errors: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._connection: Any = None
        self._cursor: Any = None
        self._open = False
        self._joined = False
        self._doomed = False
        self._alone = False
        self._held: Any = None

    @property
    def is_postgresql(self) -> bool:
        return self._postgresql

    def text(self, statement: str) -> str:
        """A statement with `?` for its parameters, as the driver wants it."""
        return statement.replace("?", "%s") if self._postgresql else statement

    # --- writing ----------------------------------------------------------------------------------------
    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A cursor of the driver; what is done with it is committed together, or not at all.

        Raises:
            HarnessError: the database failed; nothing was kept.
        """
        cursor = self.begin()
        try:
            yield cursor
        except self.errors as error:
            self.rollback()
            raise self._failed(error) from error
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def begin(self) -> Any:
        """Begins to write, as soon as it is our turn; ends with `commit` or `rollback`."""
        self._turns.take()
        try:
            if self._open:
                raise HarnessError(
                    "a transaction was opened inside another one",
                    where=self.place,
                    remedy="end the first one, or join both by `with database.batch():`",
                )
            if self._joined:
                self._cursor.execute("SAVEPOINT step")
            else:
                self._start()
            self._open = True
            return self._cursor
        except self.errors as error:
            self._turns.give_back()
            raise self._failed(error) from error
        except BaseException:
            self._turns.give_back()
            raise

    def commit(self) -> None:
        """Keeps what was done since `begin`; in a batch it is kept when the batch is."""
        try:
            if self._joined:
                self._cursor.execute("RELEASE SAVEPOINT step")
            else:
                self._finish()
        except self.errors as error:
            self._doomed = True
            raise self._failed(error) from error
        finally:
            self._open = False
            self._turns.give_back()

    def rollback(self) -> None:
        """Takes back what was done since `begin`, and in a batch nothing else."""
        try:
            if self._joined:
                self._cursor.execute("ROLLBACK TO SAVEPOINT step")
                self._cursor.execute("RELEASE SAVEPOINT step")
            else:
                self._undo()
        except self.errors:
            self._doomed = True  # the connection is gone, and with it the batch
        finally:
            self._open = False
            self._turns.give_back()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Joins all commits of this thread until its end in one; other writers wait for it.

        What fails inside takes only itself back, as long as its exception does not leave the batch. Nothing
        that was learnt inside may be told to anybody before the end.

        Raises:
            HarnessError: the database failed; nothing of the batch was kept.
        """
        self._turns.take()
        try:
            if self._joined or self._open:
                raise HarnessError(
                    "a batch was opened inside another batch or transaction",
                    where=self.place,
                    remedy="join the steps in one batch",
                )
            try:
                self._start()
            except self.errors as error:
                raise self._failed(error) from error
            self._joined, self._doomed = True, False
            try:
                yield
            except BaseException:
                self._joined = False
                self._undo()
                raise
            self._joined = False
            if self._doomed:
                self._undo()
                raise HarnessError(
                    "the database failed in the middle of a batch, and nothing of it was kept",
                    where=self.place,
                    remedy="see the error before this one; what was not answered can be given again",
                )
            try:
                self._finish()
            except self.errors as error:
                raise self._failed(error) from error
        finally:
            self._turns.give_back()

    def _start(self) -> None:
        used_before = self._cursor is not None
        if not used_before:
            self._connect()
        try:
            self._cursor.execute("BEGIN" if self._postgresql else "BEGIN IMMEDIATE")
        except self.errors:
            self._drop()
            if not used_before or not self._postgresql:
                raise
            self._start()  # the server was started anew since: another connection may do

    def _connect(self) -> None:
        connection = self.engine.raw_connection()
        cursor = self._cursor_of(connection)
        if self._alone and self._postgresql:
            # Held by the connection that writes: when it is lost, nothing is written without the lease.
            try:
                lease.take_server(cursor, self.place)
            except BaseException:
                connection.invalidate()
                raise
        self._connection, self._cursor = connection, cursor

    def _cursor_of(self, connection: Any) -> Any:
        return connection.cursor(binary=True) if self._postgresql else connection.cursor()

    def _finish(self) -> None:
        try:
            self._cursor.execute("COMMIT")
        except self.errors:
            self._undo()
            raise

    def _undo(self) -> None:
        try:
            self._cursor.execute("ROLLBACK")
        except self.errors:
            self._drop()

    def _drop(self) -> None:
        """The writing connection is of no use any more; the next writer opens another."""
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            connection.invalidate()

    def _failed(self, error: Exception) -> HarnessError:
        return HarnessError(
            "the database failed",
            where=self.place,
            received=f"{type(error).__name__}: {error}".strip(),
            remedy="look whether it is running, has room on its disk, and nobody else writes to it",
        )

    # --- reading ----------------------------------------------------------------------------------------
    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor that only reads: what is committed, and to the thread that writes what it has written.

        Raises:
            HarnessError: the database failed.
        """
        try:
            if self._turns.mine and self._cursor is not None and (self._open or self._joined):
                yield self._cursor_of(self._connection)
                return
            connection = self.engine.raw_connection()
            try:
                cursor = self._cursor_of(connection)
                yield cursor
                cursor.close()
            finally:
                connection.close()
        except self.errors as error:
            raise self._failed(error) from error

    # --- single values ----------------------------------------------------------------------------------
    def setting(self, name: str) -> str | None:
        """A value that is kept under a name, in plain."""
        with self.reading() as cursor:
            row = cursor.execute(self.text(_SETTING), (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_setting(self, name: str, value: str) -> None:
        """Keeps a value under a name, instead of the one before."""
        with self.writing() as cursor:
            cursor.execute(self.text(_KEEP_SETTING), (name, value))

    # --- its life ---------------------------------------------------------------------------------------
    def hold(self, file: Path | None) -> None:
        """From now on nobody else may hold the database, until this process ends or disposes of it.

        Raises:
            HarnessError: another process holds it.
        """
        self._turns.take()
        try:
            self._alone = True
            if file is not None:
                self._held = lease.take_file(file, self.place)
            else:
                self._connect()
        finally:
            self._turns.give_back()

    def dispose(self) -> None:
        """Closes all connections and lets go of the database."""
        self._turns.take()
        try:
            connection, self._connection, self._cursor = self._connection, None, None
            if connection is not None:
                connection.invalidate()  # with the session its lease ends at once
            self.engine.dispose()
            if self._held is not None:
                self._held.close()
                self._held = None
        finally:
            self._turns.give_back()


def open_database(
    where: Path | str, *, durable: bool = True, key: bytes | None = None, alone: bool = False
) -> Database:
    """Opens a database: a SQLite file by its path, or PostgreSQL by `postgresql+psycopg://…`.

    Tables are made when there are none, and upgraded when an earlier release made them. `durable=False`
    spares the waits for the disk: a killed process still loses nothing, a power cut may. `key`: 32 bytes by
    which everything stored is encrypted; None leaves it readable, for rehearsals. `alone`: it is held until
    it is disposed of, and nobody else can hold it meanwhile; who only reads it need not.

    Raises:
        HarnessError: it cannot be opened, is no database or is damaged; or somebody else holds it.
        UsageError: the URL or the key is wrong, or a newer release made the database.
    """
    hidden = vault(key)
    url, file = _located(where)
    place = url.render_as_string(hide_password=True) if file is None else str(file)
    engine = _postgresql(url, place, durable) if file is None else _sqlite(file, durable)
    database = Database(engine, place, hidden)
    try:
        if alone:
            database.hold(file)
        upgrade.prepare(engine, place, hidden.check)
    except (sa.exc.DBAPIError, database.errors) as error:
        database.dispose()
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        raise _not_opened(place, str(cause), file is None) from error
    except BaseException:
        database.dispose()
        raise
    return database


def _located(where: Path | str) -> tuple[sa.URL, Path | None]:
    """The URL, and the file when it is one of SQLite."""
    if isinstance(where, Path) or "://" not in where:
        return sa.URL.create("sqlite", database=str(where)), Path(where)
    try:
        url = sa.make_url(where)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise _no_url("something else") from error
    if url.get_backend_name() == "sqlite" and url.database:
        return url, Path(url.database)
    if url.get_backend_name() == "postgresql" and url.drivername in ("postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg"), None
    raise _no_url(f"{url.drivername}://…")


def _no_url(received: str) -> UsageError:
    return UsageError(
        "this database is of no kind that renkei knows",
        expected="the path of a file, sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE",
        received=received,
        remedy="correct the database's URL",
    )


def _not_opened(place: str, received: str, server: bool) -> HarnessError:
    if server:
        remedy = "start the database server, or correct host, user and database in the URL"
    else:
        remedy = "give a folder in which you may write, or remove the damaged file"
    return HarnessError(
        "the database cannot be opened", where=place, received=received.strip(), remedy=remedy
    )


def _sqlite(file: Path, durable: bool) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        connect_args={"timeout": _WAIT, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver must not open transactions of its own: whoever writes takes the lock at once.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: sa.URL, place: str, durable: bool) -> sa.Engine:
    try:
        engine = sa.create_engine(url, pool_pre_ping=True)
    except ImportError as error:
        raise UsageError(
            "the driver for PostgreSQL is not installed",
            where=place,
            received=str(error),
            remedy="install it: pip install 'renkei[postgresql]'",
        ) from error

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # As with SQLite: a transaction begins where we say so.
        connection.autocommit = True
        if not durable:
            connection.execute("SET synchronous_commit = off")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
