"""Loaders of certificates, which are never cached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from gateway.changes.entity import Entity
from gateway.directory.certificates import (
    CERTIFICATE_BY_DIGEST,
    CERTIFICATES_BY_USER,
    Certificate,
)
from gateway.loaders.loader import Bound, KeyLoader, Request, StatementLoader


class CertificateLoader(KeyLoader[str, Certificate | None]):
    """Certificates by the digest of their code; None for an unknown or revoked one."""

    name = "certificate"
    default = None

    def statement(self, key: str) -> Bound:
        return CERTIFICATE_BY_DIGEST, {"digest": key}

    def value(self, key: str, rows: Sequence[Any]) -> Certificate | None:
        return Certificate._make(rows[0]) if rows else None

    def entities(self, key: str) -> tuple[Entity, ...]:
        return ()


class OwnCertificatesLoader(StatementLoader[int, tuple[Certificate, ...]]):
    """The certificates of volunteers, the last one first. Who may not see them must not load."""

    name = "certificates of users"
    default = ()

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, tuple[Certificate, ...]]:
            found: dict[int, list[Certificate]] = defaultdict(list)
            for one in map(Certificate._make, rows):
                found[one.user_id].append(one)
            last_first = attrgetter("issued_at", "digest")
            return {
                user_id: tuple(sorted(theirs, key=last_first, reverse=True))
                for user_id, theirs in found.items()
            }

        yield Request(keys, CERTIFICATES_BY_USER, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return ()
