"""Reads the template, has SAM expand it and cfn-lint judge the result, all without an AWS account or a network."""

from __future__ import annotations

import copy
import json
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional

# SAM derives the partition from the region, and asks boto3 for it.
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from cfnlint.api import lint as cfn_lint  # noqa: E402
from cfnlint.config import ManualArgs  # noqa: E402
from samcli.yamlhelper import yaml_dump  # noqa: E402
from samtranslator.public.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.arn_generator import ArnGenerator  # noqa: E402
from samtranslator.translator.transform import transform as sam_transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

logging.getLogger("samtranslator").setLevel(logging.ERROR)

Template = Dict[str, Any]

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

# What cfn-lint says of the expanded template that is no fault, each with its reason.
IGNORED = {
    "W2001": "SAM writes the values of DeploymentPreference and ApiAuthorization into what it expands: nothing refers to them any more",
}


class NoManagedPolicies:
    """Stands in for the list of managed policies, which SAM reads from IAM. The template names none that SAM would look up."""

    def load(self) -> Dict[str, str]:
        return {}


def load() -> Template:
    """The template as it is written, short tags in their long form."""
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


# Where `sam package` puts a function's code: bucket, prefix, and a hash of what is in it.
CODE = "s3://bucket/prefix/0123456789abcdef0123456789abcdef"


def functions(template: Template) -> List[str]:
    """The logical ids of the functions in a template that SAM has not expanded."""
    return [name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::Serverless::Function"]


def packaged(template: Template, code: str = CODE) -> str:
    """The text that `sam package` makes of a template that `sam build` has built: what is uploaded, or sent as a template's body."""
    template = copy.deepcopy(template)
    for name in functions(template):
        template["Resources"][name]["Properties"]["CodeUri"] = code
        template["Resources"][name]["Metadata"]["SamResourceId"] = name
    return yaml_dump(template)


def transform(
    template: Template, parameters: Optional[Dict[str, str]] = None, *, code: str = CODE, region: Optional[str] = None
) -> Template:
    """What CloudFormation gets of `template`: SAM's expansion for its default parameters and `parameters` over them, in a Region.

    Raises `ValueError` with SAM's reasons where SAM refuses the template.
    """
    template = copy.deepcopy(template)
    for name in functions(template):
        # SAM refuses a folder.
        template["Resources"][name]["Properties"]["CodeUri"] = code
    values = {name: str(declared["Default"]) for name, declared in template["Parameters"].items()}
    values.update(parameters or {})
    ArnGenerator.BOTO_SESSION_REGION_NAME = region
    try:
        expanded = sam_transform(template, values, NoManagedPolicies())
    except InvalidDocumentException as refusal:
        raise ValueError("; ".join(cause.message for cause in refusal.causes)) from refusal
    # Through text, as CloudFormation gets it: plain types only, and nothing shared.
    return json.loads(json.dumps(expanded))


def lint(expanded: Template, region: str = "us-east-1") -> List[str]:
    """cfn-lint's findings on an expanded template, but for those of `IGNORED`: `E3004 Resources/…: …`."""
    settings = ManualArgs(regions=[region], ignore_checks=list(IGNORED))
    return [
        f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}"
        for match in cfn_lint(json.dumps(expanded), config=settings)
    ]


def lint_all(expanded: List[Template]) -> List[List[str]]:
    """`lint` of several templates, on all processors: each takes about a second."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(lint, expanded))
