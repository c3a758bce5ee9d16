"""Asks the fleet's own sweep to look after plans whose workflow was lost in a restart.

In AWS the schedule does this every five minutes; after a restart nobody wants to wait for it.
"""

import argparse
import json
from pathlib import Path

from clients import PREFIX, Stack, say


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--outputs", type=Path)
    args = args.parse_args()
    reply = Stack(args.endpoint).client("lambda").invoke(FunctionName=f"{PREFIX}-resume-plans", Payload=b"{}")
    body = reply["Payload"].read().decode()
    if reply.get("FunctionError"):
        raise SystemExit(f"resume-plans failed: {body[:2000]}")
    say(f"resumed plans: {json.dumps(json.loads(body), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
