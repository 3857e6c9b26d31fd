from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gateway.events.event import Classification
from gateway.events.exports import Origin
from gateway.events.left_out import LeftOut
from gateway.events.opening import open_source
from tests.events.conftest import DEMO, NOW, read_all

METADATA = {
    "started_at": "2016-09-27T15:30:01.295Z",
    "finished_at": "2016-09-27T15:32:00.872Z",
    "user_group_ids": [1419029, "7", 7],
}
ROW = {
    "classification_id": "18059848",
    "user_name": "volunteer-001",
    "user_id": "1363523",
    "user_ip": "305b",
    "workflow_id": "2649",
    "workflow_name": "Identify, and count",
    "created_at": "2016-09-27 15:32:00 UTC",
    "metadata": json.dumps(METADATA),
    "annotations": '[{"value":"two\nlines"}]',
}
READ = Classification(
    id=18059848,
    event_time=1_474_990_320_000_000,
    updated_at=None,
    user_id=1363523,
    project_id=593,
    workflow_id=2649,
    session_ms=119_577,
    group_ids=(7, 1419029),
)

Write = Callable[..., str]


def export(*rows: dict[str, str], line_end: str = "\n") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("name", ["wildlife-watch-kenya", "cat-project", "wildcam-gorongosa"])
def test_real_exports_say_what_pandas_says(name: str) -> None:
    path = DEMO / f"{name}.csv.gz"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    metadata = table.metadata.map(json.loads)
    started = pd.to_datetime(metadata.map(lambda m: m["started_at"]))
    finished = pd.to_datetime(metadata.map(lambda m: m["finished_at"]))
    seconds = (finished - started).dt.total_seconds().clip(0, 10_800)
    users = table.user_id.where(~table.user_id.isin(["", "NA"]))
    groups = metadata.map(lambda m: len(set(m.get("user_group_ids") or [])))

    batch = read_all(str(path), Origin(593, "Named"))

    read = pd.DataFrame(batch.classifications)
    assert batch.rejects == []
    assert read.id.tolist() == table.classification_id.astype("int64").tolist()
    created = pd.to_datetime(table.created_at).astype("datetime64[us, UTC]").astype("int64")
    assert read.event_time.tolist() == created.tolist()
    assert read.session_ms.tolist() == (seconds * 1000).round().astype("int64").tolist()
    assert read.user_id.isna().tolist() == users.isna().tolist()
    assert read.user_id.dropna().astype("int64").tolist() == users.dropna().astype("int64").tolist()
    assert read.group_ids.map(len).tolist() == groups.where(users.notna(), 0).tolist()
    named = dict(zip(users.dropna().astype("int64"), table.user_name[users.notna()], strict=True))
    assert batch.names.users == named
    assert batch.names.projects == {593: "Named"}
    assert batch.names.workflows == {
        int(key): (593, label)
        for key, label in zip(table.workflow_id, table.workflow_name, strict=True)
    }


