"""Whatever was written, by whom and when: a cached answer is the one that would be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.feed import ChangeFeed
from gateway.changes.log import log_change
from gateway.db import Database, open_database
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.rollup_sets import GROUP_USER
from gateway.db.upsert import replace_rows
from gateway.directory.document import read_document
from gateway.directory.erase_user import erase_user
from gateway.directory.load import store_rows
from gateway.directory.panoptes.answers import MEMBERSHIPS, Scope, store_answer
from gateway.directory.store_names import store_names
from gateway.events.event import Classification, Comment, Names
from gateway.loaders.cache import ReadCache
from gateway.loaders.directory import MembershipLoader
from gateway.loaders.loaders import Loaders
from gateway.loaders.operation import Operation
from gateway.loaders.permissions import ViewerPermissions
from gateway.loaders.reads import OperationReads
from gateway.period import Period
from gateway.rollups.backfill import backfill
from gateway.rollups.rebuild import rebuild
from gateway.rollups.spans import (
    begin_tenure,
    change_instant,
    close_spans,
    end_tenure,
    open_spans,
    recount_groups,
)
from gateway.stats.goals.metric import GoalMetric
from resolvers.schema import graphql_schema
from tests.asking import NOW
from tests.events_of import INSTANTS, classification, clear, events, store
from tests.executing import executed, shown, written
from tests.goals_of import made_goal, write_goals
from tests.sampled import examples

USERS, GROUPS, PROJECTS = (1, 2, 3), (501, 502, 504), (11, 12)
VIEWERS = (ANONYMOUS, Viewer(id=1), Viewer(id=2), Viewer(id=9, is_site_admin=True))
LEVELS = (
    "private_agg_only",
    "private_show_agg_and_ind",
    "public_agg_only",
    "public_agg_show_ind_if_member",
    "public_show_all",
)


class GoalKind(NamedTuple):
    number: int
    group: int | None
    user: int | None
    metric: GoalMetric


#: Few numbers, so that a goal is changed as often as it is set; and metrics that there can be.
GOALS = [
    *(
        GoalKind(number, GROUPS[number % 3], None, metric)
        for number in (1, 2, 3, 4)
        for metric in GoalMetric
        if metric is not GoalMetric.COMMENTS
    ),
    *(
        GoalKind(number, None, USERS[number % 3], metric)
        for number in (11, 12)
        for metric in GoalMetric
        if metric is not GoalMetric.CONTRIBUTORS
    ),
]
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

_TOTALS = "totalCount timeSpent buckets(period: MONTH) { startsOn count timeSpent }"
_MILESTONES = "milestones { reached { value reachedOn } next { value remaining expectedOn } }"
_STREAKS = """streak { current longest currentStart longestStart longestEnd }
    days: streak(period: DAY) { longest longestStart }"""
_STATS = f"""{_TOTALS} projectCount activeUsers {_STREAKS}
    projectContributions(orderBy: MOST_RECENT) {{ count lastContributedOn project {{ slug }} }}
    workflowContributions(orderBy: MOST_TIME) {{ count lastContributedOn workflow {{ active }} }}
    topContributors(first: 2) {{ count user {{ login displayName }} buckets {{ count }} }}
    memberBreakdown(first: 2) {{
        totalCount nodes {{ count user {{ id }} projectContributions {{ count timeSpent }} }}
    }}"""
_OPERATORS = """volunteers: classifications(range: { start: "2024-01-01", end: "2024-12-31" }) {
    topContributors(first: 2, orderBy: MOST_TIME) { count timeSpent user { login } }
    unusualVolunteers(classificationsPerDay: 1) {
        totalCount nodes { user { login } days { day count timeSpent } }
    }
}"""
_GOALS = """goals { id title target revision status streak createdBy { login }
    progress { value remaining reachedOn neededPerDay expectedOn } milestones { value reachedOn }
    periods(last: 2) { end value reachedOn } projects { slug }
    viewerContribution { value reachedOn } contributors(first: 2) { count user { login } } }
    reached: goals(statuses: [REACHED], includeArchived: true) { id }"""
GROUP_FIELDS = f"""name displayName statsVisibility viewerMembership {{ state roles }}
    active createdAt updatedAt revision memberCount hasAdmin
    viewerPermissions {{ edit manageMembers leave deactivate reactivate seeTotals seeMembers }}
    membershipCounts {{ active invited inactive admins }}
    members {{ nodes {{ login }} edges {{ since }} }}
    memberships {{ nodes {{ state roles since endedAt endedBy user {{ displayName }} }} }}
    led: memberships(roles: [GROUP_ADMIN], search: "u") {{ totalCount }}
    classifications {{ {_STATS} }} {_MILESTONES} {_GOALS}"""
DOCUMENTS = (
    f"{{ userGroup(id: 501) {{ {GROUP_FIELDS} }} }}",
    f"{{ userGroupsByIds(ids: [501, 502, 503, 504]) {{ {GROUP_FIELDS} }} }}",
    "{ userGroupsByIds(ids: [501, 502]) { classifications { totalCount } } }",
    f"""{{ userGroup(id: 502) {{
        year: classifications(range: {{ start: "2024-01-01", end: "2024-12-31" }}) {{ {_STATS} }}
        one: classifications(within: {{ projectIds: [11] }}) {{ {_TOTALS} activeUsers }}
    }} }}""",
    f"""{{ usersByIds(ids: [1, 2, 3, 4]) {{
        login displayName
        comments {{ totalCount projectContributions {{ count project {{ slug }} }} }}
        memberships {{ nodes {{ state group {{ name }} }} }}
        invitations {{ totalCount }} ended: memberships(states: [INACTIVE]) {{ totalCount }}
        classifications {{ {_TOTALS} {_STREAKS} projectContributions {{ count project {{ id }} }} }}
        {_MILESTONES} {_GOALS}
    }} }}""",
    "{ me { login displayName memberships { nodes { roles group { displayName } } } } }",
    f"""{{ projectsByIds(ids: [11, 12, 13]) {{
        displayName slug classifications {{ {_TOTALS} anonymousCount }} {_OPERATORS} {_MILESTONES}
        comments(userIds: [1, 2]) {{ totalCount }}
        workflows(orderBy: MOST_RECENT) {{
            totalCount
            nodes {{
                displayName estimatedDaysToCompletion classifications {{ totalCount }} {_OPERATORS}
            }}
        }}
    }} }}""",
    f"""{{
        classifications {{ {_TOTALS} anonymousCount }} comments {{ totalCount }} {_OPERATORS}
        some: classifications(within: {{ projectIds: [11, 12] }}) {{ {_TOTALS} }}
        tasks: classifications(within: {{ workflowIds: [101, 102] }}) {{ {_TOTALS} }}
        said: comments(userIds: [1]) {{ totalCount }}
    }}""",
    """{
        projects { totalCount nodes { displayName } }
        busy: projects(orderBy: MOST_CLASSIFICATIONS) { nodes { id } }
        recent: workflows(orderBy: MOST_RECENT, search: "b") { totalCount nodes { displayName } }
        active: workflows(active: true) { totalCount nodes { id } }
    }""",
    """{
        userGroups { totalCount nodes { id displayName } edges { cursor } }
        some: userGroups(search: "b") { totalCount nodes { id } pageInfo { endCursor } }
    }""",
    """{
        userByLogin(login: "A") { id } projectBySlug(slug: "B") { id }
        userGroupByName(name: "C") { id statsVisibility }
    }""",
)


class Plain(Operation):
    """The same operation without a cache, in the same snapshot."""

    def __init__(self, other: Operation, viewer: Viewer) -> None:
        self.now, self.snapshot, self.group_life = other.now, other.snapshot, other.group_life
        self.reads = OperationReads(other.snapshot)
        self.permissions = ViewerPermissions(viewer, MembershipLoader(self.reads))
        self.loaders = Loaders(self.reads, self.permissions)


async def answer(operation: Operation, document: str) -> bytes:
    """All that an answer says."""
    result = await executed(graphql_schema, document, None, operation)
    codes = {shown(error)["code"] for error in result.errors or ()}
    assert codes <= {"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"}
    return written(result)


async def agree(operation: Operation, viewer: Viewer, document: str) -> None:
    """The cached answer is that of the snapshot, and depends on the same."""
    cached = await answer(operation, document)
    plain = Plain(operation, viewer)
    assert cached == await answer(plain, document)
    assert operation.reads.entities >= plain.reads.entities


def entries(**lists: Any) -> Callable[[Connection], Any]:
    # As Panoptes' answers are stored: a membership may come before its group.
    return lambda connection: store_rows(connection, read_document(lists))


def load_span(connection: Connection, group: int, user: int, begins: int) -> None:
    """As a directory that is loaded: a member since then, of a group that was always ours."""
    of_group = group_tenure.c.group_id == group
    connection.execute(group_tenure.delete().where(of_group))
    connection.execute(membership_span.delete().where(membership_span.c.group_id == group))
    replace_rows(connection, group_tenure, [(group, 0, None)])
    replace_rows(connection, membership_span, [(group, user, begins, None)])
    recount_groups(connection, [group])
    log_change(connection, user_group_record=[group])


def change_spans(
    connection: Connection, change: Callable[..., None], group: int, *who: Any
) -> None:
    """As whoever changes spans does it: with the memberships that they belong to."""
    change(connection, group, *who, change_instant(connection))
    log_change(connection, user_group_record=[group])


names = st.sampled_from(["a", "b", "c"])
writes: st.SearchStrategy[Callable[[Connection], Any]] = st.one_of(
    st.builds(
        lambda one, name: entries(users=[{"id": one, "login": name, "display_name": name}]),
        st.sampled_from(USERS),
        names,
    ),
    st.builds(
        lambda one, name, level, private: entries(
            user_groups=[{"id": one, "name": name, "stats_visibility": level, "private": private}]
        ),
        st.sampled_from(GROUPS),
        names,
        st.sampled_from(LEVELS),
        st.booleans(),
    ),
    st.builds(
        lambda group, user, state, roles: entries(
            memberships=[{"user_group_id": group, "user_id": user, "state": state, "roles": roles}]
        ),
        st.sampled_from(GROUPS),
        st.sampled_from(USERS),
        st.sampled_from(["active", "invited", "inactive"]),
        st.sampled_from([[], ["group_member"], ["group_admin"]]),
    ),
    st.builds(
        lambda one, name: entries(projects=[{"id": one, "slug": name, "display_name": name}]),
        st.sampled_from(PROJECTS),
        names,
    ),
    st.builds(
        lambda one, project, subjects: entries(
            workflows=[
                {
                    "id": one,
                    "project_id": project,
                    "subjects_count": subjects,
                    "retirement": {"criteria": "classification_count", "options": {"count": 5}},
                }
            ]
        ),
        st.sampled_from([101, 102]),
        st.sampled_from(PROJECTS),
        st.integers(1, 3),
    ),
    st.builds(
        lambda one, name: (
            lambda c: store_names(c, Names({one: name}, {11: name}, {103: (12, name)}))
        ),
        st.sampled_from(USERS),
        names,
    ),
    st.builds(
        lambda group, user: (
            lambda c: store_answer(
                c, Scope(MEMBERSHIPS, frozenset({group}), frozenset({user})), {MEMBERSHIPS: []}, 1
            )
        ),
        st.sampled_from(GROUPS),
        st.sampled_from(USERS),
    ),
    st.builds(
        lambda group, users, until: lambda c: backfill(c, group, users, until),
        st.sampled_from(GROUPS),
        st.lists(st.sampled_from(USERS), min_size=1, unique=True),
        st.sampled_from(INSTANTS),
    ),
    st.builds(lambda one: lambda c: erase_user(c, one), st.sampled_from(USERS)),
    st.builds(
        lambda kind, target, repeats, narrowed: (
            lambda c: write_goals(
                c,
                made_goal(
                    kind.number,
                    group=kind.group,
                    user=kind.user,
                    metric=kind.metric,
                    target=target,
                    repeats=repeats,
                    start_day="2023-12-01",
                    project_ids=narrowed,
                    created_by=1,
                    archived=target == 3,
                ),
            )
        ),
        st.sampled_from(GOALS),
        st.integers(1, 3),
        st.sampled_from([None, Period.WEEK]),
        st.sampled_from([None, (11,)]),
    ),
    st.builds(
        lambda change, group, users: lambda c: change_spans(c, change, group, users),
        st.sampled_from([open_spans, close_spans, begin_tenure]),
        st.sampled_from(GROUPS),
        st.lists(st.sampled_from(USERS), min_size=1, unique=True),
    ),
    st.builds(lambda group: lambda c: change_spans(c, end_tenure, group), st.sampled_from(GROUPS)),
    st.builds(
        lambda group, user, begins: lambda c: load_span(c, group, user, begins),
        st.sampled_from(GROUPS),
        st.sampled_from(USERS),
        st.sampled_from(INSTANTS),
    ),
)


class BesideAWriter(RuleBasedStateMachine):
    """Gateways beside a writer that does all that writers do."""

    runner: asyncio.Runner
    writer: Database
    #: One for each gateway.
    databases: Sequence[Database]
    feeds: Sequence[ChangeFeed]

    @rule(arrived=st.lists(events, min_size=1, max_size=6))
    def ingest(self, arrived: Sequence[Classification | Comment]) -> None:
        self.runner.run(store(self.writer, *arrived))

    @rule(work=writes)
    def write(self, work: Callable[[Connection], Any]) -> None:
        self.runner.run(self.writer.write(work))


def run_beside_a_writer(machine: type[BesideAWriter], database_url: str, steps: int) -> None:
    """Run the machine with a writer and two other gateways' views of one database."""
    with asyncio.Runner() as runner:
        writer, *others = (open_database(database_url) for _ in range(3))
        runner.run(writer.migrate())
        feeds = [ChangeFeed(other) for other in others]
        for feed in feeds:
            runner.run(feed.__aenter__())
        these = {"runner": runner, "writer": writer, "databases": others, "feeds": feeds}
        run_state_machine_as_test(
            type("This", (machine,), these),
            settings=settings(
                max_examples=examples(25),
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=CHECKS,
            ),
        )
        for feed in feeds:
            runner.run(feed.__aexit__(None, None, None))
        for database in (writer, *others):
            runner.run(database.close())


