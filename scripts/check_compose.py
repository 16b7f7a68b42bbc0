#!/usr/bin/env python3
"""Reads a compose file with Docker's own parser and checks what it must promise.

    scripts/check_compose.py docker-compose.yml

The parser is `docker compose`, or Debian's `docker-compose`; no daemon is needed. On top of its
schema: what runs our image is confined, stops slower than the worker's grace, and waits for a
healthy, migrated database.
"""

import os
import re
import shutil
import subprocess
import sys

import yaml

OURS = ("migrate", "worker", "admin")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text):
    parts = re.findall(r"(\d+)(ms|s|m|h)", str(text))
    return sum(int(number) * SECONDS[unit] for number, unit in parts)


def parser():
    plugin = ["docker", "compose"]
    if shutil.which("docker"):
        version = subprocess.run(plugin + ["version"], capture_output=True, check=False)
        if version.returncode == 0:
            return plugin
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    sys.exit("check_compose: neither `docker compose` nor docker-compose is installed")


def parse(path, profiles=()):
    command = parser() + ["-f", path]
    for profile in profiles:
        command += ["--profile", profile]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POSTGRES_")}
    environment["POSTGRES_PASSWORD"] = "secret"
    run = subprocess.run(command + ["config"], env=environment, capture_output=True, text=True,
                         timeout=60, check=False)
    if run.returncode != 0:
        sys.exit(f"check_compose: {path} does not parse:\n{run.stderr}")
    return yaml.safe_load(run.stdout)


def check(file):
    services = file["services"]
    for name in OURS:
        service = services.get(name)
        if service is None:
            yield f"{name}: is missing"
            continue
        if service.get("read_only") is not True:
            yield f"{name}: must have read_only: true"
        if service.get("cap_drop") != ["ALL"] or "cap_add" in service:
            yield f"{name}: must drop all capabilities and add none"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: must have no-new-privileges"
        if service.get("privileged"):
            yield f"{name}: must not be privileged"
        if not any(str(mount).startswith("/tmp") for mount in service.get("tmpfs", [])):
            yield f"{name}: needs a /tmp"
    if "healthcheck" not in services["postgres"]:
        yield "postgres: needs a health check"
    if not services["postgres"].get("volumes"):
        yield "postgres: needs a volume"
    worker = services["worker"]
    if worker.get("deploy", {}).get("replicas", 1) < 2:
        yield "worker: needs two replicas"
    grace = seconds(worker["environment"]["BARID_WORKER_SHUTDOWN_GRACE"])
    if not seconds(worker.get("stop_grace_period", "10s")) > grace > 0:
        yield "worker: stop_grace_period must be longer than BARID_WORKER_SHUTDOWN_GRACE"
    waits = {name: how.get("condition") for name, how in worker.get("depends_on", {}).items()}
    if waits != {"postgres": "service_healthy", "migrate": "service_completed_successfully"}:
        yield "worker: must wait for a healthy postgres and a finished migrate"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    path = arguments[1]
    plain, translating = parse(path), parse(path, ["translate"])
    problems = list(check(plain)) + list(check(translating))
    if "libretranslate" not in translating["services"]:
        problems.append("libretranslate: is missing from the profile translate")
    for problem in dict.fromkeys(problems):
        print(f"{path}: {problem}")
    print(f"{path}: {len(plain['services'])} services, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
