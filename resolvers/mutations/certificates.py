"""Payloads of issuing and revoking certificates."""

from __future__ import annotations

import strawberry

from resolvers.certificate import Certificate, find_certificate
from resolvers.context import Info
from resolvers.mutations.payloads import Payload, users_of
from resolvers.user import User


@strawberry.type
class CertificatePayload(Payload):
    """A payload with the volunteer whose certificate it is, or was."""

    @strawberry.field(
        description="The volunteer whose certificate it is, or was; null if nothing was done."
    )
    async def user(self, info: Info) -> User | None:
        if self.outcome is None:
            return None
        (user,) = await users_of(info, self.outcome.user_ids)
        return user


@strawberry.type(description="What came of `issueCertificate`.")
class IssueCertificatePayload(CertificatePayload):
    """The new certificate."""

    @strawberry.field(description="The certificate; null if nothing was done.")
    async def certificate(self, info: Info) -> Certificate | None:
        code = None if self.outcome is None else self.outcome.code
        return None if code is None else await find_certificate(info, code)


@strawberry.type(description="What came of `revokeCertificate`.")
class RevokeCertificatePayload(CertificatePayload):
    """The payload of a revocation: the certificate is deleted."""
