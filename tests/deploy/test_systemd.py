"""The systemd unit: what systemd says of it, and what must stand in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.deploy.files import UNIT, unit_options
from tests.deploy.programs import installed
from tests.server import STATS_GATEWAY

#: Of ten; systemd calls a service OK up to 4.9.
MOST_EXPOSED = 2.0


def analyzed(folder: Path, *arguments: str) -> str:
    """What ``systemd-analyze`` says of the unit, with the program that is installed here."""
    program = installed("systemd-analyze", "systemd")
    (executed,) = (line.split()[0] for line in unit_options()["ExecStart"])
    copy = folder / UNIT.name
    copy.write_text(UNIT.read_text().replace(executed, STATS_GATEWAY))
    done = subprocess.run(
        [program, *arguments, str(copy)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    # Without the manual pages, and without whatever else is on this machine.
    said = analyzed(tmp_path, "verify", "--man=no", "--generators=no", "--recursive-errors=no")

    assert UNIT.name not in said


def test_the_service_is_confined(tmp_path: Path) -> None:
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"

    assert "OK" in analyzed(tmp_path, "security", "--offline=true", threshold)


def test_the_unit_serves_as_its_own_user_and_keeps_secrets_in_a_file() -> None:
    options = {name: values[0] for name, values in unit_options().items()}

    assert options["ExecStart"].endswith("/stats-gateway serve")
    assert options["User"] == options["StateDirectory"] == "stats-gateway"
    assert options["WorkingDirectory"] == f"/var/lib/{options['StateDirectory']}"
    assert options["EnvironmentFile"] == "/etc/stats-gateway.env"
    assert "PASSWORD" not in UNIT.read_text()
    assert options["Restart"] == "on-failure"
    assert options["NoNewPrivileges"] == "true"
    assert options["ProtectSystem"] == "strict"
    assert options["CapabilityBoundingSet"] == ""
