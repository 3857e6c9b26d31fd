"""However a client cuts what it sends, and whatever that is, it is read within bounds."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from gateway.http.websocket_frames import Frames
from tests.http.raw_websocket import frame

LIMIT = 200
TEXTS = st.lists(st.text(max_size=40), max_size=30)


def read(frames: Frames, pieces: Sequence[bytes]) -> list[str | bytes]:
    """All messages, taken as the server takes them: the next piece is parsed when none waits."""
    taken: list[str | bytes] = []
    for piece in pieces:
        frames.feed(piece)
        frames.parse()
        while frames.messages:
            taken.append(frames.messages.popleft())
            if not frames.messages:
                frames.parse()
    return taken


def cut(sent: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(sent) + 1) for place in places})
    return [sent[a:b] for a, b in zip([0, *ends], [*ends, len(sent)], strict=True)]


def in_fragments(text: str, places: Sequence[int]) -> bytes:
    """One message, with a ping before each of its fragments."""
    pieces = cut(text.encode(), places)
    opcodes = [Opcode.TEXT, *[Opcode.CONT] * (len(pieces) - 1)]
    sent = b""
    for number, (opcode, piece) in enumerate(zip(opcodes, pieces, strict=True), 1):
        sent += frame(Opcode.PING, b"!") + frame(opcode, piece, fin=number == len(pieces))
    return sent


@given(TEXTS, st.lists(st.integers(0, 50), max_size=4), st.lists(st.integers(0, 5000), max_size=9))
def test_messages_are_what_was_sent_however_it_is_cut(
    texts: list[str], fragments: list[int], places: list[int]
) -> None:
    sent = b"".join(in_fragments(text, fragments) for text in texts)
    frames = Frames(LIMIT)
    assert read(frames, cut(sent, places)) == texts
    assert frames.is_open
    assert not frames.is_behind
    assert not frames.has_part
    pongs = sum(len(cut(text.encode(), fragments)) for text in texts)
    assert frames.to_write() == Frame(Opcode.PONG, b"!").serialize(mask=False) * pongs


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_whatever_is_sent_is_read_or_closes_the_socket(pieces: list[bytes]) -> None:
    frames = Frames(LIMIT)
    taken = read(frames, pieces)
    assert all(len(one if isinstance(one, bytes) else one.encode()) <= LIMIT for one in taken)
    assert not frames.is_behind
    if not frames.is_open:
        assert frames.is_over
        assert frames.code >= 1000
        # Nothing more is read, and nothing is kept.
        frames.feed(b"x" * 10_000)
        frames.parse()
        assert not frames.is_behind
        assert not frames.messages


@given(st.integers(0, LIMIT + 20), st.integers(1, 5))
def test_a_message_is_as_long_as_its_limit_in_as_many_parts_as_it_likes(
    length: int, parts: int
) -> None:
    text = "x" * length
    frames = Frames(LIMIT)
    places = [length * number // parts for number in range(parts)]
    taken = read(frames, [in_fragments(text, places)])
    if length <= LIMIT:
        assert taken == [text]
    else:
        assert (taken, frames.code) == ([], 1009)
