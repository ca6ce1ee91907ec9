"""What PyYAML makes of texts, as SAM's command reads them: JSON where it is JSON, else PyYAML's SafeLoader.

Reads a JSON list of texts from standard input, and writes a JSON list in the same order of {"value"}, {"error"}, or {"apart"} with the name of a
difference that the reader has on purpose (`differences.rs`).
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict

import yaml

SHORT_TAGS = (
    "And Base64 Cidr Condition Equals FindInMap ForEach GetAtt GetAZs If ImportValue Join Length Not Or Ref Select Split Sub ToJsonString Transform"
).split()
MAX_DEPTH = 64


class Apart(Exception):
    """Something that the reader does otherwise on purpose."""


class Loader(yaml.SafeLoader):
    """SAM's loader, which tells of what the reader refuses on purpose."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Dict[Any, Any]:
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
        mapping: Dict[Any, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.startswith("!"):
                raise yaml.constructor.ConstructorError(None, None, "found unhashable key", key.start_mark)
            mapping[text_of(self, key)] = self.construct_object(value, deep=True)
        return mapping


def text_of(loader: Loader, key: Any) -> str:
    """A key as the reader has it: a boolean and a whole number as SAM writes them, anything else as it is written."""
    if key.tag == "tag:yaml.org,2002:value":
        return str(key.value)
    value = loader.construct_object(key, deep=True)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return str(value)
    return str(key.value)


def whole_number(loader: Loader, node: Any) -> Any:
    """One of more than 64 bits stays as it is written."""
    value = loader.construct_yaml_int(node)
    return value if -(2**63) <= value < 2**64 else node.value


def number(loader: Loader, node: Any) -> Any:
    value = loader.construct_yaml_float(node)
    return value if value == value and abs(value) != float("inf") else node.value


def mapping(loader: Loader, node: Any) -> Any:
    return loader.construct_mapping(node, deep=True)


def short_form(loader: Loader, suffix: str, node: Any) -> Any:
    if suffix not in SHORT_TAGS:
        raise Apart("unknown-tag")
    key = suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt" and "." in value:
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {key: value}


def plain_text(loader: Loader, node: Any) -> Any:
    return loader.construct_scalar(node)


Loader.add_constructor("tag:yaml.org,2002:map", mapping)
Loader.add_constructor("tag:yaml.org,2002:set", mapping)
Loader.add_constructor("tag:yaml.org,2002:int", whole_number)
Loader.add_constructor("tag:yaml.org,2002:float", number)
# SAM's command reads dates as text; bytes are compared as they are written.
Loader.add_constructor("tag:yaml.org,2002:timestamp", plain_text)
Loader.add_constructor("tag:yaml.org,2002:binary", plain_text)
for name in ("omap", "pairs"):
    Loader.add_constructor("tag:yaml.org,2002:" + name, yaml.SafeLoader.yaml_constructors["tag:yaml.org,2002:seq"])
Loader.add_multi_constructor("!", short_form)


def depth(value: Any, above: int = 0) -> int:
    if above > MAX_DEPTH + 8:
        return above
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((depth(child, above + 1) for child in children), default=0)


def read(text: str) -> Dict[str, Any]:
    try:
        try:
            value = json.loads(text) if text.lstrip()[:1] in ("{", "[") else yaml.load(text, Loader)
        except ValueError:
            value = yaml.load(text, Loader)
        if value is None and yaml.compose(text, Loader) is None:
            return {"error": "there is no document"}
        # Through text: what is no value of JSON's, such as a recursive list, is no template's either.
        written = json.loads(json.dumps(value))
    except Apart as apart:
        return {"apart": str(apart)}
    except yaml.YAMLError as error:
        return {"error": str(error)}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, IndexError) as error:
        return {"error": repr(error)}
    if any(0xD800 <= ord(character) < 0xE000 for character in json.dumps(written, ensure_ascii=False)):
        return {"apart": "half-of-a-pair"}
    return {"apart": "too-deep"} if depth(written) > MAX_DEPTH else {"value": written}


def main() -> None:
    json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
