"""Runs the local stack in the foreground. With `--while PID` it ends when that process has ended.

A test run names itself, so that its stack never outlives it, not even when the run was killed.
"""

import json
import os
import signal
import sys
import threading
import time


def guard(pid):
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if "--while" in sys.argv:
    at = sys.argv.index("--while")
    threading.Thread(target=guard, args=(int(sys.argv[at + 1]),), daemon=True).start()
    del sys.argv[at : at + 2]

from ministack import app  # noqa: E402
from ministack.core import iam_actions  # noqa: E402
from ministack.services import lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

# The stack keeps over a restart how far the stream of a table was read, but not the stream, which begins anew: what is
# written then would lie before that place and never be delivered. Without the old place it is read from its beginning.
restore_positions = lambda_svc._restore_esm_positions


def restore_all_but_tables(positions, saved):
    if positions is not lambda_svc._dynamodb_stream_positions:
        restore_positions(positions, saved)


lambda_svc._restore_esm_positions = restore_all_but_tables

# Actions that AWS asks for under another name than the stack does: what the templates name is AWS's.
ACTIONS = {"bedrock:Converse": "bedrock:InvokeModel", "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream"}
action_of_the_stack = iam_actions.extract_iam_action


def action_of_aws(service, method, path, *rest):
    alias = alias_call(service, method, path)
    action = f"lambda:{alias[0]}" if alias else action_of_the_stack(service, method, path, *rest)
    return ACTIONS.get(action, action)


iam_actions.extract_iam_action = action_of_aws


# One alias of a function: the stack takes reading, moving and deleting it for listing all of them, when it asks for the right and
# when it records the call.
ALIAS_CALLS = {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"}


def alias_call(service, method, path):
    parts = [part for part in path.split("/") if part]
    if service == "lambda" and len(parts) == 5 and parts[1] == "functions" and parts[3] == "aliases" and method in ALIAS_CALLS:
        return ALIAS_CALLS[method], parts[2], parts[4]
    return None


name_of_the_stack = app._ct_event_name
record_of_the_stack = app._maybe_record_cloudtrail


def name_of_aws(service, method, path, *rest):
    alias = alias_call(service, method, path)
    # CloudTrail names Lambda's events with the API's version.
    return f"{alias[0]}20150331" if alias else name_of_the_stack(service, method, path, *rest)


def record_of_aws(service, method, path, headers, body, *rest):
    alias = alias_call(service, method, path)
    if alias:
        sent = json.loads(body) if body else {}
        named = {key[:1].lower() + key[1:]: value for key, value in sent.items()}
        body = json.dumps({**named, "functionName": alias[1], "name": alias[2]}).encode()
        headers = {**headers, "content-type": "application/json"}
    return record_of_the_stack(service, method, path, headers, body, *rest)


app._ct_event_name = name_of_aws
app._maybe_record_cloudtrail = record_of_aws

# The stack enforces the boundary of a role, but loses it where the role comes from a template.
ROLES = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]


def with_boundary(provision, at):
    def provisioned(*given, **more):
        answer = provision(*given, **more)
        provisioners._iam._roles[answer[0]]["PermissionsBoundary"] = given[at].get("PermissionsBoundary")
        return answer

    return provisioned


ROLES["create"] = with_boundary(ROLES["create"], 1)
ROLES["update"] = with_boundary(ROLES["update"], 2)

app.main()
