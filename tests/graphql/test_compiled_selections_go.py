"""A document that is evicted takes its compiled selections along, without the garbage collector."""

from __future__ import annotations

import gc
from types import FunctionType

from gateway.db import Database
from tests.graphql.cached_gateway import Gateway


def compiled_functions() -> int:
    return sum(
        1
        for one in gc.get_objects()
        if type(one) is FunctionType and one.__code__.co_filename == "<selection>"
    )


async def test_an_evicted_document_leaves_no_compiled_selection(database: Database) -> None:
    async with Gateway(database, caches=False) as gateway:
        gc.collect()
        before = compiled_functions()
        gc.disable()
        try:
            for number in range(5):
                await gateway.answer(
                    f"{{ a{number}: usersByIds(ids: [{number + 1}]) {{ login }} }}"
                )
            assert compiled_functions() > before
            documents = gateway._executor.documents
            for text in list(documents._kept._values):
                prepared = documents._kept.drop(text)
                assert prepared is not None
                documents._gone(prepared)
            del prepared
            assert compiled_functions() == before
        finally:
            gc.enable()
