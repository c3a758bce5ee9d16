"""Prints what is deployed on the local stack, and the plans that have not ended."""

import argparse
from collections import Counter
from pathlib import Path

from clients import HUB, PREFIX, Stack, members, read_json, say

# States of a plan that has not come to its end (domain::PlanState).
OPEN = ("proposed", "awaiting_approval", "approved", "executing", "executed", "undoing")


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--outputs", required=True, type=Path)
    args = args.parse_args()
    stack = Stack(args.endpoint)
    for account, name, template in [(HUB, "hub", PREFIX), *((m["id"], m["name"], f"{PREFIX}-member") for m in members())]:
        try:
            state = stack.client("cloudformation", account).describe_stacks(StackName=template)["Stacks"][0]["StackStatus"]
        except Exception as error:
            state = f"not there ({error})"
        say(f"{account} {name:<8} {template:<13} {state}")
    outputs = read_json(args.outputs, {})
    if "api" not in outputs:
        return
    say(f"endpoint {outputs['api']}")
    hub = outputs["hub"]
    plans, accounts = Counter(), []
    for page in stack.client("dynamodb").get_paginator("scan").paginate(TableName=hub["LedgerTableName"]):
        for item in page["Items"]:
            kind, _, rest = item["pk"]["S"].partition("#")
            if item["sk"]["S"] != "META":
                continue
            if kind == "PLAN":
                plans[item.get("state", {}).get("S", "?")] += 1
            elif kind == "ACCT":
                accounts.append(rest)
    say(f"registered accounts: {', '.join(sorted(accounts)) or 'none'}")
    say(f"plans: {', '.join(f'{count} {state}' for state, count in sorted(plans.items())) or 'none'}"
        f" ({sum(plans[state] for state in OPEN)} not ended)")
    running = stack.client("stepfunctions").list_executions(stateMachineArn=hub["ChangeStateMachineArn"], statusFilter="RUNNING")
    say(f"workflows running: {len(running['executions'])}")


if __name__ == "__main__":
    main()
