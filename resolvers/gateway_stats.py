"""Statistics of the gateway itself: how much data it has, and how recent it is."""

from __future__ import annotations

from datetime import datetime

import strawberry

from gateway.stats.ledger_state import LedgerState
from resolvers.context import Info
from resolvers.instants import optional_instant
from resolvers.scalars import SafeInt


@strawberry.type(description="How much data the gateway has, and how recent it is.")
class GatewayStats:
    """Statistics of the gateway, for its operators."""

    last_event_at: datetime | None = strawberry.field(
        description="Time of the latest stored event; null if there is none."
    )
    ledger_size: SafeInt = strawberry.field(
        description="Stored events: classifications and comments."
    )
    classifications: SafeInt = strawberry.field(
        description="Classifications in the ledger, each once."
    )
    comments: SafeInt = strawberry.field(description="Comments in the ledger, each once.")
    data_version: SafeInt = strawberry.field(description="Grows with every change of the data.")


async def load_gateway_stats(info: Info) -> GatewayStats:
    """Read the gateway's statistics in one statement, from rollups and counters, not the ledger."""
    (row,) = await info.context.loaders.ledger_state.load(None)
    state = LedgerState._make(row)
    return GatewayStats(
        last_event_at=optional_instant(state.last_event_at),
        ledger_size=SafeInt(state.classifications + state.comments),
        classifications=SafeInt(state.classifications),
        comments=SafeInt(state.comments),
        data_version=SafeInt(state.data_version),
    )
