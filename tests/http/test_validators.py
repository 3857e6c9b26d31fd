"""What an entity tag depends on."""

from __future__ import annotations

from itertools import product

from gateway.http.validators import entity_tag


def test_no_two_media_types_codings_or_bodies_share_a_tag() -> None:
    media = ("application/json", "application/graphql-response+json")
    found = {entity_tag(*one) for one in product(media, (None, "gzip"), (b"", b"{}", b"{} "))}
    assert len(found) == 12


def test_nothing_else_is_in_a_tag() -> None:
    """No version, day, release or key of this process: another gateway makes the same."""
    assert (
        entity_tag("application/json", None, b'{"data":{}}') == '"2978c7c0b2297039b1481f6576fea9be"'
    )
