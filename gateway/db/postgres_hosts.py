"""Connect to one of several PostgreSQL hosts: the one that has the right role."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import asyncpg

from gateway.db.hosts import Host
from gateway.db.session_attributes import SessionAttribute
from gateway.db.url import PostgresUrl
from gateway.reasons import reason_of

#: How long a server may take to accept a connection, unless the URL says it.
_CONNECT_SECONDS = 5
#: Another server may be the right one.
_TRY_NEXT = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)


class PostgresHosts:
    """Connects to the hosts of a URL, one after the other, until one answers with the right role.

    asyncpg also takes several hosts, but has one limit of time for all of them: a server that
    has lost its network would hide the others.
    """

    def __init__(self, url: PostgresUrl, timeout_seconds: float) -> None:
        self._arguments = {**url.arguments, "command_timeout": timeout_seconds}
        # A pooler knows no other parameters at the start of a session: the rest is set afterwards.
        self._at_start = {
            "application_name": "stats-gateway",
            **url.server_settings,
            "timezone": "UTC",
        }
        self._session = {"statement_timeout": str(int(timeout_seconds * 1000))}
        self._servers = [_host_arguments(host) for host in url.hosts] or [{}]
        self._labels = [host.host_and_port for host in url.hosts] or [""]
        self._target = url.target
        seconds = url.connect_seconds
        limit = _CONNECT_SECONDS if seconds is None else seconds or timeout_seconds
        self._timeout = min(timeout_seconds, limit) if seconds is None else limit
        #: Where to begin: with the server that was right, and not with one that did not answer.
        self._first = 0

    async def connect(self, session: Mapping[str, str] | None = None, **more: Any) -> Any:
        """A connection with further parameters of its session, and arguments of the driver.

        Raises what is wrong with the server; of several servers, what is wrong with each.
        """
        passes: list[SessionAttribute] = [self._target]
        if self._target == "prefer-standby":
            passes = ["standby", "any"]
        errors: dict[str, Exception] = {}
        for target in passes:
            for index in self._order():
                try:
                    return await self._connect_to(index, target, session or {}, more)
                except _TRY_NEXT as error:
                    errors[self._labels[index]] = error
        raise self._all_failed(errors)

    def _order(self) -> list[int]:
        first = self._first if self._target != "any" else 0
        indices = list(range(len(self._servers)))
        return indices[first:] + indices[:first]

    async def _connect_to(
        self, index: int, target: SessionAttribute, session: Mapping[str, str], more: Any
    ) -> Any:
        try:
            connection = await asyncpg.connect(
                **self._servers[index],
                **self._arguments,
                **more,
                timeout=self._timeout,
                target_session_attrs=target,
                server_settings=self._at_start,
            )
        except BaseException:
            # Also after a cancellation: this server has taken too long.
            self._first = (index + 1) % len(self._servers)
            raise
        self._first = index
        try:
            await connection.execute(
                "; ".join(
                    f"SET {name} = {value}" for name, value in {**self._session, **session}.items()
                )
            )
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _all_failed(self, errors: Mapping[str, Exception]) -> Exception:
        if len(errors) == 1 and len(self._servers) == 1:
            (error,) = errors.values()
            return ConnectionError(self._said(error)) if _is_other(error) else error
        # Operators must fix this one; servers that are away may come back.
        for error in errors.values():
            if isinstance(error, ssl.SSLError):
                return error
        return ConnectionError(
            "; ".join(f"{label}: {self._said(error)}" for label, error in errors.items())
        )

    def _said(self, error: Exception) -> str:
        return f"it is not {self._target}" if _is_other(error) else reason_of(error)


def _is_other(error: Exception) -> bool:
    return isinstance(error, asyncpg.TargetServerAttributeNotMatched)


def _host_arguments(host: Host) -> dict[str, Any]:
    return {"host": host.name} if host.port is None else {"host": host.name, "port": host.port}
