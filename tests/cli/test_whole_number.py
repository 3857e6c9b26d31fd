"""Options that are whole numbers: whatever is not one is refused in one plain sentence."""

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main


@pytest.mark.parametrize("value", ["abc", "65536", "-1", "1.5", ""])
def test_what_is_no_number_of_the_range_is_refused_with_both_ends(value: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", value])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        f"Error: Invalid value for '--port': {value!r} is not a whole number from 0 to 65535."
    )


def test_arguments_are_read_as_options_are() -> None:
    result = CliRunner().invoke(main, ["users", "forget", "abc"])
    assert result.stderr.splitlines()[-1] == (
        "Error: Invalid value for 'ID': 'abc' is not a whole number from 1 to 9223372036854775807."
    )


def _parameters(command: click.Command) -> list[click.Parameter]:
    if not isinstance(command, click.Group):
        return list(command.params)
    context = click.Context(command)
    subcommands = (command.get_command(context, name) for name in command.list_commands(context))
    return [one for found in subcommands if found for one in _parameters(found)]


def test_no_option_has_clicks_own_sentence_about_ranges() -> None:
    numbers = [one for one in _parameters(main) if isinstance(one.type, click.types.IntParamType)]
    assert numbers
    assert {type(one.type).__name__ for one in numbers} == {"WholeNumber"}
