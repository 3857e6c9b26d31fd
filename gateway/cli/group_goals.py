"""``stats-gateway groups goals``: manage goals of groups, for site operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import orjson

from gateway.calendar import day_date, day_number, parse_date
from gateway.cli.acting import acting
from gateway.cli.running import database_option, opened, run
from gateway.cli.table import table_lines
from gateway.cli.whole_number import WholeNumber
from gateway.directory.goals import (
    GOALS_BY_GROUP,
    LARGEST_TARGET,
    REPEATS,
    Goal,
    goal_of,
)
from gateway.directory.user_groups import USER_GROUPS_BY_ID
from gateway.errors import NotFound
from gateway.events.ids import LARGEST_ID
from gateway.groups.commands import ArchiveGoal, Command, CreateGoal, DeleteGoal, Outcome
from gateway.settings import load_settings
from gateway.stats.goals.metric import GoalMetric

_ID = WholeNumber(1, LARGEST_ID)
_METRICS = {one.value: one for one in GoalMetric if one is not GoalMetric.COMMENTS}
_HEADINGS = ("ID", "TITLE", "METRIC", "TARGET", "START", "END", "REPEATS", "ARCHIVED")

_group_argument = click.argument("group_id", metavar="GROUP", type=_ID)
_goal_argument = click.argument("goal_id", metavar="GOAL", type=_ID)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class _Day(click.ParamType[int]):
    """Date option; the value is its day number."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text; a usage error if it is no date."""
        if isinstance(value, int):
            return value
        try:
            return day_number(parse_date(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


@click.group()
def goals() -> None:
    """Goals of groups.

    Commands that change a goal need STATS_GATEWAY_GROUPS=own. The group stays whose it is.
    """


@goals.command()
@_group_argument
@click.option("--metric", type=click.Choice([*_METRICS]), required=True, help="What is counted.")
@click.option(
    "--target",
    type=WholeNumber(1, LARGEST_TARGET),
    required=True,
    help="How much is to be reached; hours for hours.",
)
@click.option("--title", help="What the goal is called. Default: none.")
@click.option("--start", type=_Day(), help="The first day that counts. Default: today (UTC).")
@click.option("--end", type=_Day(), help="The last day that counts. Default: none.")
@click.option(
    "--repeats",
    type=click.Choice([*REPEATS]),
    help="In which period the target is to be reached anew.",
)
@click.option(
    "--project",
    "project_ids",
    metavar="ID",
    type=_ID,
    multiple=True,
    help="Id of a project that counts; repeat the option for several. Default: all.",
)
@click.option(
    "--workflow",
    "workflow_ids",
    metavar="ID",
    type=_ID,
    multiple=True,
    help="The same of workflows.",
)
@click.option(
    "--milestone",
    "milestones",
    metavar="VALUE",
    type=WholeNumber(1, LARGEST_TARGET),
    multiple=True,
    help="A value below the target; repeat the option for several. Default: 25, 50 and 75 percent.",
)
@_json_option
@database_option
def create(
    group_id: int,
    metric: str,
    target: int,
    title: str | None,
    start: int | None,
    end: int | None,
    repeats: str | None,
    project_ids: tuple[int, ...],
    workflow_ids: tuple[int, ...],
    milestones: tuple[int, ...],
    database_url: str | None,
    *,
    as_json: bool,
) -> None:
    """Create a goal of a group."""
    command = CreateGoal(
        _METRICS[metric],
        target,
        group_id,
        title,
        project_ids or None,
        workflow_ids or None,
        start,
        end,
        None if repeats is None else REPEATS[repeats],
        tuple(sorted(set(milestones))) or None,
    )
    goal_id = run(_do(database_url, command)).goal_id
    click.echo(_json({"id": goal_id}) if as_json else f"Created the goal {goal_id}.")


@goals.command("list")
@_group_argument
@_json_option
@database_option
def list_goals(group_id: int, database_url: str | None, *, as_json: bool) -> None:
    """List all goals of a group, with the archived ones."""

    async def work() -> list[Goal]:
        settings = load_settings(database_url=database_url)
        async with opened(settings) as database, database.read() as snapshot:
            if not await snapshot.fetch(USER_GROUPS_BY_ID, {"ids": [group_id]}):
                raise NotFound("group", group_id)
            rows = await snapshot.fetch(GOALS_BY_GROUP, {"ids": [group_id]})
        return sorted(goal_of(row) for row in rows)

    found = run(work())
    if as_json:
        click.echo(_json([_fields(one) for one in found]))
    elif found:
        click.echo("\n".join(table_lines(_HEADINGS, [_cells(one) for one in found])))
    else:
        click.echo(f"The group {group_id} has no goals.")


@goals.command()
@_goal_argument
@click.option("--undo", is_flag=True, help="Take the goal up again.")
@database_option
def archive(goal_id: int, database_url: str | None, *, undo: bool) -> None:
    """Put a goal away. Pages do not list it any more, and --undo brings it back."""
    outcome = run(_do(database_url, ArchiveGoal(goal_id, archived=not undo)))
    state = "taken up again" if undo else "archived"
    was = "is" if outcome.changed else "was already"
    click.echo(f"The goal {goal_id} {was} {state}.")


@goals.command()
@_goal_argument
@click.confirmation_option(prompt="Delete the goal for ever?")
@database_option
def delete(goal_id: int, database_url: str | None) -> None:
    """Delete a goal for ever. archive keeps it."""
    run(_do(database_url, DeleteGoal(goal_id)))
    click.echo(f"Deleted the goal {goal_id}.")


async def _do(database_url: str | None, command: Command) -> Outcome:
    async with acting(database_url) as operator:
        return await operator.do(command)


def _fields(one: Goal) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "metric": one.metric.value,
        "target": one.target,
        "project_ids": one.project_ids,
        "workflow_ids": one.workflow_ids,
        "start": _date(one.start_day),
        "end": _date(one.end_day),
        "repeats": None if one.repeats is None else one.repeats.value,
        "milestones": one.values[:-1],
        "archived": one.archived,
    }


def _cells(one: Goal) -> Sequence[str]:
    fields = _fields(one)
    fields["archived"] = "yes" if one.archived else "no"
    cells = [fields[heading.lower()] for heading in _HEADINGS]
    return ["-" if cell is None else str(cell) for cell in cells]


def _date(day: int | None) -> str | None:
    return None if day is None else day_date(day).isoformat()


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
