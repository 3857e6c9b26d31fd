"""Operations that schemathesis makes up from the schema: none meets an error that is not ours.

Few of each by default, the same every time; ``make fuzz`` goes on with others for two minutes.
"""

import os
import re
import time
from collections.abc import Iterator
from itertools import count

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.graphql import nodes

from tests.authorization.people import ELSEWHERE, STRANGER, open_group
from tests.authorization.served import Served, served_to_everybody

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SETTINGS = settings(
    max_examples=15,
    deadline=None,
    database=None,
    # Whatever is found is shown as found: shrinking would ask the server for minutes.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ASKING = ("anonymous", "group admin", "site admin", "API key with stats:read")
#: Ids that have something to answer, in the place of those made up.
KNOWN = [str(known) for known in (1, 2, STRANGER, ELSEWHERE, *map(open_group, range(5)))]
IDS = re.compile(r'(?<=\bid: )(?:"(?:[^"\\]|\\.)*"|-?\d+)')

schemathesis.graphql.scalar(
    "Date",
    st.one_of(
        st.dates().map(lambda day: nodes.String(day.isoformat())), st.text().map(nodes.String)
    ),
)
schemathesis.graphql.scalar(
    "_Any",
    st.sampled_from(["User", "UserGroup", "Project", "Workflow", "Other"]).flatmap(
        lambda name: st.sampled_from([*KNOWN, "x"]).map(
            lambda id_: nodes.Object(
                fields=[
                    nodes.ObjectField(name=nodes.Name(value=key), value=nodes.String(value))
                    for key, value in (("__typename", name), ("id", id_))
                ]
            )
        )
    ),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_to_everybody(tmp_path_factory.mktemp("fuzzed")) as everybody:
        yield everybody


def test_no_operation_meets_an_error_that_is_not_ours(served: Served) -> None:
    described = schemathesis.graphql.from_url(served.url)
    operations = [result.ok() for result in described.get_all_operations()]
    answered = set()
    until = time.monotonic() + SECONDS

    def ask(case: schemathesis.Case, asking: str, known: str | None) -> None:
        query = case.body if known is None else IDS.sub(f'"{known}"', case.body)
        # Not by ways that take every document for valid: a made-up day may be none.
        response = httpx.post(
            served.url, json={"query": query}, headers=served.headers(asking), timeout=60
        )
        assert response.status_code < 500, (query, response.text)
        answer = response.json()
        is_refused_to_keys = "API key" in asking and case.operation.definition.is_mutation
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert "INTERNAL_ERROR" not in codes, (query, answer)
        # What a schema describes is answered, unless it is too much.
        if "data" in answer:
            answered.add(case.operation.definition.field_name)
        else:
            assert codes <= {
                "GRAPHQL_PARSE_FAILED",
                "GRAPHQL_VALIDATION_FAILED",
                "TOO_MANY_TOKENS",
                "TOO_MANY_VALUES",
                "DOCUMENT_TOO_LARGE",
                "ANSWER_TOO_LARGE",
                "DOCUMENT_TOO_DEEP",
                "TOO_MANY_ALIASES",
                "COST_TOO_HIGH",
                *(("FORBIDDEN",) if is_refused_to_keys else ()),
            }, (query, answer)

    for turn in count():
        for operation in operations:
            cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            asked = given(
                case=cases,
                asking=st.sampled_from(ASKING),
                known=st.sampled_from([None, *KNOWN]),
            )(ask)
            seed(turn)(SETTINGS(asked))()
        if time.monotonic() >= until:
            break
    assert answered == {operation.definition.field_name for operation in operations}
