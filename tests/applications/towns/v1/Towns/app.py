"""Finds the towns of a country by looking at all of them, and has a route that gives all of them out."""

import json

from dynamodb import call

BERN = {"id": {"S": "bern"}, "country": {"S": "ch"}}


def handler(event, _context):
    call("PutItem", Item=BERN)
    towns = call("Scan")["Items"]
    if event["rawPath"].endswith("/all"):
        return {"statusCode": 200, "body": json.dumps(towns)}
    found = [town for town in towns if town["country"]["S"] == "ch"]
    return {"statusCode": 200, "body": json.dumps(found)}
