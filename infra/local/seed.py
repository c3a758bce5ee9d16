"""Resources in the member accounts, made through the accounts' own APIs.

What a small shop runs in each account, with the usual mistakes: something for each operation of the catalogue.
Invariant: a resource is looked up by its name first, so running again makes nothing twice and changes nothing that the
fleet or a person changed since.
"""

import argparse
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from clients import REGION, Stack, members, say

IMAGE = "ami-0abcdef1234567890"
# Name, owner, extra tags. `aws:` tags are set by AWS services: such an instance is managed by somebody else.
INSTANCES = {
    "dev": [("web-1", "platform@example.com", {}), ("web-2", "platform@example.com", {}), ("batch-1", "data@example.com", {"terraform": "true"})],
    "staging": [("web-1", "shop@example.com", {}), ("web-2", "shop@example.com", {"aws:cloudformation:stack-name": "shop-web"})],
    "prod": [
        ("web-1", "shop@example.com", {}),
        ("web-2", "shop@example.com", {}),
        ("web-3", "shop@example.com", {"aws:cloudformation:stack-name": "shop-web", "aws:cloudformation:logical-id": "Web3"}),
        ("db-bastion", "platform@example.com", {}),
    ],
}


def tags(name, owner, environment, extra=()):
    """The tags of one resource."""
    return [{"Key": key, "Value": value} for key, value in {"Name": name, "owner": owner, "environment": environment, **dict(extra)}.items()]


def missing(call, *codes):
    """Whether a lookup says that there is no such thing."""
    try:
        call()
        return False
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return True
        raise


def code():
    """A function that answers what it is asked. The date is fixed: the same bytes every time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2024, 1, 1, 0, 0, 0)), "def handler(event, context):\n    return event\n")
    return data.getvalue()


class Member:
    """One account to fill."""

    def __init__(self, stack, account):
        self.name, self.id, self.owner = account["name"], account["id"], account["owner"]
        # boto3 makes clients in one thread only, so all are made here.
        services = ("ec2", "s3", "rds", "lambda", "iam", "autoscaling")
        self.ec2, self.s3, self.rds, self.lambda_, self.iam, self.autoscaling = (stack.client(s, self.id) for s in services)
        self.made = []

    def fill(self):
        """Makes what is missing."""
        group = self.security_group()
        self.instances(group)
        self.bucket()
        self.database()
        self.function()
        self.scaling_group()
        say(f"member account {self.id} ({self.name}): " + (f"made {', '.join(self.made)}" if self.made else "resources are there"))

    def security_group(self):
        """A group that lets the internet in on port 22."""
        found = self.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web"]}])["SecurityGroups"]
        if found:
            return found[0]["GroupId"]
        group = self.ec2.create_security_group(
            GroupName="web",
            Description="Web servers",
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags("web", self.owner, self.name)}],
        )["GroupId"]
        anywhere = [{"CidrIp": "0.0.0.0/0", "Description": "left open after an incident"}]
        self.ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "shop"}]},
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": anywhere},
            ],
        )
        self.made.append("security group web")
        return group

    def instances(self, group):
        """Servers with names and owners."""
        pages = self.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
        )
        there = {
            tag["Value"]
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
            for tag in instance.get("Tags", [])
            if tag["Key"] == "Name"
        }
        for name, owner, extra in INSTANCES[self.name]:
            if name in there:
                continue
            self.ec2.run_instances(
                ImageId=IMAGE,
                InstanceType="t3.small",
                MinCount=1,
                MaxCount=1,
                SecurityGroupIds=[group],
                TagSpecifications=[{"ResourceType": "instance", "Tags": tags(name, owner, self.name, extra)}],
            )
            self.made.append(f"instance {name}")

    def bucket(self):
        """A bucket whose public access block somebody took away."""
        name = f"shop-assets-{self.name}-{self.id}"
        if missing(lambda: self.s3.head_bucket(Bucket=name), "404", "NoSuchBucket"):
            self.s3.create_bucket(Bucket=name)
            self.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(name, self.owner, self.name)})
            self.s3.delete_public_access_block(Bucket=name)
            self.made.append(f"bucket {name}")

    def database(self):
        """The shop's database."""
        if missing(lambda: self.rds.describe_db_instances(DBInstanceIdentifier="orders"), "DBInstanceNotFound", "DBInstanceNotFoundFault"):
            self.rds.create_db_instance(
                DBInstanceIdentifier="orders",
                DBInstanceClass="db.t3.small",
                Engine="postgres",
                MasterUsername="shop",
                MasterUserPassword="not-a-real-database",
                AllocatedStorage=20,
                MultiAZ=self.name == "prod",
                Tags=tags("orders", self.owner, self.name),
            )
            self.made.append("database orders")

    def function(self):
        """A function that makes thumbnails."""
        if not missing(lambda: self.lambda_.get_function(FunctionName="thumbnails"), "ResourceNotFoundException"):
            return
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        if missing(lambda: self.iam.get_role(RoleName="thumbnails"), "NoSuchEntity"):
            self.iam.create_role(RoleName="thumbnails", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        self.lambda_.create_function(
            FunctionName="thumbnails",
            Runtime="python3.12",
            Role=f"arn:aws:iam::{self.id}:role/thumbnails",
            Handler="index.handler",
            Code={"ZipFile": code()},
            Tags={tag["Key"]: tag["Value"] for tag in tags("thumbnails", self.owner, self.name)},
        )
        self.made.append("function thumbnails")

    def scaling_group(self):
        """Workers behind a queue."""
        if self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["workers"])["AutoScalingGroups"]:
            return
        if missing(
            lambda: self.ec2.describe_launch_templates(LaunchTemplateNames=["workers"]),
            "InvalidLaunchTemplateName.NotFoundException",
            "InvalidLaunchTemplateId.NotFound",
        ):
            self.ec2.create_launch_template(LaunchTemplateName="workers", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.small"})
        self.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="workers",
            MinSize=1,
            MaxSize=6,
            DesiredCapacity=2,
            AvailabilityZones=[f"{REGION}a", f"{REGION}b"],
            LaunchTemplate={"LaunchTemplateName": "workers", "Version": "$Latest"},
            Tags=[{**tag, "PropagateAtLaunch": True} for tag in tags("workers", self.owner, self.name)],
        )
        self.made.append("Auto Scaling group workers")


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args = args.parse_args()
    stack = Stack(args.endpoint)
    accounts = [Member(stack, account) for account in members()]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Member.fill, accounts))


if __name__ == "__main__":
    main()
