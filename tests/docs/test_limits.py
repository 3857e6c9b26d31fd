"""``docs/limits.md`` tells of every limit, with its default and its code, and what is counted."""

import re

import httpx

from gateway.arguments import MAX_FIRST, MAX_IDS
from gateway.directory.listing import MOST_MATCHES
from gateway.graphql import refusals
from gateway.graphql.refusals import LimitExceeded
from gateway.name_keys import LONGEST_SEARCH
from gateway.settings import PREFIX, Settings
from resolvers.buckets import MAX_FILLED
from resolvers.listing import LIST_COST
from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks

DOCUMENT = ROOT / "docs" / "limits.md"
ROWS = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(\w+)` \| `(\w+)` \|$", DOCUMENT.read_text(), re.M)
#: What the table says of these is not their number.
WORDS = {"cost_per_minute": "any", "batch_limit": "none"}


def test_every_limit_has_its_default_in_the_table() -> None:
    names = [name for name in Settings.model_fields if "_limit" in name or name.startswith("cost_")]
    shown = {setting.removeprefix(PREFIX).lower(): default for default, setting, _ in ROWS}
    assert set(names) <= shown.keys()
    defaults = Settings()
    assert shown == {name: WORDS.get(name, f"{getattr(defaults, name):,.0f}") for name in shown}


def test_every_code_of_a_limit_is_in_the_table() -> None:
    limits = {
        kind.code
        for kind in vars(refusals).values()
        if isinstance(kind, type) and issubclass(kind, LimitExceeded) and kind is not LimitExceeded
    }
    assert limits <= {code for _, _, code in ROWS}


def test_the_limits_of_the_schema_itself_are_told() -> None:
    text = DOCUMENT.read_text()
    limits = (MAX_FIRST, MAX_IDS, MAX_FILLED, LONGEST_SEARCH, MOST_MATCHES, LIST_COST)
    assert all(f"{limit:,}" in text for limit in limits)


def test_the_cost_that_is_shown_is_what_one_is_told(demo: Demo) -> None:
    query, shown = (block.text for block in blocks(DOCUMENT))
    headers = {"Authorization": f"Bearer {demo.tokens['site-admin']}"}
    body = {"query": query, "extensions": {"cost": True}}
    answer = httpx.post(demo.server.url, json=body, headers=headers).json()
    assert "errors" not in answer
    assert {"extensions": answer["extensions"]} == httpx.Response(200, text=shown).json()
