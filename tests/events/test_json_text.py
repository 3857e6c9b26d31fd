from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.events.json_text import decode, decode_leniently
from gateway.events.stream import read_payload
from tests.events.conftest import NOW, read_all
from tests.events.test_stream import classification, comment


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, "x"]}', {"a": [1, "x"]}),
        (b'["\\ud83d"]', ["\ud83d"]),
        (b'["\\udc00\\ud83d", "\\ud83d\\ude00"]', ["\udc00\ud83d", "\U0001f600"]),
        (b"[1e400, -1e400]", [float("inf"), float("-inf")]),
        (b"[%s, 7]" % (b"9" * 400), [10**400 - 1, 7]),
        (b"[%s, 7]" % (b"9" * 500_000), [None, 7]),
    ],
)
def test_all_that_is_json_is_decoded(text: bytes, value: object) -> None:
    assert decode(text) == value
    assert decode_leniently(text.decode()) == value


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[NaN]", b'["\xff"]', b"[" * 100_000, b"[1] 2", b"\xff\xfe[\x001\x00]\x00"]
)
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        decode(text)


def test_python_s_words_for_no_number_are_nothing_where_python_wrote() -> None:
    assert decode_leniently("[NaN, -Infinity]") == [None, None]


ODD: list[dict[str, Any]] = [{"user_agent": "\ud83d"}, {"width": 10**1_000}, {"width": 10**400}]


@pytest.mark.parametrize("metadata", ODD)
def test_a_line_counts_whatever_text_or_number_its_metadata_holds(
    write: Callable[..., str], metadata: dict[str, Any]
) -> None:
    batch = read_all(write(json.dumps(classification(metadata=metadata))))
    assert (len(batch.classifications), batch.rejects, batch.left_out) == (1, [], {})


def test_half_a_surrogate_pair_is_no_part_of_a_name_or_of_a_report() -> None:
    named = classification() | {"linked": {"users": [{"id": 1021, "login": "ada\ud83d"}]}}
    batch = read_payload([named, comment(id="\ud83dx")], NOW)
    assert batch.names.users == {1021: None}
    assert [reject.event_id for reject in batch.rejects] == ["?x"]
    assert batch.rejects[0].reason.encode()
