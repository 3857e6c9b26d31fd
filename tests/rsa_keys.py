"""Keys that cost little: to read or to make one takes longer than most tests.

The tests' ``conftest.py`` puts these in the place of the library's functions.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import algorithms

#: So many of a size are made, and then the oldest is given again. No test takes more at a time.
KEYS = 8

_make = rsa.generate_private_key
_made: dict[tuple[int, int], list[rsa.RSAPrivateKey]] = defaultdict(list)
_given = count()


def made_key(public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
    """A key that none of the last few is."""
    keys = _made[public_exponent, key_size]
    if len(keys) < KEYS:
        keys.append(_make(public_exponent, key_size))
        return keys[-1]
    return keys[next(_given) % KEYS]


def make_keys_cheap() -> None:
    """Have pyjwt read each key once, and give keys again that were made for earlier tests."""
    algorithms.load_pem_private_key = cache(algorithms.load_pem_private_key)
    rsa.generate_private_key = made_key
