"""What the npm project's scripts need: its packages, and the demo to talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo import Demo, running_demo
from tests.npm.page_project import make_project, run_tools
from tests.npm.project import install


@pytest.fixture(scope="session")
def packages() -> None:
    """The packages of ``package-lock.json``."""
    install()


@pytest.fixture(scope="package")
def demo(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="package")
def project(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of docs/clients.md after its tools have run."""
    folder = make_project(tmp_path_factory.mktemp("page"))
    run_tools(folder)
    return folder
