"""How a kept upload came: by line, or by a medium in a declared outage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("kept", sa.Column("manner", _TEXT, nullable=False, server_default="line"))
