"""Writes the table of the properties that SAM's own resource types and events have, as its translator has them, which alone decides what is
refused; the one of its policy templates; and the names in SAM's own JSON schema, which has more words and fewer types.

Answers one question, of any content, with `version`, `table` (the file `rehearsal/template/src/sam/property_table.rs`), `policies` (the
file `policy_table.rs` beside it), `managed` (`../lint/managed_policies.txt`), `services` (those of which a policy template allows an action) and `schema` (names by type).
`tests/oracle` holds the files to it: UPDATE_PROPERTIES=1 writes them.
"""

from __future__ import annotations

import json
import sys
import textwrap
from importlib.metadata import version
from typing import Any, Dict, Iterator, List, Tuple

from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.internal.schema_source import schema
from samtranslator.model import sam_resources
from samtranslator.policy_template_processor.processor import PolicyTemplatesProcessor

VERSION = version("aws-sam-translator")
PLAIN = {dict: "Map", str: "Text", bool: "Bool", list: "List", int: "Whole"}
HEAD = f"""//! The properties of SAM's own types and of their events, as its translator {VERSION} has them
//! (`model/sam_resources.py`, `model/eventsources`, `model/stepfunctions/events.py`: the `property_types` of each).
//!
//! Written by `tests/oracle/properties.py`: `UPDATE_PROPERTIES=1 cargo test --test oracle properties`

use super::property_kind::Kind::{{
    Any, Bool, List, ListOf, Map, MapOf, OneOf, OneOfTexts, Text, Whole,
}};
use super::property_kind::{{Type, anything, given, required, strict, strictly_required}};

/// Each type by its name; an event's has its owner's before it. What is checked alike stands in one row.
#[rustfmt::skip]
pub(super) const TYPES: [Type; COUNT] = [
"""


HEAD_OF_POLICIES = f"""//! SAM's policy templates with their parameters, as its translator {VERSION} has them (`policy_templates_data/policy_templates.json`).
//!
//! Written by `tests/oracle/properties.py`: `UPDATE_PROPERTIES=1 cargo test --test oracle properties`

/// Each template by its name, with the names of its parameters, of which none may be missing.
#[rustfmt::skip]
pub(super) const TEMPLATES: [(&str, &[&str]); COUNT] = [
"""


PARTITIONS = ("aws", "aws-cn", "aws-eusc", "aws-us-gov")
HEAD_OF_MANAGED = f"AWS's managed policies, as SAM's translator {VERSION} has them (internal/data/aws_managed_policies.json); tests/oracle/properties.py writes it"


def inside(validator: Any) -> Dict[str, Any]:
    """What a validator was made with, by name."""
    names = validator.__code__.co_freevars
    return {name: cell.cell_contents for name, cell in zip(names, validator.__closure__ or ())}


def kind(validator: Any) -> str:
    if isinstance(validator, type):
        return PLAIN[validator]
    made_by = validator.__qualname__.split(".")[0]
    parts = inside(validator)
    if made_by == "any_type":
        return "Any"
    if made_by == "is_type":
        return PLAIN[parts["valid_type"]]
    if made_by == "list_of":
        return f"ListOf(&{kind(parts['validate_item'])})"
    if made_by == "dict_of":
        # The keys are texts in every template.
        return f"MapOf(&{kind(parts['validate_item'])})"
    if made_by == "one_of":
        return f"OneOf(&[{', '.join(kind(part) for part in parts['validators'])}])"
    if made_by == "IS_STR_ENUM":
        values = ", ".join(f'"{value}"' for value in parts["valid_values"])
        return f"OneOfTexts(&[{values}])"
    raise ValueError(f"no kind for {made_by}")


def check(declared: Any) -> str:
    """What makes a property as the translator checks it, up to its name."""
    of = kind(declared.validate)
    if of == "Any" and not declared.required:
        return "anything("
    made = {
        (False, True): "given",
        (True, True): "required",
        (False, False): "strict",
        (True, False): "strictly_required",
    }[declared.required, declared.supports_intrinsics]
    return f"{made}({of}, "


