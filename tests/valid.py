"""Answers to operations that were executed.

A document that does not validate is answered alike whoever asks, so that a test which compares
answers, or looks for what is not in them, could not fail.
"""

from __future__ import annotations

from typing import Any

import httpx

from gateway.graphql.masking import VALIDATION_FAILED


def valid(answer: Any) -> Any:
    """The answer, or the answers of a batch; AssertionError if a document did not validate.

    A test about documents that do not validate asks by other ways than those that end here.
    """
    for one in answer if isinstance(answer, list) else [answer]:
        for error in one.get("errors", ()):
            code = error.get("extensions", {}).get("code")
            assert code != VALIDATION_FAILED, error["message"]
    return answer


def valid_response(response: httpx.Response) -> httpx.Response:
    """The response, whose JSON is valid if it holds any."""
    if "json" in response.headers.get("content-type", ""):
        valid(response.json())
    return response
