from sqlalchemy import Connection, event, select

from gateway.db import Database
from gateway.db.tables import project, user, workflow
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.directory.store_names import store_names
from gateway.events.event import Names
from tests.logged import logged


async def test_ids_without_names_get_a_row(database: Database) -> None:
    await database.write(lambda c: store_names(c, Names(users={7: None}, projects={11: None})))
    assert await database.write(lambda c: c.execute(select(user)).all()) == [(7, None, None)]
    assert await database.write(lambda c: c.execute(select(project)).all()) == [(11, None, None)]


async def test_a_missing_name_never_overwrites_a_known_one(database: Database) -> None:
    full = Names({7: "ada"}, {11: "Cats"}, {101: (11, "Count cats")})
    bare = Names({7: None}, {11: None}, {101: (None, None)})
    await database.write(lambda c: store_names(c, full))
    await database.write(lambda c: store_names(c, bare))
    assert await database.write(lambda c: c.execute(select(user)).all()) == [(7, "ada", None)]
    assert await database.write(lambda c: c.execute(select(project)).all()) == [(11, None, "Cats")]
    columns = [workflow.c.id, workflow.c.project_id, workflow.c.display_name]
    rows = await database.write(lambda c: c.execute(select(*columns)).all())
    assert rows == [(101, 11, "Count cats")]


async def test_a_new_name_replaces_the_old_one(database: Database) -> None:
    await database.write(lambda c: store_names(c, Names(users={7: "ada", 8: "bob"})))
    await database.write(lambda c: store_names(c, Names(users={7: "ada.l"})))
    rows = await database.write(lambda c: c.execute(select(user).order_by(user.c.id)).all())
    assert rows == [(7, "ada.l", None), (8, "bob", None)]


async def test_a_display_name_is_learned_and_kept(database: Database) -> None:
    await database.write(
        lambda c: store_names(c, Names(users={7: "ada"}, display_names={7: "Ada"}))
    )
    await database.write(lambda c: store_names(c, Names(users={7: None})))
    rows = await database.write(lambda c: c.execute(select(user)).all())
    assert rows == [(7, "ada", "Ada")]


async def test_only_what_changed_is_logged(database: Database) -> None:
    await database.write(lambda c: store_names(c, Names(users={7: "ada", 8: "bob"})))
    async with logged(database) as changed:
        await database.write(lambda c: store_names(c, Names(users={7: "ada", 8: "bobby"})))
    assert changed == {
        ("site", 0),
        ("user_record", 8),
        ("identifier", identifier_number(NameList.LOGINS, "bob")),
        ("identifier", identifier_number(NameList.LOGINS, "bobby")),
    }


async def test_learning_nothing_new_logs_nothing(database: Database) -> None:
    names = Names({7: "ada"}, {11: "Cats"}, {101: (11, "Count cats")})
    await database.write(lambda c: store_names(c, names))
    async with logged(database) as changed:
        await database.write(lambda c: store_names(c, names))
        await database.write(lambda c: store_names(c, Names()))
    assert changed == set()


async def test_a_workflow_that_moves_changes_both_projects(database: Database) -> None:
    await database.write(lambda c: store_names(c, Names(workflows={101: (11, None)})))
    async with logged(database) as changed:
        await database.write(lambda c: store_names(c, Names(workflows={101: (12, None)})))
    assert changed == {
        ("site", 0),
        ("project_record", 11),
        ("project_record", 12),
        ("workflow_record", 101),
    }


async def test_thousands_are_learned_at_once(database: Database) -> None:
    names = Names(users={number: f"user{number}" for number in range(1, 20_001)})
    await database.write(lambda c: store_names(c, names))
    logins = await database.write(lambda c: c.execute(select(user.c.login)).scalars().all())
    assert sorted(logins) == sorted(f"user{number}" for number in range(1, 20_001))


NAMES = Names({7: "ada", 8: "bob"}, {11: "Cats"}, {101: (11, "Count cats")}, {7: "Ada"})


def written(connection: Connection, as_of: int, *, note_again: bool = True) -> list[str]:
    """The statements by which names are learned that write."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    store_names(connection, NAMES, as_of, note_again=note_again)
    event.remove(connection, "before_cursor_execute", note)
    return statements


async def test_that_names_were_said_again_is_one_statement_a_table_and_not_logged(
    database: Database,
) -> None:
    await database.write(lambda c: store_names(c, NAMES, 1))
    async with logged(database) as changed:
        again = await database.write(lambda c: written(c, 2))
    assert [statement.split()[2] for statement in again] == [
        "user_sayings",
        "project_sayings",
        "workflow_sayings",
    ]
    assert changed == set()


async def test_what_was_said_no_later_is_not_written(database: Database) -> None:
    await database.write(lambda c: store_names(c, NAMES, 2))
    for as_of in (1, 2):
        assert await database.write(lambda c, as_of=as_of: written(c, as_of)) == []


async def test_who_says_it_all_again_in_the_end_need_not_note_it_now(database: Database) -> None:
    await database.write(lambda c: store_names(c, NAMES, 1))
    assert await database.write(lambda c: written(c, 2, note_again=False)) == []
