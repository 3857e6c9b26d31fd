"""Pages of all projects, by ascending id, and how many there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select

from gateway.db.tables import project


def project_page(_: None) -> tuple[Select[Any], dict[str, Any]]:
    """Rows of a project's id; ``limit`` and ``offset`` are bound beside."""
    return _PAGE, {}


def project_count(_: None) -> tuple[Select[Any], dict[str, Any]]:
    """One row: how many projects there are."""
    return _COUNT, {}


# Inside, since the order of a statement goes when it is united.
_PAGE = select(
    select(project.c.id)
    .order_by(project.c.id)
    .limit(bindparam("limit", type_=BigInteger))
    .offset(bindparam("offset", type_=BigInteger))
    .subquery("page")
)
_COUNT = select(func.count()).select_from(project)
