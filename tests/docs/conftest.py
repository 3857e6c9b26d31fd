"""One demo for all examples of the documents."""

from collections.abc import Iterator

import pytest

from tests.demo import Demo, running_demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
