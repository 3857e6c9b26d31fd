"""Side connection to the server that is currently read from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from gateway.db.compiled import Rows
from gateway.db.faults import SERVER_FAULTS, fault_of
from gateway.db.read_servers import ReadServers
from gateway.db.side_connection import SideConnection


class ReplicatedSideConnection(SideConnection):
    """``sides`` lead to each of the ``servers``; one that is away is passed over."""

    def __init__(self, sides: Sequence[SideConnection], servers: ReadServers) -> None:
        self._sides = sides
        self._servers = servers

    def is_unchanged(self) -> bool:
        return False

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Rows:
        order = self._servers.order(at_primary=False)
        while True:
            index = order.pop(0)
            try:
                rows = await self._sides[index].fetch(statement, parameters)
            except Exception as error:
                if not order or fault_of(error) not in SERVER_FAULTS:
                    raise
                self._servers.failed(index)
            else:
                self.server = index
                return rows

    async def close(self) -> None:
        await asyncio.gather(*(side.close() for side in self._sides))
