"""Archives a receipt of each payment, and says so to whoever sends mail."""

import json
import os

import boto3

s3 = boto3.client("s3")
sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        payment = json.loads(record["body"])
        key = f"receipts/{payment['id']}.json"
        s3.put_object(Bucket=os.environ["ARCHIVE"], Key=key, Body=json.dumps({"paid": payment["amount"]}).encode())
        archived = s3.get_object(Bucket=os.environ["ARCHIVE"], Key=key)["Body"].read()
        sqs.send_message(QueueUrl=os.environ["SENT"], MessageBody=archived.decode())
    return {"batchItemFailures": []}
