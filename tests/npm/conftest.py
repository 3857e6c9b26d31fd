"""What the npm project's scripts need: its packages, and the demo to talk to."""

from collections.abc import Iterator

import pytest

from tests.demo import Demo, running_demo
from tests.npm.project import install


@pytest.fixture(scope="session")
def packages() -> None:
    """The packages of ``package-lock.json``."""
    install()


@pytest.fixture(scope="package")
def demo(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
