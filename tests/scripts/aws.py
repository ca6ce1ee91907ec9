"""Stands in for the AWS CLI: takes down how it was called and answers from files.

It is as strict as the real one: a call must be one that the service's API model has, with parameters that it takes and no required one
missing; an answer must have the shape that the model gives it; and `--query` is applied to it. The models are botocore's.

Beside it: `calls`, where each call goes as a line of JSON, and `answers/SERVICE/OPERATION.json`, a list of answers, of which the last is
given again and again. An answer is {"answer": {…}} or {"error": "what the CLI prints"}.
"""

import json
import pathlib
import sys

import botocore.loaders
import botocore.model
import botocore.validate
import jmespath
from botocore import xform_name

HERE = pathlib.Path(__file__).resolve().parent
# The CLI's own name for a service's model.
MODELS = {"deploy": "codedeploy"}


def main():
    arguments = sys.argv[1:]
    with open(HERE / "calls", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(["aws", *arguments]) + "\n")
    service, operation, *rest = arguments
    if service == "configure":
        return answer_plainly(service, operation)
    options = parse(rest)
    query = options.pop("query", [None])[0]
    output = options.pop("output", ["json"])[0]
    options.pop("no-paginate", None)
    shape = call(service, operation, options)
    answer = next_answer(service, operation)
    if "error" in answer:
        print(answer["error"], file=sys.stderr)
        return 254
    check(answer["answer"], shape.output_shape)
    found = answer["answer"] if query is None else jmespath.search(query, answer["answer"])
    print(text(found) if output == "text" else json.dumps(found))
    return 0


def parse(words):
    """Options by their names, each with its values."""
    options = {}
    values = None
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word[2:], [])
        elif values is None:
            sys.exit(f"fake aws: {word} belongs to no option")
        else:
            values.append(word)
    return options


def call(service, operation, options):
    """The operation, once its parameters are seen to be such as it takes."""
    loaded = botocore.loaders.Loader().load_service_model(MODELS.get(service, service), "service-2")
    model = botocore.model.ServiceModel(loaded)
    name = next((name for name in model.operation_names if xform_name(name, "-") == operation), None)
    if name is None:
        sys.exit(f"fake aws: {service} has no operation {operation}")
    found = model.operation_model(name)
    members = {xform_name(member, "-"): member for member in found.input_shape.members}
    parameters = {}
    for option, values in options.items():
        if option not in members:
            sys.exit(f"fake aws: {service} {operation} takes no --{option}")
        parameters[members[option]] = typed(values, found.input_shape.members[members[option]], option)
    check(parameters, found.input_shape)
    return found


def typed(values, shape, option):
    """A parameter's value as the API takes it."""
    if shape.type_name == "boolean" and not values:
        return True
    if shape.type_name == "list":
        return [typed([value], shape.member, option) for value in values]
    if len(values) != 1:
        sys.exit(f"fake aws: --{option} takes one value, not {values}")
    if shape.enum and values[0] not in shape.enum:
        sys.exit(f"fake aws: --{option} may be one of {shape.enum}, not {values[0]}")
    return int(values[0]) if shape.type_name in ("integer", "long") else values[0]


def check(value, shape):
    """Ends unless the model knows every member and finds nothing missing or of a wrong type."""
    unknown(value, shape)
    report = botocore.validate.ParamValidator().validate(value, shape)
    if report.has_errors():
        sys.exit(f"fake aws: {shape.name}: {report.generate_report()}")


def unknown(value, shape):
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                sys.exit(f"fake aws: {shape.name} has no member {name}")
            unknown(member, shape.members[name])
    elif shape.type_name == "list":
        for member in value:
            unknown(member, shape.member)


def next_answer(service, operation):
    path = HERE / "answers" / service / f"{operation}.json"
    if not path.is_file():
        sys.exit(f"fake aws: no answer is prepared for {service} {operation}")
    answers = json.loads(path.read_text(encoding="utf-8"))
    if len(answers) > 1:
        path.write_text(json.dumps(answers[1:]), encoding="utf-8")
    return answers[0]


def text(found):
    """As `--output text` writes it: a line a row, its cells with tabs between them, None for nothing."""
    if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        return "\n".join("\t".join(cell(value) for value in row) for row in found)
    if isinstance(found, list):
        return "\t".join(cell(value) for value in found)
    return cell(found)


def cell(value):
    return "None" if value is None else str(value)


def answer_plainly(service, operation):
    """For `aws configure`, which calls no API: the answer is what it prints."""
    answer = next_answer(service, operation)
    if "error" in answer:
        print(answer["error"], file=sys.stderr)
        return 255
    print(answer["answer"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