class Gateways(BesideAWriter):
    """Two gateways with caches of their own."""

    @initialize(capacity=st.sampled_from([20_000, 1_000_000]))
    def begin(self, capacity: int) -> None:
        self.write(clear)
        self.caches = [ReadCache(capacity) for _ in self.databases]
        self.held: Operation | None = None

    async def _open(self, gateway: int, viewer: Viewer) -> Operation:
        cache, feed = self.caches[gateway], self.feeds[gateway]
        return Operation(self.databases[gateway], viewer, NOW, cache=cache, feed=feed)

    @rule()
    def mend(self) -> None:
        self.write(lambda connection: connection.execute(GROUP_USER.table.delete()))
        self.runner.run(rebuild(self.writer))

    @rule(
        gateway=st.sampled_from([0, 1]),
        viewer=st.sampled_from(VIEWERS),
        document=st.sampled_from(DOCUMENTS),
    )
    def ask(self, gateway: int, viewer: Viewer, document: str) -> None:
        async def asking() -> None:
            async with await self._open(gateway, viewer) as operation:
                await agree(operation, viewer, document)

        self.runner.run(asking())

    @precondition(lambda self: self.held is None)
    @rule(
        gateway=st.sampled_from([0, 1]),
        viewer=st.sampled_from(VIEWERS),
        document=st.sampled_from(DOCUMENTS),
    )
    def begin_a_long_operation(self, gateway: int, viewer: Viewer, document: str) -> None:
        async def asking() -> None:
            self.held, self.holder = await self._open(gateway, viewer), viewer
            await agree(self.held, self.holder, document)

        self.runner.run(asking())

    @precondition(lambda self: self.held is not None)
    @rule(document=st.sampled_from(DOCUMENTS), last=st.booleans())
    def go_on_with_the_long_operation(self, document: str, last: bool) -> None:
        assert self.held is not None
        self.runner.run(agree(self.held, self.holder, document))
        if last:
            self.teardown()

    @invariant()
    def bounded(self) -> None:
        for cache in getattr(self, "caches", ()):
            assert 0 <= cache.entries.size <= cache.entries.capacity

    def teardown(self) -> None:
        held, self.held = getattr(self, "held", None), None
        if held is not None:
            self.runner.run(held.__aexit__(None, None, None))


