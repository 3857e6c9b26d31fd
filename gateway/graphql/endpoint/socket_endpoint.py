"""Socket endpoint: GraphQL over WebSocket by the protocol ``graphql-transport-ws``."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from gateway.graphql.endpoint.socket_messages import SUBPROTOCOL, CloseCode
from gateway.graphql.endpoint.socket_operation import SocketOperations
from gateway.graphql.endpoint.socket_running import SocketLimits
from gateway.graphql.endpoint.socket_session import SocketSession
from gateway.http.recording import recording_of
from gateway.http.websocket_events import accept, close
from gateway.telemetry.record import record_of


class SocketEndpoint:
    """An ASGI application for WebSockets; ``route`` is the path that logs and metrics name.

    ``limits`` are those of each socket.
    """

    def __init__(self, operations: SocketOperations, limits: SocketLimits, route: str) -> None:
        self._operations = operations
        self._limits = limits
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        record = record_of(scope)
        record.route = self._route
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send(accept(None))
            record.close_code = CloseCode.OTHER_SUBPROTOCOL
            await send(close(CloseCode.OTHER_SUBPROTOCOL, f"The subprotocol is {SUBPROTOCOL}."))
            return
        await send(accept(SUBPROTOCOL))
        session = SocketSession(
            self._operations, self._limits, record, recording_of(scope), receive, send
        )
        await session.run(scope)
