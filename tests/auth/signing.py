"""Tokens made by hand, good and bad ones."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from gateway.auth.tokens import TokenVerifier
from gateway.errors import Unauthenticated
from tests.auth.conftest import Pair

REFUSAL = "The credentials are not valid."
ABSENT = object()


def seconds_from_now(seconds: int) -> int:
    return int(datetime.now(UTC).timestamp()) + seconds


def payload(user: dict[str, Any] | None = None, **claims: Any) -> dict[str, Any]:
    """A good payload with some values replaced, or taken out with ABSENT."""
    ada = {"id": 1002, "login": "ada", "dname": "Ada", "scope": ["user"], "admin": False}
    whole = {
        "data": {k: v for k, v in (ada | (user or {})).items() if v is not ABSENT},
        "exp": seconds_from_now(3600),
        "iss": "pan-prod",
        "rng": "c0ffee",
    }
    return {k: v for k, v in (whole | claims).items() if v is not ABSENT}


def signed(pair: Pair, content: dict[str, Any], **headers: Any) -> str:
    return jwt.encode(content, pair.private_pem, algorithm="RS512", headers=headers or None)


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    return caught.value.message
