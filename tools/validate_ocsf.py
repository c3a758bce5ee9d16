#!/usr/bin/env python3
"""Validates OCSF events (one JSON document a line on standard input) against the schema that `ocsf-json-schema` ships.

Prints what is wrong, one line each, and how many events were right; exit 1 where anything is wrong. The version and profiles
are those that each event names in its metadata.
"""
import json, sys
from functools import cache
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

packaged = cache(lambda version: OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version)))

@cache
def validator(version, uid, profiles):
    schema = packaged(version)
    return Draft202012Validator(schema.get_class_schema(schema.lookup_class_name_from_uid(uid), profiles=list(profiles)))

right, wrong = {}, 0
for number, line in enumerate(sys.stdin, 1):
    event = json.loads(line)
    metadata, uid = event["metadata"], event["class_uid"]
    errors = list(validator(metadata["version"], uid, tuple(metadata["profiles"])).iter_errors(event))
    for error in errors:
        print(f"event {number} ({event.get('message')}): {error.json_path}: {error.message[:200]}")
    wrong += bool(errors)
    right[uid] = right.get(uid, 0) + (not errors)
print(json.dumps({"right": {str(k): v for k, v in sorted(right.items())}, "wrong": wrong}))
sys.exit(1 if wrong else 0)
