"""One GetItem with boto3."""

import json
import os

import boto3

client = boto3.client("dynamodb")
table = os.environ["TABLE_NAME"]


def handler(event, _context):
    key = {"id": {"S": event["pathParameters"]["id"]}}
    item = client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    body = {"id": item["id"]["S"], "name": item["attributes"]["M"]["name"]["S"]}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