def test_a_row_is_read_whole(write: Write) -> None:
    batch = read_all(write(export(ROW)), Origin(project_id=593))
    assert batch.classifications == [READ]
    assert batch.names.users == {1363523: "volunteer-001"}
    assert batch.names.workflows == {2649: (593, "Identify, and count")}
    assert batch.names.projects == {593: None}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(export(ROW, line_end="\r\n"), id="lines end as on Windows"),
        pytest.param("\ufeff" + export(ROW), id="byte order mark"),
        pytest.param(export({"": "0"} | ROW), id="unnamed index column"),
        pytest.param(export({"X1": "1"} | ROW), id="named index column"),
        pytest.param(export(dict(reversed(ROW.items()))), id="columns in another order"),
        pytest.param(export(ROW | {"user_id": "1363523.0"}), id="user ids as floats"),
        pytest.param(export(ROW) + "\n\n", id="empty lines at the end"),
        pytest.param(export(ROW).rstrip("\n"), id="no end of the last line"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_exports_of_other_tools_say_the_same(write: Write, text: str, packed: bool) -> None:
    batch = read_all(write(text, packed=packed), Origin(project_id=593))
    assert (batch.classifications, batch.rejects) == ([READ], [])


@pytest.mark.parametrize(
    "user_id",
    [
        *("", " ", "NA", "nan", "NaN", "null", "None", "NULL", "<NA>", r"\N"),
        *("none", "NONE", "Null", "Nan", "NAN", "na", " NA", "null ", " None ", "n/a", "nat"),
    ],
)
def test_a_missing_user_id_is_an_anonymous_volunteer_in_no_group(
    write: Write, user_id: str
) -> None:
    batch = read_all(write(export(ROW | {"user_id": user_id})))
    assert batch.classifications == [READ._replace(user_id=None, project_id=0, group_ids=())]
    assert batch.names.users == {}


@pytest.mark.parametrize("metadata", ["", "NA", "{}", "nan", "None", "null"])
def test_without_metadata_there_is_no_session_and_no_group(write: Write, metadata: str) -> None:
    [read] = read_all(write(export(ROW | {"metadata": metadata}))).classifications
    assert (read.session_ms, read.group_ids) == (0, ())


@pytest.mark.parametrize(
    ("origin", "project_id"),
    [
        (Origin(), 0),
        (Origin(workflow_projects={2649: 8}), 8),
        (Origin(workflow_projects={1: 8}), 0),
        (Origin(5, workflow_projects={2649: 8}), 5),
    ],
)
def test_the_project_is_the_one_given_else_that_of_the_workflow(
    write: Write, origin: Origin, project_id: int
) -> None:
    batch = read_all(write(export(ROW)), origin)
    assert batch.classifications[0].project_id == project_id
    assert batch.names.workflows[2649][0] == (project_id or None)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"classification_id": ""}, "classification_id is missing."),
        ({"classification_id": "0"}, "classification_id is '0': an id is"),
        ({"classification_id": "9223372036854775808"}, "classification_id is '9223372036"),
        ({"workflow_id": "NA"}, "workflow_id is missing."),
        ({"user_id": "someone"}, "user_id is 'someone': an id is"),
        ({"created_at": ""}, "created_at is missing."),
        ({"classification_id": "nan"}, "classification_id is missing."),
        ({"metadata": "[" * 100_000}, "metadata is '[[[[["),
        ({"metadata": "{'started_at': open('x')}"}, "metadata is \"{'started_at'"),
        ({"created_at": "2026-11-24 12:00:00 UTC"}, "created_at lies more than a day ahead"),
        ({"metadata": '{"started_at'}, "metadata is '{\"started_at': not a JSON object."),
    ],
)
def test_a_bad_row_is_refused_and_the_rest_is_read(
    write: Write, cells: dict[str, str], reason: str
) -> None:
    batch = read_all(write(export(ROW, ROW | cells, ROW)), Origin(project_id=593))
    assert batch.classifications == [READ, READ]
    [reject] = batch.rejects
    # The first row takes the lines 2 and 3.
    assert reject.position == 4
    assert reject.event_id == ((ROW | cells)["classification_id"] or None)
    assert reject.reason.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        repr(METADATA),
        repr(METADATA | {"seen_before": True, "subjectSelectionState": None, "scale": (0.5, 1)}),
        repr(METADATA).replace("'started_at'", "'scale': nan, 'started_at'"),
        json.dumps(METADATA | {"scale": float("nan")}),
        json.dumps(METADATA | {"user_agent": "\ud83d", "scale": float("-inf")}),
    ],
)
def test_metadata_that_pandas_saved_as_a_dict_says_the_same(write: Write, text: str) -> None:
    batch = read_all(write(export(ROW | {"metadata": text})), Origin(project_id=593))
    assert (batch.classifications, batch.rejects) == ([READ], [])


def test_an_export_that_pandas_read_and_saved_says_the_same(tmp_path: Path) -> None:
    path = DEMO / "wildcam-gorongosa.csv.gz"
    table = pd.read_csv(path)
    table["metadata"] = table.metadata.map(json.loads)
    saved = tmp_path / "saved.csv"
    table.to_csv(saved, na_rep="nan")
    assert read_all(str(saved)).classifications == read_all(str(path)).classifications


def test_without_the_column_metadata_rows_count_no_seconds_and_this_is_told(write: Write) -> None:
    row = {name: cell for name, cell in ROW.items() if name != "metadata"}
    path = write(export(row))
    source = open_source(path, Origin(project_id=593))
    [batch] = source.batches(NOW)
    assert batch.classifications == [READ._replace(session_ms=0, group_ids=())]
    assert source.remarks == [
        f"{path} has no column metadata: its classifications count 0 seconds and count to no group."
    ]


@pytest.mark.parametrize("name", ["nan", "Null", "None"])
def test_somebody_may_be_called_like_a_missing_value(write: Write, name: str) -> None:
    row = ROW | {"user_name": name, "workflow_name": name}
    names = read_all(write(export(row))).names
    assert names.users == {1363523: name}
    assert names.workflows[2649][1] == name


@pytest.mark.parametrize(
    "metadata",
    [
        '{"user_group_ids": [501], "x": ' + "[" * 3_000 + "]" * 3_000 + "}",
        "{'user_group_ids': [501], 'x': " + "[" * 100 + "]" * 100 + "}",
        "{'user_group_ids': [501], 'x': '" + "a" * 200_000 + "'}",
    ],
)
def test_metadata_beyond_what_is_read_loses_no_classification(write: Write, metadata: str) -> None:
    batch = read_all(write(export(ROW | {"metadata": metadata})))
    [read] = batch.classifications
    assert (read.session_ms, read.group_ids) == (0, ())
    assert batch.left_out == {LeftOut.METADATA: 1}
