"""Errors as Lambda names them, and how any exception is reported."""

import json
import os
import re
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
# From Python 3.12 on, text is written as it is (awslambdaric, `lambda_runtime_marshaller.py`).
ASCII_ALONE = re.fullmatch(r"AWS_Lambda_python3\.(1[2-9]|[2-9][0-9])", os.environ.get("AWS_EXECUTION_ENV", "")) is None


class Fault(Exception):
    """What Lambda's runtime itself finds wrong: `Runtime.<name>`."""

    def __init__(self, name, message, trace=None):
        super().__init__(message)
        self.error_type = f"Runtime.{name}"
        self.message = message
        self.trace = trace


def describe(error, request_id=None):
    """What is sent to the Runtime API, and written to the log."""
    if isinstance(error, Fault):
        message, error_type, stack = error.message, error.error_type, error.trace
    else:
        message, error_type = str(error), type(error).__name__
        stack = traceback.format_list([tuple(frame) for frame in _frames(error)])
    return {
        "errorMessage": message or "",
        "errorType": error_type or "",
        "requestId": request_id or "",
        "stackTrace": stack or [],
    }


def to_json(fault):
    return json.dumps(fault, ensure_ascii=ASCII_ALONE)


def cause(error):
    """The cause as X-Ray's header has it."""
    fault = isinstance(error, Fault)
    frames = [] if fault else _frames(error)
    stack = [{"label": frame.name, "path": frame.filename, "line": frame.lineno} for frame in frames]
    described = {
        "message": error.message if fault else str(error),
        "type": "LambdaValidationError" if fault else type(error).__name__,
        "stack": stack,
    }
    return json.dumps(
        {
            "working_directory": os.getcwd(),
            "exceptions": [described],
            "paths": sorted({entry["path"] for entry in stack}),
        }
    )


def _frames(error):
    """The frames below this runtime's own."""
    frames = list(traceback.extract_tb(error.__traceback__))
    while len(frames) > 1 and os.path.dirname(frames[0].filename) == HERE:
        del frames[0]
    return frames
