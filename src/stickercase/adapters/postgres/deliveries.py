"""Deliveries and their pause in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, literal_column, select, update

from stickercase.adapters.postgres.tables import deliveries, delivery_pause
from stickercase.domain.gifts.deliveries import Delivery, Stage, Stars, UnitGift
from stickercase.domain.gifts.pauses import Pause

OF_UNIT = tuple(field.name for field in fields(UnitGift))
OF_STARS = tuple(field.name for field in fields(Stars))
PAUSE = tuple(delivery_pause.c[field.name] for field in fields(Pause))


def is_at(stage: Stage) -> ColumnElement[bool]:
    """Whether a delivery is at a stage; spelt out, as a prepared statement with a parameter finds no partial index."""
    return deliveries.c.stage == literal_column(f"'{stage.value}'")


class PostgresDeliveries:
    """Deliveries within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> None:
        """Keep a new delivery."""
        goods = dict.fromkeys((*OF_UNIT, *OF_STARS)) | asdict(delivery.goods)
        self._connection.execute(insert(deliveries).values(id=delivery.id, **goods, **_moving(delivery)))

    def find(self, delivery_id: int) -> Delivery | None:
        """The delivery of this id."""
        row = self._connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).first()
        return None if row is None else delivery_of(row)

    def lock(self, delivery_id: int) -> Delivery | None:
        """The delivery, kept from everybody else."""
        wanted = select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()
        row = self._connection.execute(wanted).first()
        return None if row is None else delivery_of(row)

    def write(self, delivery: Delivery) -> None:
        """Keep what has become of a delivery."""
        moved = update(deliveries).where(deliveries.c.id == delivery.id).values(_moving(delivery))
        assert self._connection.execute(moved).rowcount == 1, f"there is no delivery {delivery.id}"

    def requested(self, limit: int) -> Sequence[int]:
        """The ids of deliveries that wait for their order."""
        waiting = select(deliveries.c.id).where(is_at(Stage.REQUESTED)).order_by(deliveries.c.id).limit(limit)
        return list(self._connection.execute(waiting).scalars())


class PostgresDeliveryPause:
    """The pause within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> Pause | None:
        """The pause in force, kept from everybody else."""
        return pause_of(self._connection.execute(select(*PAUSE).with_for_update()).one())

    def write(self, pause: Pause | None) -> None:
        """Begin, change or end it."""
        nothing = {column.name: None for column in PAUSE}
        self._connection.execute(update(delivery_pause).values(nothing if pause is None else asdict(pause)))


def delivery_of(row: Row[Any]) -> Delivery:
    """A row of the table as the domain knows it."""
    told = dict(row._mapping)
    of_unit, of_stars = ({name: told.pop(name) for name in names} for names in (OF_UNIT, OF_STARS))
    goods = Stars(**of_stars) if of_unit["player_id"] is None else UnitGift(**of_unit)
    return Delivery(**told | {"goods": goods, "stage": Stage(row.stage)})


def pause_of(row: Row[Any]) -> Pause | None:
    """The one row of the pause as the domain knows it."""
    return None if row.since is None else Pause(**row._mapping)


def _moving(delivery: Delivery) -> dict[str, Any]:
    """All that is not the delivery's goods, and its id."""
    told = {field.name: getattr(delivery, field.name) for field in fields(Delivery) if field.name != "goods"}
    del told["id"]
    return told | {"stage": delivery.stage.value}
