import pytest

from gateway.http.media import (
    accepts_parts,
    content_type,
    headers_size,
    negotiate,
    negotiate_stream,
)

J = "application/json"
G = "application/graphql-response+json"
H = "text/html"
E = "text/event-stream"
M = "multipart/mixed"
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, J),
        ("", J),
        ("*/*", J),
        ("application/*", J),
        (J, J),
        (G, G),
        (f"{G}, {J}", G),
        (f"{J}, {G}", J),
        (f"{G};q=0.5, {J};q=0.9", J),
        (f"{J};q=0.2, */*", G),
        (f"{J};q=0, {G};q=0", None),
        (f"{J};q=0, */*;q=0.1", G),
        ("APPLICATION/JSON; charset=utf-8", J),
        (CHROME, H),
        ("text/*;q=0.5, application/*;q=0.1", H),
        ("text/plain", None),
        ("nonsense", None),
        (f"{J};q=many", None),
        (f"{J};q=7", J),
    ],
)
def test_quality_then_order_of_the_header_then_of_the_offers_decides(accept, chosen):
    assert negotiate(accept, (J, G, H)) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, None),
        ("*/*", None),
        ("text/*", None),
        (J, None),
        (E, E),
        (f"{E};q=0", None),
        (f"{J}, {E};q=0.1", E),
        (M, None),
        (f"{M};subscriptionSpec=1.0", M),
        (f'{M}; boundary="graphql"; SubscriptionSpec="1.0"', M),
        (f"{M};subscriptionSpec=2.0", None),
        (f"{M};subscriptionSpec=1.0;q=0", None),
        (f"{M};subscriptionSpec=1.0, {E}", M),
        (f"{E}, {M};subscriptionSpec=1.0", E),
        (f"{E};q=0.5, {M};subscriptionSpec=1.0;q=0.6", M),
    ],
)
def test_a_stream_has_to_be_named(accept, chosen):
    assert negotiate_stream(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [
        (M, True),
        (f"{M};deferSpec=20220824", False),
        (f"{M};subscriptionSpec=1.0", False),
        (f"{M};subscriptionSpec=1.0, {M}", True),
    ],
)
def test_parts_of_other_protocols_are_not_those_of_defer(accept, accepted):
    assert accepts_parts(accept) is accepted


@pytest.mark.parametrize(
    ("header", "media", "charset"),
    [
        ("application/json", J, None),
        ("Application/JSON; Charset=UTF-8", J, "utf-8"),
        ('application/json;charset="latin1"', J, "latin1"),
        ("", "text/plain", None),
    ],
)
def test_content_type_is_split_in_lower_case(header, media, charset):
    assert content_type(header) == (media, charset)


def test_long_headers_are_read_and_not_kept() -> None:
    before = headers_size()
    long = f"{J};q=0.5, " + "x" * 10_000
    assert negotiate(long, (J, G)) == J
    assert content_type(f'{J}; charset="{"x" * 10_000}"')[0] == J
    assert headers_size() == before
