"""Holds calls of the AWS CLI, and prepared answers, to the API models of the services, as botocore ships them."""

from __future__ import annotations

import functools
from typing import Any, Dict, List

import botocore.loaders
import botocore.model
import botocore.validate
from botocore import xform_name

# The CLI's own name for a service.
NAMES = {"deploy": "codedeploy"}
# Options of the CLI that belong to no service.
OF_THE_CLI = ("query", "output", "no-paginate", "max-items", "region", "profile")


class Unlike(AssertionError):
    """The model has it otherwise."""


@functools.lru_cache(maxsize=None)
def operation(service: str, name: str) -> botocore.model.OperationModel:
    """An operation by the CLI's name for it."""
    loaded = botocore.loaders.Loader().load_service_model(NAMES.get(service, service), "service-2")
    model = botocore.model.ServiceModel(loaded)
    for found in model.operation_names:
        if xform_name(found, "-") == name:
            return model.operation_model(found)
    raise Unlike(f"{service} has no operation {name}")


def check_call(words: List[str]) -> None:
    """Fails unless the service has the operation, it takes these options, and none that it requires is missing."""
    _, service, name, *rest = words
    shape = operation(service, name).input_shape
    members = {xform_name(member, "-"): member for member in shape.members}
    parameters = {}
    for option, values in parse(rest).items():
        if option in OF_THE_CLI:
            continue
        if option not in members:
            raise Unlike(f"{service} {name} takes no --{option}")
        parameters[members[option]] = typed(values, shape.members[members[option]], option)
    check(parameters, shape)


def check_answer(service: str, name: str, answer: Any) -> None:
    """Fails unless the operation may answer so."""
    shape = operation(service, name).output_shape
    if shape is not None:
        check(answer, shape)


def parse(words: List[str]) -> Dict[str, List[str]]:
    """Options by their names, each with its values."""
    options: Dict[str, List[str]] = {}
    values = None
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word[2:], [])
        elif values is None:
            raise Unlike(f"{word} belongs to no option")
        else:
            values.append(word)
    return options


def typed(values: List[str], shape: botocore.model.Shape, option: str) -> Any:
    """A parameter's value as the API takes it."""
    if shape.type_name == "boolean" and not values:
        return True
    if shape.type_name == "list":
        return [typed([value], shape.member, option) for value in values]
    if len(values) != 1:
        raise Unlike(f"--{option} takes one value, not {values}")
    if getattr(shape, "enum", None) and values[0] not in shape.enum:
        raise Unlike(f"--{option} may be one of {shape.enum}, not {values[0]}")
    return int(values[0]) if shape.type_name in ("integer", "long") else values[0]


def check(value: Any, shape: botocore.model.Shape) -> None:
    """Fails unless the model knows every member, and finds nothing missing and nothing of a wrong type."""
    no_unknown(value, shape)
    report = botocore.validate.ParamValidator().validate(value, shape)
    if report.has_errors():
        raise Unlike(f"{shape.name}: {report.generate_report()}")


def no_unknown(value: Any, shape: botocore.model.Shape) -> None:
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                raise Unlike(f"{shape.name} has no member {name}")
            no_unknown(member, shape.members[name])
    elif shape.type_name == "list":
        for member in value:
            no_unknown(member, shape.member)
