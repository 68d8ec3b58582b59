"""The files for servers, read as their programs would; they are not run here (no public name, no containers)."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.cli import COMMANDS
from api.settings import read_settings

DEPLOY = Path(__file__).resolve().parents[1] / "docs" / "deploy"
NAMES = {command.name for command in COMMANDS}


@pytest.mark.parametrize("name", ["moling.service", "moling-worker.service"])
def test_units_start_commands_that_exist(name: str) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = lambda key: key  # type: ignore[assignment,method-assign]
    unit.read_string((DEPLOY / name).read_text())
    service = unit["Service"]
    started = [service[key].split() for key in ("ExecStartPre", "ExecStart") if key in service]
    assert all(command[0].endswith("/bin/moling") and command[1] in NAMES for command in started)
    assert service["EnvironmentFile"] == "/etc/moling/moling.env"
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def test_the_environment_is_one_that_the_office_takes() -> None:
    lines = [line for line in (DEPLOY / "moling.env").read_text().splitlines() if line and not line.startswith("#")]
    settings = read_settings(dict(line.split("=", 1) for line in lines))
    assert settings.is_secure
    assert settings.database_url == "sqlite:////var/lib/moling/moling.db"


def test_the_containers_hang_together() -> None:
    """Every service that is waited for is there, every volume is declared, every command exists."""
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services, volumes = compose["services"], compose["volumes"].keys()
    for name, service in services.items():
        assert service.get("depends_on", {}).keys() <= services.keys(), name
        named = [each.split(":")[0] for each in service.get("volumes", []) if not each.startswith(".")]
        assert set(named) <= volumes, name
        command = service.get("command")
        assert command is None or (command[0] == "moling" and command[1] in NAMES), name
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            given = {key: re.sub(r"\$\{\w+:\?[^}]*\}", "secret", text) for key, text in service["environment"].items()}
            assert read_settings(given).is_secure
    assert services["web"]["network_mode"] == "service:proxy"


def test_the_proxy_leads_to_where_the_office_listens() -> None:
    text = re.sub(r"#.*", "", (DEPLOY / "Caddyfile").read_text())
    assert text.count("{") == text.count("}")
    listens = re.search(r"--host (\S+) --port (\d+)", (DEPLOY / "moling.service").read_text())
    assert listens
    assert f"reverse_proxy {listens[1]}:{listens[2]}" in text
