from __future__ import annotations

import json
from collections.abc import Callable

from gateway.events.event import Reject
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import open_source
from tests.events.conftest import NOW, read_all
from tests.events.test_stream import classification, comment

Write = Callable[..., str]


def test_each_line_is_an_event(write: Write) -> None:
    counters = {"source": "panoptes", "type": "workflow_counters"}
    path = write("\n".join(map(json.dumps, [classification(), counters, comment()])))
    batch = read_all(path)
    assert open_source(path, Origin()).form is Form.STREAM
    assert (len(batch.classifications), len(batch.comments), batch.ignored) == (1, 1, 1)


def test_byte_order_mark_windows_lines_and_empty_lines_are_passed_over(write: Write) -> None:
    event = json.dumps(comment())
    batch = read_all(write(f"\ufeff{event}\r\n\r\n  \n{event}\r\n", packed=True))
    assert (len(batch), batch.rejects) == (2, [])


def test_bad_lines_are_refused_by_number(write: Write) -> None:
    event = json.dumps(comment())
    lines = [event[:40], "", event, '{"a": NaN}', json.dumps(comment(created_at="x")), "[]"]
    batch = read_all(write("\n".join(lines)))
    assert len(batch) == 1
    assert [(reject.position, reject.event_id) for reject in batch.rejects] == [
        (1, None),
        (4, None),
        (5, "9003"),
        (6, None),
    ]
    assert batch.rejects[0].reason.startswith("The line is not JSON: ")
    assert batch.rejects[3] == Reject(6, None, "The event is []: not a JSON object.")


def test_an_id_beyond_64_bits_is_refused(write: Write) -> None:
    line = json.dumps(comment(id=2**64))
    batch = read_all(write(line))
    assert (len(batch), len(batch.rejects)) == (0, 1)
    assert batch.rejects[0].reason.startswith("id is 1.8446744073709552e+19: an id is")


def test_batches_hold_as_many_events_as_asked_for(write: Write) -> None:
    source = open_source(write(f"{json.dumps(comment())}\n" * 5), Origin())
    assert [len(batch) for batch in source.batches(NOW, 2)] == [2, 2, 1]
