"""What SAM makes of a template, or parts of that, as YAML: `expand.py TEMPLATE [PART…]`.

Without arguments it reads a JSON list of {"text", "parts"} from standard input, and writes a JSON list of texts in the same order. A part is a resource's
logical id, and after it the keys that lead to what is shown, each after a dot. `*` at the end of a logical id stands for the hash there.
A template that SAM has not to transform is shown as it is written.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Dict, List

import yaml
from translator import NoManagedPolicies, place_code, transform, yaml_parse

HASHED = re.compile(r"\b([A-Za-z]+(?:Version|Deployment))[0-9a-f]{10}\b")


class Dumper(yaml.SafeDumper):
    """Writes what is equal twice, rather than once and an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def expand(text: str) -> Dict[str, Any]:
    template = yaml_parse(text)
    if "Transform" in template:
        place_code(template)
        values = {name: declared["Default"] for name, declared in template.get("Parameters", {}).items() if "Default" in declared}
        template = transform(template, values, NoManagedPolicies())
    # Through text: plain types only.
    return json.loads(json.dumps(template))


def find(resources: Dict[str, Any], wanted: str) -> str:
    """The logical id, of which a hash at its end is not known."""
    named = re.compile(re.escape(wanted[:-1]) + "[0-9A-Fa-f]{10,}" if wanted.endswith("*") else re.escape(wanted))
    found = [logical_id for logical_id in resources if named.fullmatch(logical_id)]
    if len(found) != 1:
        sys.exit(f"{wanted}: {len(found)} resources of the template have this name")
    return found[0]


def shown(resources: Dict[str, Any], part: str) -> Dict[str, Any]:
    wanted, *keys = part.split(".")
    value = resources[find(resources, wanted)]
    for key in keys:
        value = value[key]
    for key in reversed(keys):
        value = {key: value}
    return {wanted: value}


def merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {**one, **{key: merged(one.get(key), value) for key, value in other.items()}}


def parts(text: str, wanted: List[str]) -> str:
    document: Dict[str, Any] = expand(text)
    if wanted:
        resources, document = document["Resources"], {}
    for part in wanted:
        document = merged(document, shown(resources, part))
    written = yaml.dump(document, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    return HASHED.sub(r"\1*", written)


def main() -> None:
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as template:
            print(parts(template.read(), sys.argv[2:]), end="")
        return
    questions = json.load(sys.stdin)
    json.dump([parts(question["text"], question["parts"]) for question in questions], sys.stdout)


if __name__ == "__main__":
    main()
