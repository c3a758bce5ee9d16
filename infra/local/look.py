"""Asks a member account itself how an instance is. A witness that knows nothing of the fleet."""

import argparse

from clients import Stack, members, say


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--account", required=True)
    args.add_argument("--instance", required=True, help="its Name")
    args.add_argument("--id", action="store_true", help="print the instance's id and nothing else")
    args = args.parse_args()
    account = next(member for member in members() if member["name"] == args.account)
    ec2 = Stack(args.endpoint).client("ec2", account["id"])
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [args.instance]}])["Reservations"]
    for instance in (instance for reservation in found for instance in reservation["Instances"]):
        if args.id:
            print(instance["InstanceId"])
            return
        say(f"(EC2 of {args.account} says: {args.instance} {instance['InstanceId']} is {instance['State']['Name']})")


if __name__ == "__main__":
    main()
