import pytest

from gateway.http.media import content_type, headers_size, negotiate

J = "application/json"
G = "application/graphql-response+json"
H = "text/html"
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
