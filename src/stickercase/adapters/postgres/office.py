"""What operators look at, read from PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, and_, func, select, text, true

from stickercase.adapters.postgres.looks import look
from stickercase.adapters.postgres.reports import report_of
from stickercase.adapters.postgres.tables import items, operator_log, reports, stock, units
from stickercase.domain.stock.packs import UnitState
from stickercase.domain.use_cases.reports import FiledReport
from stickercase.ports.reading import LogLine, LogWish, PackStock


class PostgresOffice:
    """The stock and the log on ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stock(self) -> Mapping[int, PackStock]:
        """Where the units of every pack are."""
        held = [
            func.count(items.c.unit_id).filter(items.c.state == state.value)
            for state in (UnitState.OWNED, UnitState.LEAVING)
        ]
        counted = (
            select(
                units.c.pack_id, *(count.label(name) for count, name in zip(held, ("owned", "leaving"), strict=True))
            )
            .join(items, items.c.unit_id == units.c.id)
            .group_by(units.c.pack_id)
            .subquery()
        )
        wanted = (
            select(
                stock.c.pack_id,
                stock.c.free,
                func.coalesce(counted.c.owned, 0),
                func.coalesce(counted.c.leaving, 0),
            )
            .outerjoin(counted, counted.c.pack_id == stock.c.pack_id)
            .order_by(stock.c.pack_id)
        )
        with look(self._engine) as connection:
            # All items are counted, so all of them are read: by key that would be a trip for each.
            for way in ("seqscan", "hashjoin"):
                connection.execute(text(f"SET LOCAL enable_{way} = on"))
            return {row[0]: PackStock(*row[1:]) for row in connection.execute(wanted)}

    def log(self, wish: LogWish, limit: int, before: int | None) -> tuple[int, Sequence[LogLine]]:
        """A page of the log."""
        line = operator_log.c
        wanted = and_(
            true() if wish.subject is None else line.subject == wish.subject,
            true() if wish.who is None else line.who == wish.who,
            true() if wish.since is None else line.at >= wish.since,
        )
        below = wanted if before is None else and_(wanted, line.id < before)
        shown = (line.id, line.who, line.action, line.subject, line.before, line.after, line.at)
        with look(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(operator_log).where(wanted)).scalar_one()
            rows = connection.execute(select(*shown).where(below).order_by(line.id.desc()).limit(limit))
            return total, [LogLine(*row) for row in rows]

    def reports(self, limit: int, before: int | None) -> tuple[int, Sequence[FiledReport]]:
        """A page of the reports."""
        below = true() if before is None else reports.c.id < before
        with look(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(reports)).scalar_one()
            rows = connection.execute(select(reports).where(below).order_by(reports.c.id.desc()).limit(limit))
            return total, [report_of(row) for row in rows]
