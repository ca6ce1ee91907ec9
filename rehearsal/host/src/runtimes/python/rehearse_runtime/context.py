"""The handler's second argument."""

import json
import logging
import os
import sys
import time

from .errors import Fault

W3C_FIELDS = ("traceparent", "tracestate", "baggage")


def parse_json_header(text, name):
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}")


class _Record:
    __slots__ = ()

    @classmethod
    def of(cls, values):
        if values is None:
            return None
        record = cls()
        for name in cls.__slots__:
            setattr(record, name, values.get(name))
        return record

    def __repr__(self):
        fields = ",".join(f"{name}={getattr(self, name, None)}" for name in self.__slots__)
        return f"{type(self).__name__}([{fields}])"


class CognitoIdentity(_Record):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Record):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Record):
    __slots__ = ("custom", "env", "client")


class LambdaContext:
    def __init__(self, request_id, client_context, cognito_identity, deadline_ms, invoked_function_arn, tenant_id):
        self.aws_request_id = request_id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = tenant_id
        w3c = client_context.pop("w3c", None) if isinstance(client_context, dict) else None
        w3c = w3c if isinstance(w3c, dict) else {}
        self._w3c = {name: w3c[name] for name in W3C_FIELDS if isinstance(w3c.get(name), str)}
        self.client_context = ClientContext.of(client_context)
        if self.client_context is not None:
            self.client_context.client = Client.of(self.client_context.client)
        cognito = cognito_identity or {}
        self.identity = CognitoIdentity.of(
            {
                "cognito_identity_id": cognito.get("cognitoIdentityId"),
                "cognito_identity_pool_id": cognito.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def w3c(self):
        return dict(self._w3c)

    def log(self, message):
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self):
        names = (
            "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version"
            " invoked_function_arn client_context identity tenant_id"
        ).split()
        fields = ",".join(f"{name}={getattr(self, name)}" for name in names)
        return f"LambdaContext([{fields}])"