def test_a_cached_answer_is_the_one_that_is_read(database_url: str) -> None:
    run_beside_a_writer(Gateways, database_url, steps=20)


async def test_a_cached_answer_is_the_one_that_is_read_while_others_write(
    database: Database, database_url: str
) -> None:
    def directory(number: int) -> dict[str, Any]:
        """Names, levels and memberships that change all the time."""
        state = ("active", "inactive")[number % 2]
        return {
            "users": [{"id": one, "login": f"user {number % 3}"} for one in USERS],
            "user_groups": [
                {"id": one, "name": f"g{number}", "stats_visibility": LEVELS[number % 5]}
                for one in GROUPS
            ],
            "memberships": [
                {"user_group_id": one, "user_id": 1, "state": state, "roles": ["group_admin"]}
                for one in GROUPS
            ],
        }

    stopped = asyncio.Event()

    async def write() -> None:
        for number in count():
            batch = [
                classification(
                    event,
                    user=1 + event % 3,
                    project=11 + number % 2,
                    groups=(501, 502)[: number % 3],
                )
                for event in range(number, number + 4)
            ]
            await store(database, *batch)
            if number % 4 == 0:
                await database.write(entries(**directory(number // 4)))
            if stopped.is_set():
                return

    async with (
        open_database(database_url) as one,
        open_database(database_url) as other,
        ChangeFeed(one) as feed_of_one,
        ChangeFeed(other) as feed_of_other,
        asyncio.TaskGroup() as group,
    ):
        databases, feeds = (one, other), (feed_of_one, feed_of_other)
        caches = [ReadCache(100_000), ReadCache(1_000_000)]

        async def ask(reader: int) -> None:
            gateway = reader % 2
            for turn in range(12):
                viewer = VIEWERS[(reader + turn) % len(VIEWERS)]
                async with Operation(
                    databases[gateway], viewer, NOW, cache=caches[gateway], feed=feeds[gateway]
                ) as operation:
                    for document in (DOCUMENTS[turn % 3], DOCUMENTS[(turn + reader) % 8]):
                        await agree(operation, viewer, document)

        writing = group.create_task(write())
        await asyncio.gather(*(ask(reader) for reader in range(4)))
        stopped.set()
        await writing
    assert min(cache.hits for cache in caches) > 0
