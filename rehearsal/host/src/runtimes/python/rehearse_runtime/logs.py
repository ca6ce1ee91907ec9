"""Standard output and the root logger as Lambda's runtime for Python sets them up."""

import json
import logging
import os
import sys
import time

# Of the invocation under way.
request_id = None

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


class Handler(logging.Handler):
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
        line = {
            "timestamp": time.strftime(TIME, time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            kind, value, _ = record.exc_info
            line["stackTrace"] = self.formatException(record.exc_info).splitlines()
            line["errorType"] = kind.__name__ if kind else None
            line["errorMessage"] = str(value)
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        line.update({name: value for name, value in vars(record).items() if name not in RECORD})
        if record.aws_request_id:
            line["requestId"] = record.aws_request_id
        return json.dumps(line, default=str, ensure_ascii=False)


def set_up():
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    logging.Formatter.converter = time.gmtime
    handler = Handler()
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
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    described = ": ".join(part for part in (fault["errorType"], fault["errorMessage"]) if part)
    lines = [f"[ERROR] {described}" if described else "[ERROR]", "Traceback (most recent call last):"]
    for element in fault["stackTrace"]:
        for line in element.splitlines() or [""]:
            bare = line.lstrip(" ")
            lines.append(INDENT * (len(line) - len(bare)) + bare)
    sys.stdout.write("\r".join(line.replace("\n", "\r") for line in lines) + "\n")
