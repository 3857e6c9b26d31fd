"""``help_show``: the help text of an action, linked by each answer's ``help``; unknown actions."""

from __future__ import annotations

from starlette.requests import Request

from gateway.errors import InvalidArgument
from gateway.rest.ckan.action import ActionEndpoint, UnknownAction

_HELP = {
    "get_group_count": (
        "Count the groups whose date lies in a range.\n\n"
        ":param start_date: the first day, as YYYY-MM-DD\n"
        ":param end_date: the last day, included, as YYYY-MM-DD\n"
        ":param date_field: created (unless given) or last_modified\n"
        ':param query: a list of {"query_group": [condition, …]}: of each at least one condition\n'
        '    has to hold, such as {"name": "m%", "operator": "like"}; by GET as JSON\n\n'
        "For site admins, and API keys with the scope groups:count.\n\n"
        ':returns: {"count": how many}\n'
    ),
    "help_show": "Return what an action is.\n\n:param name: the name of the action\n",
}


class HelpShowEndpoint(ActionEndpoint):
    """Returns the help text of an action; public."""

    name = "help_show"
    parameters = ("name",)

    async def result(self, request: Request) -> str:
        name = (await self.given(request)).get("name")
        if not isinstance(name, str):
            raise InvalidArgument("name", "name is missing.")
        if name not in _HELP:
            raise UnknownAction(name)
        return _HELP[name]


class UnknownActionEndpoint(ActionEndpoint):
    """Answers all other names with NotFound."""

    name = HelpShowEndpoint.name

    async def result(self, request: Request) -> str:
        raise UnknownAction(request.path_params["action"])
