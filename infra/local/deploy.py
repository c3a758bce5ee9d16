"""Deploys infra/hub.yaml and infra/member.yaml to the local stack through the CloudFormation API.

The same templates go to AWS (infra/README.md has the contract). Invariant: a stack carries the hash of what it was made
from as its tag `release`, so that an unchanged stack is recognised from the stack itself and left alone.
"""

import argparse
import hashlib
import json
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import ClientError

from clients import HUB, PREFIX, REGION, Stack, members, read_json, say, until, write_private

ROOT = Path(__file__).resolve().parents[2]
# Eight hexadecimal digits: an API's id on the local stack, fixed so that its address is known before it exists.
API_ID = "a1095000"
BUCKET = f"{PREFIX}-code-{HUB}"
GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
# Accounts that tests scan by events: the hub's bus takes their answers.
EVENT_ACCOUNTS = [f"8{n:011}" for n in range(10)]
# A stack that ends here has nothing to update: it is removed and made again.
DEAD = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}


def digest(*parts):
    """One hash over texts and files."""
    hash_ = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        hash_.update(len(data).to_bytes(8, "big") + data)
    return hash_.hexdigest()


def find(cfn, name):
    """The stack, or None."""
    try:
        return cfn.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def release_of(stack):
    """The hash that a stack says it was made from."""
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == "release"), None)


def settle(cfn, name):
    """Waits for the end of an operation; says why it failed."""

    def done():
        stack = find(cfn, name)
        return stack if stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS") else False

    stack = until(f"stack {name}", done, seconds=300)
    if stack["StackStatus"] in GOOD:
        return stack
    for event in reversed(cfn.describe_stack_events(StackName=name)["StackEvents"]):
        if "FAILED" in event["ResourceStatus"]:
            say(f"{event['LogicalResourceId']} {event['ResourceStatus']}: {event.get('ResourceStatusReason', '')}")
    sys.exit(f"stack {name} ended as {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")


def apply(cfn, name, release, template, parameters, extra_tags=()):
    """Creates or updates a stack; leaves it alone when it was made from the same things."""
    stack = find(cfn, name)
    if stack and stack["StackStatus"] in GOOD and release_of(stack) == release:
        return stack, "unchanged"
    if stack and stack["StackStatus"] in DEAD:
        cfn.delete_stack(StackName=name)
        until(f"removal of stack {name}", lambda: (find(cfn, name) or {"StackStatus": "DELETE_COMPLETE"})["StackStatus"] == "DELETE_COMPLETE")
        stack = None
    request = {
        "StackName": name,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": "release", "Value": release}, *extra_tags],
        **template,
    }
    if stack is None:
        cfn.create_stack(**request)
        return settle(cfn, name), "created"
    try:
        cfn.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    return settle(cfn, name), "updated"


def upload(s3, files, prefix):
    """Puts the files of a release under its prefix, and takes older releases away."""
    try:
        s3.create_bucket(Bucket=BUCKET)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    present = {item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for item in page.get("Contents", [])}
    for key, file in files.items():
        if f"{prefix}/{key}" not in present:
            s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{key}", Body=file.read_bytes())
    return [key for key in present if not key.startswith(f"{prefix}/")]


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--zips", required=True, type=Path, help="folder of the functions' zips")
    args.add_argument("--private", required=True, type=Path, help="where the ExternalId is kept")
    args.add_argument("--out", required=True, type=Path, help="where the addresses and names are written")
    args = args.parse_args()
    stack = Stack(args.endpoint)

    private = read_json(args.private, {})
    if "external_id" not in private:
        private["external_id"] = secrets.token_urlsafe(24)
        write_private(args.private, private)
    external_id = private["external_id"]

    hub_template, member_template = ROOT / "infra/hub.yaml", ROOT / "infra/member.yaml"
    files = {"hub.yaml": hub_template}
    files |= {zip_.name: zip_ for zip_ in sorted(args.zips.glob("*.zip"))}
    files |= {f"statemachines/{asl.name}": asl for asl in sorted((ROOT / "statemachines").glob("*.asl.json"))}
    content = digest(*(part for item in files.items() for part in item))[:16]
    api = f"{stack.endpoint}/_aws/execute-api/{API_ID}"
    parameters = {
        "Prefix": PREFIX,
        "CodeBucket": BUCKET,
        "CodePrefix": f"releases/{content}",
        "CodeVersion": content,
        "ExternalId": external_id,
        "EndpointUrl": api,
        # The page behind a personal link signs people in here, not at AWS.
        "IdentityUrl": stack.endpoint,
        "DeletionProtection": "disabled",
        "StateMachineVersions": "disabled",
        # May be asked, but is not until a test names a model: the rules answer alone, as in a fresh hub.
        "ModelFamily": "anthropic.claude-*",
        "BucketTlsOnly": "disabled",
        "EventAccounts": ",".join(EVENT_ACCOUNTS),
    }

    cfn, s3 = stack.client("cloudformation"), stack.client("s3")
    release = digest(json.dumps(parameters, sort_keys=True))[:32]
    hub = find(cfn, PREFIX)
    old = []
    if not (hub and hub["StackStatus"] in GOOD and release_of(hub) == release):
        say(f"uploading release {content}: {len(files)} files, {sum(f.stat().st_size for f in files.values()) / 1e6:.0f} MB")
        old = upload(s3, files, f"releases/{content}")
        say(f"hub account {HUB}: stack {PREFIX} …")
    template = {"TemplateURL": f"{stack.endpoint}/{BUCKET}/releases/{content}/hub.yaml"}
    hub, how = apply(cfn, PREFIX, release, template, parameters, [{"Key": "ms-custom-id", "Value": API_ID}])
    say(f"hub account {HUB}: stack {PREFIX} {how}")
    # CloudFormation does this in AWS; here it ignores the bucket's property.
    s3.put_object_lock_configuration(
        Bucket=outputs(hub)["AuditBucketName"],
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}},
    )
    # So it does with the bus's policy.
    events = stack.client("events")
    for account in EVENT_ACCOUNTS:
        events.put_permission(EventBusName=PREFIX, StatementId=f"MembersAnswer{account}", Action="events:PutEvents", Principal=account)
    for key in old:
        s3.delete_object(Bucket=BUCKET, Key=key)

    body = member_template.read_text(encoding="utf-8")
    wanted = {"HubAccountId": HUB, "Prefix": PREFIX, "ExternalId": external_id, "Writing": "enabled", "Signals": "enabled"}

    def member(account):
        client = stack.client("cloudformation", account["id"])
        made, how_ = apply(client, f"{PREFIX}-member", digest(body, json.dumps(wanted, sort_keys=True))[:32], {"TemplateBody": body}, wanted)
        say(f"member account {account['id']} ({account['name']}): stack {PREFIX}-member {how_}")
        return account["name"], {"id": account["id"], **outputs(made)}

    for account in members():
        stack.client("cloudformation", account["id"])  # boto3 makes clients in one thread only
    with ThreadPoolExecutor(4) as pool:
        made = dict(pool.map(member, members()))
    write_private(args.out, {"endpoint": stack.endpoint, "api": api, "region": REGION, "hub": {"id": HUB, **outputs(hub)}, "members": made})


def outputs(stack):
    """A stack's outputs as one object."""
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


if __name__ == "__main__":
    try:
        main()
    except ClientError as error:
        sys.exit(f"error: {error}")
