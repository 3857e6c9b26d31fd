"""``docs/groups.md`` prints the rules as they are."""

from tests.docs.group_rules import DOCUMENT, with_tables


def test_the_printed_rules_are_those_of_the_code() -> None:
    written = DOCUMENT.read_text()
    assert written == with_tables(written), "Run `make rules`."
