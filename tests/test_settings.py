"""``docs/settings.md`` says what ``gateway.settings`` reads; a bad value is one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.errors import SettingsError
from gateway.settings import PREFIX, Settings, load_settings

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def rows_of_the_document() -> list[str]:
    return re.findall(rf"^\| `{PREFIX}.*$", DOCUMENT.read_text(), re.MULTILINE)


def row_of(name: str) -> str:
    field = Settings.model_fields[name]
    default = "unset" if field.default is None else f"`{field.default}`"
    return f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    assert rows_of_the_document() == [row_of(name) for name in Settings.model_fields]


def test_without_an_environment_every_default_holds() -> None:
    assert load_settings() == Settings.model_construct()


def test_a_variable_wins_over_the_default_and_an_option_over_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STATS_GATEWAY_PORT", "9001")

    assert load_settings().port == 9001
    assert load_settings(port=9002).port == 9002
    assert load_settings(port=None).port == 9001


def test_other_variables_with_the_prefix_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATS_GATEWAY_OF_ANOTHER_VERSION", "1")

    assert load_settings() == Settings.model_construct()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("DATABASE_CONNECTIONS", "0"),
        ("DATABASE_TIMEOUT_SECONDS", "0"),
        ("DATABASE_TIMEOUT_SECONDS", ""),
    ],
)
def test_a_value_that_cannot_be_used_is_one_sentence_with_the_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"STATS_GATEWAY_{name}", value)

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert re.fullmatch(rf"STATS_GATEWAY_{name} cannot be used: [^\n]+\.", caught.value.message)
    assert caught.value.__cause__ is None  # pydantic's own error would show the value


@pytest.mark.parametrize(("name", "least", "most"), [("port", 0, 65535), ("workers", 1, 256)])
def test_bounds_are_inclusive(name: str, least: int, most: int) -> None:
    assert getattr(load_settings(**{name: least}), name) == least
    assert getattr(load_settings(**{name: most}), name) == most


def test_settings_do_not_change_once_read() -> None:
    settings = load_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # what mypy refuses is what is tested


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATS_GATEWAY_STREAM_PASSWORD", "open sesame")
    settings = load_settings()

    assert "open sesame" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.stream_password is not None
    assert settings.stream_password.get_secret_value() == "open sesame"
