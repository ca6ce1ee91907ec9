"""Takes parcels from the queue."""

import json
import logging
import os

logging.getLogger().setLevel(logging.INFO)


def handler(event, context):
    for record in event["Records"]:
        parcel = json.loads(record["body"])
        logging.info("parcel %s", parcel["id"])
        if parcel["weight"] > int(os.environ.get("HEAVIEST", "20")):
            raise ValueError(f"parcel {parcel['id']} is too heavy")
    return {"batchItemFailures": []}
