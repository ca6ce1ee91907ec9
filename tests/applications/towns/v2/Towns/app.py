"""Finds the towns of a country by an index, and knows no other route."""

import json

from dynamodb import call


def handler(event, _context):
    if event["rawPath"].endswith("/all"):
        raise LookupError(event["rawPath"])
    found = call(
        "Query",
        IndexName="ByCountry",
        KeyConditionExpression="country = :country",
        ExpressionAttributeValues={":country": {"S": "ch"}},
    )
    return {"statusCode": 200, "body": json.dumps(found["Items"])}
