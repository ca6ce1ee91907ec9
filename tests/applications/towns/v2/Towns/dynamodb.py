"""DynamoDB without an SDK: the rehearsal asks who calls, and verifies no signature."""

import json
import os
import urllib.request


def call(operation, **request):
    key = os.environ["AWS_ACCESS_KEY_ID"]
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    }
    request["TableName"] = os.environ["TABLE_NAME"]
    body = json.dumps(request).encode()
    sent = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_DYNAMODB"], body, headers)
    with urllib.request.urlopen(sent) as answer:
        return json.load(answer)
