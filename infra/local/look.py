"""Asks a member account itself how its instances are. A witness that knows nothing of the fleet."""

import argparse

from clients import Stack, members, say


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--account", required=True)
    args.add_argument("--instance", help="id; without it, `id name` of each that runs, by name")
    args = args.parse_args()
    account = next(member for member in members() if member["name"] == args.account)
    ec2 = Stack(args.endpoint).client("ec2", account["id"])
    chosen = {"InstanceIds": [args.instance]} if args.instance else {"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]}
    found = [instance for reservation in ec2.describe_instances(**chosen)["Reservations"] for instance in reservation["Instances"]]
    named = sorted(
        (next((tag["Value"] for tag in instance.get("Tags", []) if tag["Key"] == "Name"), ""), instance["InstanceId"], instance["State"]["Name"])
        for instance in found
    )
    for name, id_, state in named:
        if args.instance:
            say(f"(EC2 of {args.account} says: {name} {id_} is {state})")
        else:
            print(id_, name)


if __name__ == "__main__":
    main()
