"""Row "ministry intake", what one would write instead: FastAPI, an object and a row for each record.

The envelope is opened as ours opens it. Everything is decided before the answer: the batch's digest is
checked, each record is validated by pydantic (`notices.Notice`) and becomes a row of SQLAlchemy's ORM, and
all of it is committed together.
"""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

from bench.intake_plan import digest_of, line_of
from bench.notices import LAYOUT, Notice
from sim.drivers.live.ministry.folder import Place
from sim.exchange import pki
from sim.exchange.envelope import Opened, open_sealed


class Base(DeclarativeBase):
    """The tables."""


class BatchRow(Base):
    """A batch that was taken in."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    ref: Mapped[str]
    sender: Mapped[str] = mapped_column(index=True)
    sequence: Mapped[int]
    digest: Mapped[str]
    received_at: Mapped[datetime]
    notices: Mapped[list[NoticeRow]] = relationship(back_populates="batch")


class NoticeRow(Base):
    """A record of a batch."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    batch: Mapped[BatchRow] = relationship(back_populates="notices")
    record_id: Mapped[str] = mapped_column(unique=True)
    person_ref: Mapped[str]
    cancels: Mapped[str]
    action: Mapped[str]
    reason: Mapped[str]
    person_class: Mapped[str]
    name: Mapped[str]
    name_kanji: Mapped[str]
    alias: Mapped[str]
    birth_date: Mapped[date]
    sex: Mapped[str]
    nationality: Mapped[str]
    address: Mapped[str]
    previous_address: Mapped[str]
    next_address: Mapped[str]
    became_resident_date: Mapped[date | None]
    status: Mapped[str]
    period: Mapped[str]
    period_until: Mapped[date | None]
    card_number: Mapped[str]
    event_date: Mapped[date]
    filed_date: Mapped[date]


class Answer(BaseModel):
    """What the sender is told."""

    key: str
    ref: str
    records: int


def application(place: Place, database: Path) -> FastAPI:
    """The server. One session a request; the handler computes and writes in the event loop, one at a time."""
    sessions = _sessions(database)
    own = pki.load(place.keys / "envelope", place.agency)
    trust = place.trust()
    app = FastAPI()

    @app.post("/v1/batches", status_code=202)
    async def take_in(
        request: Request,
        idempotency_key: Annotated[str, Header()],
        renkei_ref: Annotated[str, Header()],
    ) -> Answer:
        sealed = await request.body()
        opened = open_sealed(sealed, own, trust, datetime.now(UTC))
        if not isinstance(opened, Opened):
            raise HTTPException(422, opened.reason)
        digest = hashlib.sha256(sealed).hexdigest()
        with sessions() as session:
            earlier = session.scalar(sa.select(BatchRow).where(BatchRow.key == idempotency_key))
            if earlier is not None:
                raise HTTPException(409, "this key was used before")
            batch = BatchRow(
                key=idempotency_key, ref=renkei_ref, digest=digest, received_at=datetime.now(UTC)
            )
            batch.sender, batch.sequence, notices = _read(opened.content)
            if batch.sender != opened.sender:
                raise HTTPException(422, "signed by another than its sender")
            for notice in notices:
                batch.notices.append(_row(notice))
            session.add(batch)
            session.commit()
            return Answer(key=batch.key, ref=batch.ref, records=len(notices))

    return app


def _sessions(database: Path) -> sessionmaker[Session]:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(database)))

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    Base.metadata.create_all(engine)
    return sessionmaker(engine)


def _read(content: bytes) -> tuple[str, int, list[Notice]]:
    """Sender, number and records of a batch."""
    cut = content.rindex(b"\r\nT,") + 2
    count, digest = content[cut:].decode().strip().split(",")[1:]
    if hashlib.sha256(content[:cut]).hexdigest() != digest:
        raise HTTPException(422, "the digest differs")
    rows = csv.reader(io.StringIO(content[:cut].decode(), newline=""))
    head = next(rows)
    try:
        notices = [Notice.model_validate(dict(zip(LAYOUT.items, row[2:], strict=True))) for row in rows]
    except (ValidationError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    if len(notices) != int(count):
        raise HTTPException(422, "the number of records differs")
    return head[2], int(head[6]), notices


def _row(notice: Notice) -> NoticeRow:
    values = notice.model_dump()
    for item in ("became_resident_date", "period_until"):
        values[item] = values[item] or None
    return NoticeRow(**values)


def stored(database: Path) -> dict[str, Any]:
    """What lies in the database at the end."""
    with _sessions(database)() as session:
        digests = list(session.scalars(sa.select(BatchRow.digest)))
        people = session.execute(sa.select(NoticeRow.record_id, NoticeRow.person_ref)).all()
    return {
        "batches": len(digests),
        "records": len(people),
        "sealed": digest_of(digests),
        "read": digest_of(line_of(record, person) for record, person in people),
    }
