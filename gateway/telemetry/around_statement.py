"""Statement hook: the context manager that telemetry enters while a statement runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Dialect

#: Entered around a statement's text, which is written in the dialect and holds no parameters.
AroundStatement = Callable[[str, Dialect], AbstractContextManager[None]]
