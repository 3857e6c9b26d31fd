"""Batch: answers several operations of one request, each by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from gateway.graphql.execution.answer import Answer
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import BatchAnswerTooLarge
from gateway.json_bytes import json_bytes
from gateway.telemetry.record import RequestRecord, Result

#: Answers one operation of a batch.
AnswerOne = Callable[[], Awaitable[Answer]]


async def answer_batch(
    operations: Iterable[AnswerOne], batch_bytes: float, mask: ErrorMask, record: RequestRecord
) -> tuple[list[Answer], list[bytes]]:
    """Answer a batch: the answers, and each as JSON, of up to ``batch_bytes`` together.

    They are executed in sequence, so that a batch holds no more connections than one operation, and
    no more memory: operations whose answers exceed the bytes fail.
    """
    answers: list[Answer] = []
    texts: list[bytes] = []
    room = batch_bytes
    for operation in operations:
        try:
            if room <= 0:
                raise BatchAnswerTooLarge(int(batch_bytes))
            answer = await operation()
            text = json_bytes(answer) if answer.entry is None else answer.entry.body
            room -= len(text)
            if room < 0:
                raise BatchAnswerTooLarge(int(batch_bytes))
        except Exception as error:
            answer = Answer(errors=[mask.unexpected(error)])
            text = json_bytes(answer)
        answers.append(answer)
        texts.append(text)
    note_answers(record, *answers)
    return answers, texts


def note_answers(record: RequestRecord, *answers: Answer) -> None:
    """Record the result of the operations of a request, and why some were not executed.

    Errors of executed operations were recorded before.
    """
    record.result = max(map(result_of, answers), key=list(Result).index)
    for answer in answers:
        if "data" not in answer:
            record.note_errors(answer.get("errors", ()))


def result_of(answer: Answer) -> Result:
    """The result of an operation, for metrics and logs."""
    if "errors" not in answer:
        return Result.OK
    return Result.PARTIAL if "data" in answer else Result.REFUSED