def rows(declared: Dict[str, Any]) -> Iterator[str]:
    """A row for all properties that are checked alike, in lines of 140 characters."""
    alike: Dict[str, List[str]] = {}
    for name, of in sorted(declared.items()):
        alike.setdefault(check(of), []).append(name)
    for made, names in sorted(alike.items()):
        quoted = ", ".join(f'"{name}"' for name in names)
        yield textwrap.fill(f"{made}&[{quoted}]),", 140, initial_indent=" " * 8, subsequent_indent=" " * 12) + "\n"


def resolver(owner: Any) -> Iterator[Tuple[str, Any]]:
    name = owner.resource_type.split("::")[-1]
    named = {event: of for event, of in owner.event_resolver.resource_types.items() if event is not None}
    for event, of in sorted(named.items()):
        yield f"{name} {event}", of


def resources() -> List[Any]:
    found = vars(sam_resources).values()
    own = [one for one in found if isinstance(one, type) and str(getattr(one, "resource_type", "")).startswith("AWS::Serverless::")]
    return sorted(own, key=lambda one: one.resource_type)


def table() -> str:
    types_of = [(one.resource_type, one) for one in resources()]
    for one in resources():
        if hasattr(one, "event_resolver"):
            types_of.extend(resolver(one))
    lines = [HEAD.replace("COUNT", str(len(types_of)))]
    for name, of in types_of:
        # Where SAM sets what it does not know, a property that is not declared is no error.
        is_open = str(not of.validate_setattr).lower()
        lines.append(f'    Type {{ name: "{name}", is_open: {is_open}, properties: &[\n')
        lines.extend(rows(of.property_types))
        lines.append("    ] },\n")
    lines.append("];\n")
    return "".join(lines)


def of_schema() -> Dict[str, List[str]]:
    """The properties of each resource type in SAM's JSON schema."""
    definitions = schema.Model.schema()["definitions"]
    found = {}
    for definition in definitions.values():
        kinds = definition.get("properties", {}).get("Type", {}).get("enum", [])
        properties = definition.get("properties", {}).get("Properties")
        if not properties or not kinds or not kinds[0].startswith("AWS::Serverless::"):
            continue
        references = [properties, *properties.get("allOf", []), *properties.get("anyOf", [])]
        for reference in references:
            if "$ref" in reference:
                name = reference["$ref"].rsplit("/", 1)[-1]
                found.setdefault(kinds[0], []).extend(definitions[name].get("properties", {}))
    return found


def policy_templates() -> Dict[str, Any]:
    return PolicyTemplatesProcessor.get_default_policy_templates_json()["Templates"]


def table_of_policies() -> str:
    templates = policy_templates()
    lines = [HEAD_OF_POLICIES.replace("COUNT", str(len(templates)))]
    for name, template in sorted(templates.items()):
        parameters = ", ".join(f'"{parameter}"' for parameter in sorted(template["Parameters"]))
        lines.append(f'    ("{name}", &[{parameters}]),\n')
    lines.append("];\n")
    return "".join(lines)


def managed_policies() -> str:
    """The names of AWS's managed policies in any partition, a line each."""
    names = sorted({name for partition in PARTITIONS for name in get_bundled_managed_policy_map(partition) or {}})
    return "\n".join([HEAD_OF_MANAGED, *names, ""])


def services() -> List[str]:
    found = set()
    for template in policy_templates().values():
        for statement in template["Definition"]["Statement"]:
            actions = statement["Action"]
            found.update(action.split(":")[0] for action in ([actions] if isinstance(actions, str) else actions))
    return sorted(found)


def main() -> None:
    answer = {"version": VERSION, "table": table(), "policies": table_of_policies(), "managed": managed_policies(), "services": services(), "schema": of_schema()}
    print(json.dumps([answer for _ in json.load(sys.stdin)]))


main()
