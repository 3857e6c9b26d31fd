"""Keys of names: they fold spellings, and search and order names.

Python makes the keys and the databases only compare them, byte by byte, so that SQLite and
PostgreSQL answer alike in every language.
"""

from __future__ import annotations

from hashlib import sha256
from unicodedata import category, normalize

#: Characters of a name that order it and that a search looks at.
LONGEST_KEY = 200
#: Characters of a search.
LONGEST_SEARCH = 100

#: Beyond this character UTF-8 has none.
_LAST = 0x10FFFF
#: Halves of surrogate pairs, which are no characters.
_SURROGATES = range(0xD800, 0xE000)


def fold(name: str) -> str:
    """The name in NFKC, case folded: the same for all spellings that differ in letter case."""
    return name.lower() if name.isascii() else normalize("NFKC", name).casefold()


def order_key(name: str) -> str:
    """What names are ordered by: names that begin alike for ``LONGEST_KEY`` characters are tied."""
    return fold(name)[:LONGEST_KEY]


def identifier_key(name: str) -> str:
    """What a login, a slug or the name of a group is looked up by; no two have one by accident.

    It has at most ``LONGEST_KEY`` characters, since an index has no room for any text.
    """
    key = fold(name)
    if len(key) <= LONGEST_KEY:
        return key
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{key[: LONGEST_KEY - len(digest)]}{digest}"


def search_key(text: str) -> str:
    """The words of a search, with one space between them; empty if it has none.

    A word is whatever stands between spaces and punctuation, so symbols and emoji are parts of it.
    """
    return " ".join("".join(map(_in_words, fold(text))).split())


def word_keys(name: str) -> frozenset[str]:
    """Suffixes of the name, from each word on: a search matches a name if one begins with it."""
    words = search_key(name)[:LONGEST_KEY]
    starts = [0, *(index + 1 for index, one in enumerate(words) if one == " ")]
    return frozenset(
        words[start : start + LONGEST_SEARCH] for start in starts if start < len(words)
    )


def matches(name: str, key: str) -> bool:
    """Whether a search with this key finds the name."""
    if not key or (name.isascii() and key.partition(" ")[0] not in name.lower()):
        # A fast check excludes most names: in ASCII nothing separates the letters of a word.
        return False
    return any(word.startswith(key) for word in word_keys(name))


def beyond(prefix: str) -> str:
    """The least text, byte by byte, after all that begin with the prefix, which is not empty."""
    for index in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[index]) + 1
        if following in _SURROGATES:
            following = _SURROGATES.stop
        if following <= _LAST:
            return f"{prefix[:index]}{chr(following)}"
    # Only texts that begin with the last character come after it: no name does.
    return f"{prefix}{chr(_LAST)}"


def _in_words(character: str) -> str:
    kind = category(character)
    if kind == "Cf":
        # Joiners and the like are not seen, and part no word.
        return ""
    return " " if kind[0] in "ZP" or kind == "Cc" else character
