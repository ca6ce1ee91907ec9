"""Events and answers. Lambda's runtime uses simplejson, which writes decimals as numbers and named tuples as objects."""

import decimal
import json
import math
import os

from .errors import ASCII_ALONE, Fault


def from_request(body, content_type):
    if content_type != "application/json":
        return body
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}")


def to_response(answer):
    if isinstance(answer, bytes):
        return answer, "application/unknown"
    try:
        return encode(answer), "application/json"
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}")


def encode(value):
    numbers = []

    def default(value):
        if isinstance(value, decimal.Decimal):
            if value.is_nan():
                return math.nan
            # JSON's encoder knows no raw text, so its place is held by text that stands in no answer.
            numbers.append(str(value))
            return f"{MARK}{len(numbers) - 1}{MARK}"
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    text = json.dumps(_plain(value, ()), default=default, ensure_ascii=ASCII_ALONE)
    for place, number in enumerate(numbers):
        text = text.replace(f'"{MARK}{place}{MARK}"', number, 1)
    return text


MARK = f"decimal:{os.urandom(16).hex()}:"


def _plain(value, above):
    """Named tuples as objects, bytes as text."""
    if isinstance(value, (dict, list, tuple)):
        if id(value) in above:
            raise ValueError("Circular reference detected")
        above = above + (id(value),)
        if isinstance(value, dict):
            return {_key(key): _plain(item, above) for key, item in value.items()}
        if isinstance(value, tuple) and callable(getattr(value, "_asdict", None)):
            return {key: _plain(item, above) for key, item in value._asdict().items()}
        return [_plain(item, above) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if not isinstance(value, (str, int, float)) and callable(getattr(value, "_asdict", None)):
        return _plain(value._asdict(), above)
    return value


def _key(key):
    if isinstance(key, bytes):
        return key.decode("utf-8")
    if key is None or isinstance(key, (str, int, float)):
        return key
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
