"""A deployment that goes wrong in a member account, as its own people would make it.

A function works; its alias `live` is moved to a new version, which fails; its alarm goes off. Everything through the account's own
APIs: real invocations, the metrics that they leave, a real alarm on the account's topic. Afterwards `--look` says where the alias
points, and whether the function answers.
"""

import argparse
import io
import json
import time
import zipfile

from clients import REGION, Stack, members, say

GOOD = "def handler(event, context):\n    return {'ok': True}\n"
BAD = "def handler(event, context):\n    raise RuntimeError('no such column: discount')\n"
# The quiet hour before, which nobody can wait for here.
QUIET = {"Invocations": 12.0, "Errors": 0.0, "Throttles": 0.0, "Duration": 20.0}
ALIAS = "live"


def code(text):
    """A function's archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2024, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


class Account:
    """The account in which it happens."""

    def __init__(self, stack, account, function):
        self.name, self.id, self.function = account["name"], account["id"], function
        self.lambda_, self.iam, self.cloudwatch = (stack.client(s, self.id) for s in ("lambda", "iam", "cloudwatch"))

    def make(self):
        """The function as it was."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.iam.create_role(RoleName=self.function, AssumeRolePolicyDocument=policy)
        self.lambda_.create_function(
            FunctionName=self.function,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{self.id}:role/{self.function}",
            Handler="index.handler",
            Code={"ZipFile": code(GOOD)},
            Tags={"owner": "shop@example.com", "environment": self.name},
        )
        version = self.lambda_.publish_version(FunctionName=self.function)["Version"]
        self.lambda_.create_alias(FunctionName=self.function, Name=ALIAS, FunctionVersion=version)
        now = time.time()
        dimensions = [{"Name": "FunctionName", "Value": self.function}]
        for metric, value in QUIET.items():
            data = [
                {"MetricName": metric, "Dimensions": dimensions, "Timestamp": now - 60 * minute, "Value": value + (minute % 3 if value else 0)}
                for minute in range(5, 65)
            ]
            self.cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=data)
        self.cloudwatch.put_metric_alarm(
            AlarmName=f"{self.function}-errors",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=dimensions,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[f"arn:aws:sns:{REGION}:{self.id}:aiops-alarms"],
        )
        self.invoke(3)

    def invoke(self, times):
        """Calls the alias; how many calls failed."""
        answers = [self.lambda_.invoke(FunctionName=self.function, Qualifier=ALIAS, Payload=b"{}") for _ in range(times)]
        return sum(1 for answer in answers if answer.get("FunctionError"))

    def deploy(self):
        """The deployment, and the calls that come after it."""
        self.lambda_.update_function_code(FunctionName=self.function, ZipFile=code(BAD))
        version = self.lambda_.publish_version(FunctionName=self.function)["Version"]
        self.lambda_.update_alias(FunctionName=self.function, Name=ALIAS, FunctionVersion=version)
        failed = self.invoke(12)
        # CloudWatch looks at its alarms every minute, the local stack whenever somebody publishes a metric.
        self.cloudwatch.put_metric_data(Namespace=self.function, MetricData=[{"MetricName": "Heartbeat", "Value": 1.0}])
        say(f"(somebody moved alias {ALIAS} of {self.function} in {self.name} to version {version}; {failed} of 12 calls fail, and its alarm goes off)")

    def look(self):
        """Where the alias points, and whether it answers."""
        version = self.lambda_.get_alias(FunctionName=self.function, Name=ALIAS)["FunctionVersion"]
        failed = self.invoke(3)
        say(f"(Lambda of {self.name} says: alias {ALIAS} of {self.function} points to version {version}; {failed} of 3 calls fail)")


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--account", required=True)
    args.add_argument("--function", required=True)
    args.add_argument("--look", action="store_true", help="only look")
    args = args.parse_args()
    chosen = next(member for member in members() if member["name"] == args.account)
    account = Account(Stack(args.endpoint), chosen, args.function)
    if not args.look:
        account.make()
        account.deploy()
    else:
        account.look()


if __name__ == "__main__":
    main()
