"""Lines and columns are those that graphql-core gives, at every position."""

from graphql import Source
from hypothesis import given
from hypothesis import strategies as st

from gateway.graphql.documents.located_source import LocatedSource


@given(st.text(alphabet="a{\n\r\u2028 ", max_size=12))
def test_a_position_is_where_graphql_core_finds_it(text: str) -> None:
    ours, theirs = LocatedSource(text), Source(text)
    for position in range(len(text) + 1):
        assert ours.get_location(position) == theirs.get_location(position)
