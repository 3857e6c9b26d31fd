"""Text comparison that is the same on both databases: byte by byte, and case-sensitive."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


class _Bytewise(FunctionElement[str]):
    name = "bytewise"
    type = Text()
    inherit_cache = True


@compiles(_Bytewise, "postgresql")
def _collate_c(element: _Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = element.clauses
    return f'({compiler.process(text, **options)} COLLATE "C")'


@compiles(_Bytewise, "sqlite")
def _collate_binary(element: _Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = element.clauses
    return f"({compiler.process(text, **options)} COLLATE BINARY)"


def bytewise(text: ColumnElement[Any]) -> ColumnElement[str]:
    """A text that ``<`` and its like compare by its bytes, whatever the database's language."""
    return _Bytewise(text)


class _Pattern(TypeDecorator[str]):
    """A pattern with ``%`` (any text) and ``_`` (any character); nothing escapes them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As PostgreSQL's LIKE takes it, or as SQLite's GLOB does: its LIKE ignores case."""
        if value is None or dialect.name == "postgresql":
            return value and value.replace("\\", "\\\\")
        glob = "".join(f"[{one}]" if one in "*?[" else one for one in value)
        return glob.replace("%", "*").replace("_", "?")


class _Like(FunctionElement[bool]):
    name = "like"
    # No Boolean: SQLAlchemy would compare it with 1 for SQLite.
    type: TypeEngine[Any] = NullType()
    inherit_cache = True


@compiles(_Like, "postgresql")
def _like(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    text, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({text} LIKE {pattern})"


@compiles(_Like, "sqlite")
def _glob(element: _Like, compiler: SQLCompiler, **options: Any) -> str:
    text, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({text} GLOB {pattern})"


def like(text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """The text is as the pattern says: ``%`` is any text, ``_`` any character."""
    bound: BindParameter[str] = literal(pattern, _Pattern())
    return _Like(text, bound)
