from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from gateway.events.other_tables import other_kind

Write = Callable[..., str]

EXPORT = (
    "classification_id,user_name,user_id,user_ip,workflow_id,workflow_name,workflow_version,"
    "created_at,gold_standard,expert,metadata,annotations,subject_data,subject_ids"
)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (
            "subject_id,project_id,workflow_id,subject_set_id,metadata,locations,"
            "classifications_count,retired_at,retirement_reason,created_at,updated_at",
            "an export of subjects",
        ),
        (
            "subject_id,project_id,workflow_ids,subject_set_ids,metadata,locations,"
            "classifications_by_workflow,retired_in_workflow",
            "an export of subjects",
        ),
        (
            "workflow_id,display_name,version,minor_version,active,classifications_count,pairwise,"
            "grouped,prioritized,primary_language,first_task,tutorial_subject_id,"
            "retired_set_member_subjects_count,tasks,retirement,aggregation,strings",
            "an export of workflows",
        ),
        (
            "workflow_content_id,workflow_id,language,version,strings",
            "an export of workflow contents",
        ),
        (
            "classification_id,user_name,user_id,workflow_id,task,created_at,subject_id,"
            "extractor,data.aggregation_version,data.yes,data.no",
            "a flattened table of extracts",
        ),
        (
            "id,classification_id,classification_at,extractor_key,workflow_id,user_id,subject_id,"
            "data.0,created_at,updated_at",
            "a flattened table of extracts",
        ),
        (
            "subject_id,workflow_id,task,reducer,data.aggregation_version,data.num_votes",
            "a flattened table of reductions",
        ),
        (
            "id,reducer_key,workflow_id,subject_id,data.most_likely",
            "a flattened table of reductions",
        ),
        (
            '"","subject_ids","user_name","classification_id","workflow_version","task_index",'
            '"task","task_label","value","choice","how_many"',
            "a flattened table of annotations",
        ),
        (
            "classification_id,subject_ids,created_at,user_name,user_id,user_ip,t0_choice,"
            "t0_how_many",
            "a flattened table of annotations",
        ),
        (
            "row_id,classification_id,user_name,user_id,created_at,subject_ids,val",
            "a flattened table of annotations",
        ),
        (
            "classification_id,user_name,user_id,workflow_id,created_at,subject_ids,T0,T1",
            "a flattened table of annotations",
        ),
        ("subject_id,cluster_index,p(yes),num_users", "a flattened table of aggregations"),
    ],
)
def test_another_kind_of_export_is_called_by_its_name(write: Write, header: str, kind: str) -> None:
    for spelled in (header, header.title(), header.replace(",", ";")):
        with pytest.raises(UnreadableFile, match=f" looks like {kind}.*: it must be a class"):
            open_source(write(f"{spelled}\n1,2,3\n"), Origin())


@pytest.mark.parametrize("without", ["annotations", "user_ip,", "subject_data,subject_ids"])
def test_an_export_is_one_whatever_else_it_has_or_lacks(without: str) -> None:
    header = EXPORT.replace(without, "")
    assert other_kind(header.split(",")) is None
    assert other_kind([*header.split(","), "task", "data.yes"]) is None


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("classification_id", "a classification export without the column classification_id."),
        ("created_at", "a classification export without the column created_at."),
        ("workflow_id", "a classification export without the column workflow_id."),
        ("user_id", "a classification export without the column user_id."),
        (
            "classification_id,created_at",
            "a classification export without the column classification_id, created_at.",
        ),
    ],
)
def test_an_export_without_a_needed_column_says_which(
    write: Write, missing: str, message: str
) -> None:
    columns = [column for column in EXPORT.split(",") if column not in missing.split(",")]
    with pytest.raises(UnreadableFile) as caught:
        open_source(write(",".join(columns) + "\n"), Origin())
    assert caught.value.message.endswith(f" looks like {message}")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "event_time,project_id,workflow_id,user_id,user_group_ids,session_time",
            "a table of classifications without the column classification_id.",
        ),
        ("event_time,project_id,user_id", "a table of comments without the column comment_id."),
    ],
)
def test_a_table_without_its_ids_says_so(write: Write, header: str, message: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        open_source(write(header + "\n"), Origin())
    assert caught.value.message.endswith(f" looks like {message}")
