"""TLS files for a database connection: certificates, keys and revocation lists."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from gateway.db.libpq import Given
from gateway.errors import SettingsError
from gateway.reasons import reason_of

#: In place of a file: the authorities that the system trusts.
SYSTEM = "system"
_FILES = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl")
_VERIFYING = ("verify-ca", "verify-full")


def check_files(given: Mapping[str, Given]) -> None:
    """SettingsError if a file that is named is not there, or holds nothing that can be used."""
    for name in _FILES:
        if name in given and not _is_system(name, given[name]):
            found = given[name]
            if not Path(found.value).is_file():
                raise SettingsError(f"{found.where}={found.value}: there is no such file.")
    _check_passfile(given)
    _check_authorities(given)
    if "sslkey" in given and "sslcert" not in given:
        raise SettingsError(f"{given['sslkey'].where}, but no sslcert: name both.")
    if "sslcert" in given:
        _load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), given)


def system_context(given: Mapping[str, Given]) -> ssl.SSLContext | None:
    """What verifies a server by the system's authorities; None if files are named instead."""
    if "sslrootcert" not in given or not _is_system("sslrootcert", given["sslrootcert"]):
        return None
    context = ssl.create_default_context()
    if "sslcert" in given:
        _load_certificate(context, given)
    return context


def _is_system(name: str, given: Given) -> bool:
    return name == "sslrootcert" and given.value == SYSTEM


def _check_passfile(given: Mapping[str, Given]) -> None:
    if "passfile" in given and "password" not in given:
        found = given["passfile"]
        if Path(found.value).stat().st_mode & 0o077:
            raise SettingsError(
                f"{found.where}={found.value}: others can read this file, so its passwords are not "
                f"used; run chmod 600 {found.value}."
            )


def _check_authorities(given: Mapping[str, Given]) -> None:
    mode = given["sslmode"].value if "sslmode" in given else None
    if "sslrootcert" in given:
        found = given["sslrootcert"]
        if found.value == SYSTEM:
            if mode not in (None, "verify-full"):
                raise SettingsError(
                    f"{found.where}=system: with the system's authorities only "
                    "sslmode=verify-full can be used."
                )
            return
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(found.value)
        except OSError as error:
            raise _unusable(found, error) from None
    elif mode in _VERIFYING and not (Path.home() / ".postgresql/root.crt").is_file():
        raise SettingsError(
            f"{given['sslmode'].where}={mode}, but no certificate of an authority: name its file "
            "with sslrootcert, or use sslrootcert=system."
        )


def _load_certificate(context: ssl.SSLContext, given: Mapping[str, Given]) -> None:
    key = given["sslkey"].value if "sslkey" in given else None
    password = given["sslpassword"].value if "sslpassword" in given else ""
    try:
        # Without a password, an encrypted key would be asked for at the terminal.
        context.load_cert_chain(given["sslcert"].value, key, lambda: password)
    except OSError as error:
        raise _unusable(given["sslcert"], error) from None


def _unusable(found: Given, error: OSError) -> SettingsError:
    return SettingsError(f"{found.where}={found.value}: it cannot be used ({reason_of(error)}).")
