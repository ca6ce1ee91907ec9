"""The Lambda runtime for Python: loads the handler, then takes one invocation after another from the Runtime API.

Behaves as awslambdaric 4.2.2 does; rehearsal/host/tests/clients holds it to that.
"""

import os
import sys

from . import errors, logs, modules
from .answers import from_request, to_response
from .api import RuntimeApi
from .context import LambdaContext, parse_json_header
from .handler import find_handler


def run():
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    logs.set_up()
    try:
        handler = find_handler(os.environ["_HANDLER"])
    except Exception as error:
        fault = errors.describe(error)
        logs.error(fault)
        # First the advice: after the report Lambda ends the process.
        modules.hint_at_missing_sdk(error)
        api.init_error(errors.to_json(fault), fault["errorType"])
        sys.exit(1)
    while True:
        handle(api, handler, api.next())


def handle(api, handler, invocation):
    headers = invocation.headers
    request_id = headers.get("lambda-runtime-aws-request-id")
    logs.request_id = request_id
    logs.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
    trace = headers.get("lambda-runtime-trace-id")
    if trace is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    try:
        context = LambdaContext(
            request_id,
            parse_json_header(headers.get("lambda-runtime-client-context"), "Client Context"),
            parse_json_header(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity"),
            int(headers["lambda-runtime-deadline-ms"]),
            headers.get("lambda-runtime-invoked-function-arn"),
            headers.get("lambda-runtime-aws-tenant-id"),
        )
        event = from_request(invocation.body, headers.get("content-type"))
        body, content_type = to_response(handler(event, context))
        fault = None
    except Exception as error:
        fault, cause = errors.describe(error, request_id), errors.cause(error)
    if fault is None:
        api.response(request_id, body, content_type)
    else:
        logs.error(fault)
        api.invocation_error(request_id, errors.to_json(fault), cause)
