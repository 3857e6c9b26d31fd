"""What schemathesis makes of the description of files: each answer is as described."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from gateway.files.description import file_paths
from tests.files.gateway import Gateway
from tests.files.hostile import HOSTILE
from tests.rest.test_openapi import CHECKS

ASKED = [(path, method) for path, methods in file_paths().items() for method in methods]
#: Ids that have a file.
KNOWN = {"groups": HOSTILE, "users": 1001, "projects": 400, "workflows": 900}
EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("gateway", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), ASKED)
def test_every_answer_is_as_described(
    gateway: Gateway, path: str, method: str, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_url(f"{gateway.base}/openapi.json")
    kind = path.split("/")[2]

    @EXAMPLES
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE and kind in KNOWN:
            case.path_parameters = {"id": KNOWN[kind]}
        # A ticket is sent without other credentials.
        sent: dict[str, Any] = {} if kind == "downloads" else gateway.headers("site admin")
        response = case.call(base_url=gateway.base, headers=sent)
        case.validate_response(response, checks=CHECKS)

    ask()
