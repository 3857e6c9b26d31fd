"""What is kept has so many bytes at most, whatever grows and whatever comes."""

from gateway.recent import Recent


def kept(recent: Recent[str, int], keys: str) -> str:
    return "".join(key for key in keys if recent.get(key) is not None)


def test_what_was_unused_for_longest_makes_room() -> None:
    recent: Recent[str, int] = Recent(30)
    for key in "abc":
        recent.put(key, 1, 10)
    recent.get("a")
    recent.put("d", 1, 10)
    assert kept(recent, "abcd") == "acd"
    assert (recent.size, recent.evictions, recent.hits, recent.misses) == (30, 1, 4, 1)


def test_what_grows_makes_others_go() -> None:
    gone: list[int] = []
    recent: Recent[str, int] = Recent(30, gone=gone.append)
    for number, key in enumerate("abc"):
        recent.put(key, number, 10)
    recent.grow("c", 10)
    assert (kept(recent, "abc"), gone, recent.size) == ("bc", [0], 30)
    recent.grow("c", -15)
    assert recent.size == 15
    recent.grow("a", 10)
    assert recent.size == 15


def test_what_is_larger_than_all_of_it_pushes_nothing_out() -> None:
    recent: Recent[str, int] = Recent(30)
    recent.put("a", 1, 10)
    recent.put("b", 1, 31)
    assert kept(recent, "ab") == "a"


def test_a_value_takes_the_place_of_another_of_its_key() -> None:
    recent: Recent[str, int] = Recent(30)
    recent.put("a", 1, 10)
    recent.put("a", 2, 20)
    assert (recent.get("a"), recent.size, len(recent)) == (2, 20, 1)
    assert recent.drop("a") == 2
    assert recent.drop("a") is None
    assert recent.size == 0


def test_there_may_be_so_many_at_most() -> None:
    recent: Recent[str, int] = Recent(30, 2)
    for key in "abc":
        recent.put(key, 1, 1)
    assert kept(recent, "abc") == "bc"
