"""Runs the local stack in the foreground. With `--while PID` it ends when that process has ended.

A test run names itself, so that its stack never outlives it, not even when the run was killed.
"""

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

from ministack.app import main  # noqa: E402
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


def action_of_aws(*request):
    action = action_of_the_stack(*request)
    return ACTIONS.get(action, action)


iam_actions.extract_iam_action = action_of_aws

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

main()
