"""Trusted documents: reads a manifest of the operations that a front end was built with.

Two forms are read: the manifest that Apollo's tools write (``apollo-persisted-query-manifest``,
version 1), and one JSON object of texts by their identifiers, as other tools write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import GatewayError, SettingsError
from gateway.events.quoted import quoted
from gateway.graphql.documents.document_cache import Documents, InvalidDocument
from gateway.graphql.documents.identifiers import HASH_PREFIX, hash_of, read_identifier
from gateway.reasons import reason_of

_FORMAT = "apollo-persisted-query-manifest"


def read_trusted_documents(
    setting: str, path: str, documents: Documents | None
) -> Mapping[str, str]:
    """Read the texts of a manifest by their identifiers, each validated by ``documents``.

    With None they are known to be valid. SettingsError, which names the setting, the file and what
    is wrong with it.
    """
    try:
        return _read(path, documents)
    except _Unusable as error:
        raise SettingsError(f"{setting} cannot be used: {path} {error}.") from None


class _Unusable(Exception):
    """The end of a sentence that begins with the file's name."""


def _read(path: str, documents: Documents | None) -> dict[str, str]:
    try:
        manifest = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise _Unusable(f"cannot be read ({reason_of(error)})") from None
    except orjson.JSONDecodeError as error:
        raise _Unusable(f"is not JSON ({reason_of(error)})") from None
    if not isinstance(manifest, dict):
        raise _Unusable("is not a JSON object")
    texts: dict[str, str] = {}
    for written, text in _entries(manifest):
        if not isinstance(written, str) or not isinstance(text, str):
            raise _Unusable(
                f"has an entry that is not an identifier with a document text: {quoted(written)}"
            )
        identifier = _identifier(written, text)
        if texts.setdefault(identifier, text) != text:
            raise _Unusable(f"has two documents under {identifier}")
        if documents is not None:
            _check(identifier, text, documents)
    if not texts:
        raise _Unusable("has no documents")
    return texts


def _entries(manifest: dict[str, Any]) -> Iterable[tuple[Any, Any]]:
    if "format" not in manifest:
        return manifest.items()
    if manifest["format"] != _FORMAT or manifest.get("version") != 1:
        raise _Unusable(f"is not of the format {_FORMAT}, version 1")
    operations = manifest.get("operations")
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise _Unusable("has no list of operations")
    return ((one.get("id"), one.get("body")) for one in operations)


def _identifier(written: str, text: str) -> str:
    try:
        identifier = read_identifier(written, f"has an identifier, {quoted(written)}, which")
    except GatewayError as error:
        raise _Unusable(reason_of(error)) from None
    if written.startswith(HASH_PREFIX) and identifier != hash_of(text):
        raise _Unusable(f"has a document under {written} that has another hash")
    return identifier


def _check(identifier: str, text: str, documents: Documents) -> None:
    try:
        documents.validate(documents.parse(text))
    except (InvalidDocument, GatewayError) as error:
        raise _Unusable(
            f"has a document, {identifier}, that does not run here: {reason_of(error)}"
        ) from None
