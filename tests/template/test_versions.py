"""What SAM's translator names a version after, held against what Lambda puts into one.

The two differ, and an update falls between them: where SAM asks for a version and nothing of a version has changed, Lambda makes none, and
the update fails.
"""

from __future__ import annotations

import copy
import unittest
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import botocore.loaders
import botocore.model
import template
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from mutations.mutation import properties
from names import FUNCTION
from rules.versions import NO_CONTENT, content
from samtranslator.model.sam_resources import SamFunction
from template import Template
from test_stack import READ_BY_SAM, another_value

# Properties of AWS::Lambda::Function that Lambda's FunctionConfiguration has under another name, or as what it makes of them.
RENAMED = {"Code": "CodeSha256", "ImageConfig": "ImageConfigResponse", "KmsKeyArn": "KMSKeyArn"}

# Properties that say what SAM hashes. Another value names the version otherwise, whatever is in it: it goes out with a change of the code.
OF_THE_HASH = ("AutoPublishAliasAllProperties",)

# A value of each property that is no part of a version, for a function that does not have it.
ADDED = {
    "Tags": {"service": "contacts"},
    "ReservedConcurrentExecutions": 50,
    "RecursiveLoop": "Allow",
    "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0",
    "RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"},
    "PublishToLatestPublished": True,
}


class Version(NamedTuple):
    """A version as CloudFormation is asked for it."""

    logical_id: str
    content: Dict[str, Any]


def version(expanded: Template) -> Version:
    """The version of the API's function."""
    (logical_id,) = [name for name, resource in expanded["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"]
    return Version(logical_id, content(expanded["Resources"][FUNCTION]["Properties"]))


def leaves(value: Any, path: Tuple[Any, ...] = ()) -> Iterator[Tuple[Tuple[Any, ...], Any]]:
    """Every value that is written out, with where it is. Of a condition both sides; the name in a reference is no value."""
    if isinstance(value, dict):
        if set(value) == {"Fn::If"}:
            for place in (1, 2):
                yield from leaves(value["Fn::If"][place], (*path, "Fn::If", place))
        elif not any(key == "Ref" or key.startswith("Fn::") for key in value):
            for key, item in value.items():
                yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path, value


def another(value: Any) -> Any:
    """A value of the same type that is not this one."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"


def edits() -> Iterator[Tuple[str, Callable[[Template], None]]]:
    """Every edit of one value that the API's function has, its own or by Globals; but of where its code is, which `sam package` writes."""
    written = template.load()
    for of, found in (
        (("Resources", FUNCTION, "Properties"), properties(written, FUNCTION)),
        (("Globals", "Function"), written["Globals"]["Function"]),
    ):
        for path, value in leaves(found, of):
            if path[-1] != "CodeUri":
                yield "/".join(map(str, path)), lambda t, path=path, value=value: put(t, path, another(value))


def put(into: Any, path: Tuple[Any, ...], value: Any) -> None:
    """Sets the value at a path."""
    for key in path[:-1]:
        into = into[key]
    into[path[-1]] = value


class TheVersion(unittest.TestCase):
    """Of the API's function."""

    def setUp(self) -> None:
        self.before = version(template.transform(template.load()))

    def test_is_asked_for_by_an_edit_of_what_is_in_it_and_by_no_other(self) -> None:
        made: List[str] = []
        for name, edit in edits():
            edited = copy.deepcopy(template.load())
            edit(edited)
            try:
                after = version(template.transform(edited))
            except ValueError:
                # SAM refuses an event of a type that there is not, and an update is none.
                self.assertTrue(name.endswith("/Type"), name)
                continue
            news = after.content != self.before.content
            with self.subTest(name):
                self.assertEqual(after.logical_id != self.before.logical_id, news or name.endswith(OF_THE_HASH))
            if news:
                made.append(name.split("/", 1)[1])
        # Neither side of the comparison is empty.
        self.assertIn("Contacts/Properties/Timeout", made)
        self.assertIn("Function/MemorySize", made)
        self.assertNotIn("Contacts/Properties/Policies/0/Statement/0/Action/0", made)

    def test_is_asked_for_by_no_new_value_of_a_parameter(self) -> None:
        for name, declared in template.load()["Parameters"].items():
            values = READ_BY_SAM.get(name) or [another_value(name, declared)]
            for value in values:
                with self.subTest(name, value=value):
                    self.assertEqual(version(template.transform(template.load(), {name: value})), self.before)

    def test_is_asked_for_by_another_bucket_or_prefix_of_the_same_code(self) -> None:
        """Nothing in a template can keep it from that: `make deploy` says so where a bucket or a prefix is named."""
        bucket, prefix, digest = template.CODE[len("s3://") :].split("/")
        for code in (f"s3://other/{prefix}/{digest}", f"s3://{bucket}/other/{digest}", f"s3://{bucket}/{digest}"):
            self.assertNotEqual(version(template.transform(template.load(), code=code)).logical_id, self.before.logical_id)


class WhatIsNoPartOfAVersion(unittest.TestCase):
    """The list that a rule goes by."""

    def test_is_every_property_that_lambda_does_not_answer_with_when_it_publishes_one(self) -> None:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Lambda::Function").schema
        read_only = {pointer.split("/")[2] for pointer in schema["readOnlyProperties"]}
        model = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("lambda", "service-2"))
        answered = set(model.operation_model("PublishVersion").output_shape.members)
        left = {name for name in schema["properties"] if RENAMED.get(name, name) not in answered} - read_only
        self.assertEqual(left, set(NO_CONTENT))

    def test_names_the_version_all_the_same_so_the_template_must_not_have_it(self) -> None:
        before = version(template.transform(template.load()))
        # SAM takes a scaling configuration with a capacity provider alone, whose versions it names by the same hash.
        self.assertEqual(set(NO_CONTENT) - set(ADDED), {"FunctionScalingConfig"})
        for name, value in ADDED.items():
            self.assertIn(name, SamFunction.property_types)
            added = copy.deepcopy(template.load())
            properties(added, FUNCTION)[name] = value
            after = version(template.transform(added))
            with self.subTest(name):
                self.assertEqual(after.content, before.content)
                self.assertNotEqual(after.logical_id, before.logical_id)


if __name__ == "__main__":
    unittest.main()
