"""Standard output and the root logger as Lambda's runtime for Python sets them up."""

import json
import logging
import os
import sys
import time
import traceback

from . import errors

# Of the invocation under way.
request_id = None
tenant_id = None

IS_JSON = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
LEVEL = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(
    os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper(), os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
)
# What begins a line of a traceback in the log: a space that nobody strips.
INDENT = "\u00a0"
TIME = "%Y-%m-%dT%H:%M:%SZ"
# Attributes that every record has; others are a caller's own.
RECORD = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"aws_request_id", "message", "asctime", "tenant_id"}


class Unbuffered:
    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()

    def writelines(self, lines):
        self.stream.writelines(lines)
        self.stream.flush()


class Sink:
    """One event of the log is one line here: line breaks within it are carriage returns."""

    def log(self, message):
        sys.stdout.write(message)


class LambdaLoggerHandler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.log_sink = Sink()

    def emit(self, record):
        message = self.format(record)
        self.log_sink.log(message.rstrip("\n").replace("\n", "\r") + "\n")


class RequestId(logging.Filter):
    def filter(self, record):
        record.aws_request_id = request_id or ""
        return True


class JsonFormatter(logging.Formatter):
    def format(self, record):
        # Levels between Python's own are those below them.
        record.levelno = min(50, max(0, record.levelno)) // 10 * 10
        record.levelname = logging.getLevelName(record.levelno)
        is_object = isinstance(record.msg, dict) and not record.args
        kind, value, trace = record.exc_info or (None, None, None)
        line = {
            "timestamp": time.strftime(TIME, time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.msg if is_object else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if record.exc_info else None,
            "errorType": kind.__name__ if kind else None,
            "errorMessage": str(value) if record.exc_info else None,
            "requestId": record.aws_request_id,
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if record.exc_info else None,
        }
        if tenant_id is not None:
            line["tenantId"] = tenant_id
        line.update({name: value for name, value in vars(record).items() if name not in RECORD and name not in line})
        return json.dumps({name: value for name, value in line.items() if value is not None}, default=str, ensure_ascii=False)


def set_up():
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    handler.setFormatter(
        JsonFormatter()
        if IS_JSON
        else logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
    )
    handler.addFilter(RequestId())
    root = logging.getLogger()
    if isinstance(logging.getLevelName(LEVEL), int):
        root.setLevel(LEVEL)
    root.addHandler(handler)


def error(fault):
    """What Lambda writes of an exception that nobody caught."""
    if IS_JSON:
        line = {"timestamp": time.strftime(TIME, time.gmtime()), "level": "ERROR", **fault}
        sys.stdout.write(errors.to_json(line) + "\n")
        return
    described = ": ".join(part for part in (fault["errorType"], fault["errorMessage"]) if part)
    lines = [f"[ERROR] {described}" if described else "[ERROR]", "Traceback (most recent call last):"]
    for element in fault["stackTrace"]:
        for line in element.splitlines() or [""]:
            bare = line.lstrip(" ")
            lines.append(INDENT * (len(line) - len(bare)) + bare)
    sys.stdout.write("\r".join(line.replace("\n", "\r") for line in lines) + "\n")
