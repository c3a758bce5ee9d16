"""AWS clients of the local stack.

Invariant: every client has the local stack's endpoint, and only a loopback address is accepted as one, so that no
script in this folder can reach a real account. On the local stack a 12-digit access key is that account's root.
"""

import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import yaml
from botocore.config import Config

REGION = "us-east-1"
HUB = "111111111111"
PREFIX = "aiops"
ACCOUNTS = Path(__file__).with_name("accounts.yaml")


class Stack:
    """The local stack at one endpoint."""

    def __init__(self, endpoint):
        host = urlsplit(endpoint).hostname
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise SystemExit(f"{endpoint} is not on this machine: these scripts only talk to the local stack")
        self.endpoint = endpoint.rstrip("/")
        self._clients = {}

    def client(self, service, account=HUB):
        """A client with the rights of the account's root."""
        key = (service, account)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id=account,
                aws_secret_access_key="test",
                # `sync-` and account prefixes in host names do not resolve on loopback.
                config=Config(inject_host_prefix=False, retries={"max_attempts": 2}, connect_timeout=5, read_timeout=120),
            )
        return self._clients[key]


def members():
    """The member accounts of accounts.yaml."""
    return yaml.safe_load(ACCOUNTS.read_text(encoding="utf-8"))


def say(text):
    """One line of progress, in one piece: threads speak too."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def write_private(path, value):
    """Writes JSON that only its owner may read, never half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.chmod(fresh, 0o600)
    fresh.replace(path)


def read_json(path, default):
    """A JSON file, or the default where there is none."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default


def until(what, check, seconds=120, pause=0.2):
    """Calls `check` until it answers something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = check()
        if answer:
            return answer
        time.sleep(pause)
    sys.exit(f"gave up after {seconds} s: {what}")
