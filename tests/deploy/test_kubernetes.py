"""The manifests are what Kubernetes takes, and keep to what a gateway needs."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from gateway.settings import PREFIX, Settings
from tests.deploy.files import manifests

#: The oldest version that is still supported, and the newest that the schemas are there for.
VERSIONS = ("1.33", kubernetes_validate.latest_version())
KINDS = {"ConfigMap", "Deployment", "Job", "PodDisruptionBudget", "Service"}
PODS = ("Deployment", "Job")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(version: str) -> None:
    found = manifests()

    assert found.keys() == KINDS
    for manifest in found.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def pod(kind: str) -> dict[str, Any]:
    spec: dict[str, Any] = manifests()[kind]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("kind", PODS)
def test_a_pod_may_do_nothing_but_its_work(kind: str) -> None:
    spec = pod(kind)
    (container,) = spec["containers"]

    # With service links the Service would set STATS_GATEWAY_PORT to an URL.
    assert spec["enableServiceLinks"] is False
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("kind", PODS)
def test_settings_exist_and_secrets_are_references(kind: str) -> None:
    (container,) = pod(kind)["containers"]
    plain = manifests()["ConfigMap"]["data"]
    secret = {one["name"]: one["valueFrom"] for one in container["env"]}

    assert container["envFrom"] == [{"configMapRef": {"name": "stats-gateway"}}]
    assert all(source["secretKeyRef"]["name"] == "stats-gateway" for source in secret.values())
    assert {f"{PREFIX}DATABASE_URL", "PGPASSWORD"} <= secret.keys()
    names = {name.removeprefix(PREFIX).lower() for name in [*plain, *secret] if PREFIX in name}
    assert names <= Settings.model_fields.keys()
    values = {name.removeprefix(PREFIX).lower(): value for name, value in plain.items()}
    Settings.model_validate(values)


def test_probes_ask_what_the_gateway_answers_at_a_port_it_has() -> None:
    (container,) = pod("Deployment")["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    plain = manifests()["ConfigMap"]["data"]
    asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness")}

    assert asked["liveness"] == {"path": "/livez", "port": "http"}
    assert asked["readiness"] == {"path": "/readyz", "port": "http"}
    assert container["startupProbe"]["httpGet"] == asked["liveness"]
    assert ports["http"] == Settings.model_fields["port"].default
    assert str(ports["metrics"]) == plain[f"{PREFIX}METRICS_PORT"]
    assert manifests()["Service"]["spec"]["ports"][0]["targetPort"] == "http"


def test_the_service_and_the_budget_are_about_the_servers_alone() -> None:
    found = manifests()
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]

    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Job"]["spec"]["template"]["metadata"]["labels"] != labels
    assert pod("Job")["containers"][0]["args"] == ["db", "upgrade"]
    assert (
        found["PodDisruptionBudget"]["spec"]["minAvailable"]
        < found["Deployment"]["spec"]["replicas"]
    )
