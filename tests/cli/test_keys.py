import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner, Result

from gateway.auth.keys import load_public_keys
from gateway.auth.tokens import TokenVerifier
from gateway.auth.viewer import Viewer
from gateway.cli import main


def command(*arguments: object, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    assert command("keys", "new", "--directory", directory).exit_code == 0
    return directory


def issued(keys: Path, *arguments: str, **environment: str) -> str:
    result = command("token", "--key", keys / "private.pem", *arguments, **environment)
    assert result.exit_code == 0, result.output
    return result.stdout.removesuffix("\n")


def test_new_keys_are_written_and_explained(tmp_path: Path) -> None:
    result = command("keys", "new", "--directory", tmp_path)
    assert result.exit_code == 0
    assert "set STATS_GATEWAY_JWT_PUBLIC_KEY_FILE to it" in result.stdout
    assert stat.S_IMODE((tmp_path / "private.pem").stat().st_mode) == 0o600
    assert load_public_keys(tmp_path / "public.pem")[0].key.key_size >= 2048


def test_existing_keys_are_overwritten_only_with_force(tmp_path: Path) -> None:
    private = tmp_path / "private.pem"
    assert command("keys", "new", "--directory", tmp_path).exit_code == 0
    first = private.read_bytes()
    refused = command("keys", "new", "--directory", tmp_path)
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"Error: {private} exists: add --force to overwrite it, which cannot be undone.\n"
    )
    assert private.read_bytes() == first
    assert command("keys", "new", "--directory", tmp_path, "--force").exit_code == 0
    assert private.read_bytes() != first


def test_a_token_stands_for_the_user_that_was_asked_for(keys: Path) -> None:
    verifier = TokenVerifier(load_public_keys(keys / "public.pem"))
    assert verifier.verify(issued(keys, "--user", "1002")) == Viewer(1002)
    full = issued(keys, "--user", "7", "--login", "ada", "--display-name", "Ada L.", "--admin")
    assert verifier.verify(full) == Viewer(7, "ada", "Ada L.", is_site_admin=True)


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 7200), ("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604800)]
)
def test_a_token_lasts_as_long_as_asked(keys: Path, text: str | None, seconds: int) -> None:
    before = int(datetime.now(UTC).timestamp())
    token = issued(keys, "--user", "7", *(["--expires", text] if text else []))
    expires = jwt.decode(token, options={"verify_signature": False})["exp"]
    after = int(datetime.now(UTC).timestamp())
    assert before + seconds <= expires <= after + seconds


@pytest.mark.parametrize("text", ["0s", "-1h", "2", "h", "1.5h", "2 h", "2w", "99999d", "\u0661h"])
def test_any_other_time_is_a_usage_error(keys: Path, text: str) -> None:
    result = command("token", "--key", keys / "private.pem", "--user", 7, "--expires", text)
    assert result.exit_code == 2
    assert "is not a duration such as 90s, 30m, 2h or 7d." in result.stderr


def test_the_issuer_is_the_option_or_the_setting_or_panoptes(keys: Path) -> None:
    def issuer(*arguments: str, **environment: str) -> object:
        token = issued(keys, "--user", "7", *arguments, **environment)
        return jwt.decode(token, options={"verify_signature": False})["iss"]

    assert issuer() == "pan-prod"
    assert issuer(STATS_GATEWAY_JWT_ISSUER="home") == "home"
    assert issuer("--issuer", "lab", STATS_GATEWAY_JWT_ISSUER="home") == "lab"


def test_two_tokens_are_never_the_same(keys: Path) -> None:
    assert issued(keys, "--user", "7") != issued(keys, "--user", "7")


@pytest.mark.parametrize("user", ["0", "-1", "1.0", str(2**63)])
def test_a_user_id_is_a_positive_whole_number(keys: Path, user: str) -> None:
    result = command("token", "--key", keys / "private.pem", "--user", user)
    assert result.exit_code == 2
    assert "--user" in result.stderr


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("public.pem", "does not hold an unencrypted private key"),
        ("none.pem", "cannot be read: No such file or directory"),
    ],
)
def test_a_key_that_cannot_sign_is_one_sentence(keys: Path, name: str, reason: str) -> None:
    result = command("token", "--key", keys / name, "--user", 7)
    assert result.exit_code == 2
    assert result.stderr == f"Error: The key file {keys / name} {reason}.\n"
    assert result.stdout == ""


def test_the_installed_command_prints_the_token_and_nothing_else(keys: Path) -> None:
    program = Path(sys.executable).with_name("stats-gateway")
    done = subprocess.run(
        [program, "token", "--key", keys / "private.pem", "--user", "7"],
        capture_output=True,
        text=True,
        check=True,
    )
    viewer = TokenVerifier(load_public_keys(keys / "public.pem")).verify(done.stdout.strip())
    assert viewer == Viewer(7)
    assert done.stderr == ""
