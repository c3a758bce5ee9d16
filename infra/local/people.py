"""People of the local stack, in its user pool, with passwords made here.

Invariant: a person's password is made once and kept in a file that only its owner may read; running again restores
users, passwords and groups as they should be.
"""

import argparse
import secrets
from pathlib import Path

from botocore.exceptions import ClientError

from clients import Stack, read_json, say, write_private

PEOPLE = {
    "alice": ["operator"],
    "bob": ["approver"],
    "carol": ["approver", "operator"],
    "dave": ["auditor"],
    "erin": ["administrator"],
    "victor": ["viewer"],
}


def password():
    """At least one of each kind that a pool may ask for."""
    return f"{secrets.token_urlsafe(18)}aA1-"


def ensure(cognito, pool, name, word, groups):
    """Makes the user where missing, with exactly these groups."""
    try:
        cognito.admin_get_user(UserPoolId=pool, Username=name)
        fresh = False
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}, {"Name": "email_verified", "Value": "true"}],
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=word, Permanent=True)
        fresh = True
    has = {group["GroupName"] for group in cognito.admin_list_groups_for_user(UserPoolId=pool, Username=name)["Groups"]}
    for group in set(groups) - has:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
    for group in has - set(groups):
        cognito.admin_remove_user_from_group(UserPoolId=pool, Username=name, GroupName=group)
    return fresh


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--endpoint", required=True)
    args.add_argument("--outputs", required=True, type=Path)
    args.add_argument("--people", required=True, type=Path, help="where names, passwords and groups are kept")
    args = args.parse_args()
    cognito = Stack(args.endpoint).client("cognito-idp")
    pool = read_json(args.outputs, {})["hub"]["UserPoolId"]
    known = read_json(args.people, {})
    people = {name: {"password": known.get(name, {}).get("password") or password(), "groups": groups} for name, groups in PEOPLE.items()}
    write_private(args.people, people)
    fresh = [name for name, person in people.items() if ensure(cognito, pool, name, person["password"], person["groups"])]
    say(f"people: {', '.join(people)}" + (f" (new: {', '.join(fresh)})" if fresh else ""))


if __name__ == "__main__":
    main()
