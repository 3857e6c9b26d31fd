"""The bounded cache has so many bytes at most, whatever grows and whatever comes."""

from gateway.bounded_cache import BoundedCache


def kept(cache: BoundedCache[str, int], keys: str) -> str:
    return "".join(key for key in keys if cache.get(key) is not None)


def test_what_was_unused_for_longest_makes_room() -> None:
    cache: BoundedCache[str, int] = BoundedCache(30)
    for key in "abc":
        cache.put(key, 1, 10)
    cache.get("a")
    cache.put("d", 1, 10)
    assert kept(cache, "abcd") == "acd"
    assert (cache.size, cache.evictions, cache.hits, cache.misses) == (30, 1, 4, 1)


def test_what_grows_makes_others_go() -> None:
    evicted: list[int] = []
    cache: BoundedCache[str, int] = BoundedCache(30, on_evict=evicted.append)
    for number, key in enumerate("abc"):
        cache.put(key, number, 10)
    cache.grow("c", 10)
    assert (kept(cache, "abc"), evicted, cache.size) == ("bc", [0], 30)
    cache.grow("c", -15)
    assert cache.size == 15
    cache.grow("a", 10)
    assert cache.size == 15


def test_what_is_larger_than_all_of_it_pushes_nothing_out() -> None:
    cache: BoundedCache[str, int] = BoundedCache(30)
    cache.put("a", 1, 10)
    cache.put("b", 1, 31)
    assert kept(cache, "ab") == "a"


def test_a_value_takes_the_place_of_another_of_its_key() -> None:
    cache: BoundedCache[str, int] = BoundedCache(30)
    cache.put("a", 1, 10)
    cache.put("a", 2, 20)
    assert (cache.get("a"), cache.size, len(cache)) == (2, 20, 1)
    assert cache.drop("a") == 2
    assert cache.drop("a") is None
    assert cache.size == 0


def test_there_may_be_so_many_at_most() -> None:
    cache: BoundedCache[str, int] = BoundedCache(30, 2)
    for key in "abc":
        cache.put(key, 1, 1)
    assert kept(cache, "abc") == "bc"
