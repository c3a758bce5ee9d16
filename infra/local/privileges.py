"""Looks at the policies of every role with cloudsplaining, a tool that is not ours: more rights, rights over rights, data without limit.

Reads {"role": [policy document, …]} from the file it is given. Whatever is found and not expected below fails.
"""

import json
import sys

from cloudsplaining.scan.policy_document import PolicyDocument

# What has no resource to name, so that a policy has to say "*"; the contract tests hold the same list for functions.
EXPECTED = {
    "logs:PutResourcePolicy": "log delivery of state machines has no resources",
}

# A policy with a known way to more rights, and one with rights over rights: the tool has to see both.
CONTROLS = {
    "privilege escalation": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    "permissions management": ["iam:AttachRolePolicy"],
}


def findings(document):
    policy = PolicyDocument(document)
    found = {
        "privilege escalation": [way["type"] for way in policy.allows_privilege_escalation],
        "permissions management": policy.permissions_management_without_constraints,
        "data exfiltration": policy.allows_data_exfiltration_actions,
        "credentials exposure": policy.credentials_exposure,
        "service wildcard": policy.service_wildcard,
    }
    return {kind: sorted(a for a in actions if a not in EXPECTED) for kind, actions in found.items()}


def main():
    for kind, actions in CONTROLS.items():
        control = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        if not findings(control)[kind]:
            sys.exit(f"the control for {kind} is not found: the tool looks at nothing")
    with open(sys.argv[1], encoding="utf-8") as file:
        roles = json.load(file)
    if not roles:
        sys.exit("there are no roles")
    faults = 0
    for role, documents in sorted(roles.items()):
        for document in documents:
            for kind, actions in findings(document).items():
                if actions:
                    faults += 1
                    print(f"{role}: {kind}: {', '.join(actions)}")
    print(f"{len(roles)} roles, {faults} finding(s)")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
