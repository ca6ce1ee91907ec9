"""A Runtime API client in a few lines, in the place of Ruby's: it answers with its handler, its folder and the request's port."""

import json
import os
import sys
import urllib.request

handler, api = sys.argv[1], f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"

while True:
    with urllib.request.urlopen(f"{api}/invocation/next") as invocation:
        request_id, event = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.load(invocation)
    port = event["pathParameters"]["port"]
    if port == "atlantis":
        kind, answer = "error", {"errorType": "NoSuchPort", "errorMessage": f"{port} is under water"}
    else:
        body = {"handler": handler, "folder": os.path.basename(os.getcwd()), "port": port}
        kind, answer = "response", {"statusCode": 200, "body": json.dumps(body)}
    url = f"{api}/invocation/{request_id}/{kind}"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(answer).encode(), method="POST")).close()
