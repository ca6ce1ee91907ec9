"""What `cdk synth` makes of the application: valid templates, with what was built, and a new version when there is something new."""

from __future__ import annotations

import json
import unittest
from typing import List

import differences
import synthesised
import template
from synthesised import X86_64, Synthesised, builds, every_setting, program, synthesise
from template import Template


# Other binaries than those of `builds`: for another processor, and one of another system.
OTHER = {**{binary.replace("-", "_"): program(X86_64) for binary in synthesised.BINARIES}, "hook_guard": b"#!/bin/sh\n"}


def version(made: Template) -> str:
    """The logical id of the version of the API's function: CloudFormation publishes one when it changes."""
    (found,) = (name for name, resource in made["Resources"].items() if resource["Type"] == "AWS::Lambda::Version")
    return found


def architectures(made: Template) -> List[str]:
    """The processors of the functions, each once."""
    functions = (resource for resource in made["Resources"].values() if resource["Type"] == "AWS::Lambda::Function")
    return sorted({processor for function in functions for processor in function["Properties"]["Architectures"]})


def warnings(made: Synthesised) -> List[str]:
    """What CDK warns of in a stack."""
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    told = made.folder / manifest["artifacts"]["EverySetting"]["additionalMetadataFile"]
    entries = [entry for of in json.loads(told.read_text(encoding="utf-8")).values() for entry in of]
    return [entry["data"] for entry in entries if entry["type"] == "aws:cdk:warning"]


class TheTemplates(unittest.TestCase):
    def test_are_valid_for_each_environment_and_each_setting(self) -> None:
        made = [synthesised.made().template(name) for name in ("ContactsDev", "ContactsStaging", "ContactsProd")]
        made.append(every_setting().template("EverySetting"))
        for each, found in zip(made, template.lint_all(made)):
            with self.subTest(each["Description"]):
                self.assertEqual([finding for finding in found if finding.split()[0] not in differences.LINTS], [])

    def test_have_every_function_in_an_asset_with_its_binary(self) -> None:
        resources = synthesised.made().template(synthesised.STACK)["Resources"].values()
        assets = {each["Metadata"]["aws:asset:path"] for each in resources if each["Type"] == "AWS::Lambda::Function"}
        self.assertEqual(len(assets), len(synthesised.BINARIES))
        for asset in assets:
            self.assertEqual([file.name for file in (synthesised.OUT / asset).iterdir()], ["bootstrap"])


class TheVersion(unittest.TestCase):
    """Lambda refuses a second version of the same code and configuration, and CloudFormation fails with it."""

    def test_is_new_with_the_code_and_not_with_what_is_no_part_of_a_version(self) -> None:
        first, same = (every_setting().template(name) for name in ("EverySetting", "SameVersion"))
        changed = every_setting(**OTHER).template("EverySetting")
        # The premise: something of the function does differ.
        functions = [each["Resources"]["Contacts61BDC5DA"]["Properties"] for each in (first, same)]
        self.assertNotEqual(functions[0], functions[1])
        self.assertEqual(version(first), version(same))
        self.assertNotEqual(version(first), version(changed))

    def test_is_the_same_in_every_environment(self) -> None:
        names = ("ContactsDev", "ContactsStaging", "ContactsProd")
        self.assertEqual(len({version(synthesised.made().template(name)) for name in names}), 1)

    def test_is_kept_by_updates_and_deleted_by_the_rollback_of_the_update_that_created_it(self) -> None:
        made = synthesised.made().template(synthesised.STACK)
        kept = made["Resources"][version(made)]
        self.assertEqual((kept["DeletionPolicy"], kept["UpdateReplacePolicy"]), ("RetainExceptOnCreate", "Retain"))


class TheBinaries(unittest.TestCase):
    def test_say_which_processor_the_functions_run_on(self) -> None:
        self.assertEqual(architectures(every_setting().template("EverySetting")), ["arm64"])
        self.assertEqual(architectures(every_setting(**OTHER).template("EverySetting")), ["x86_64"])

    def test_of_another_system_can_be_rehearsed_and_not_deployed_unnoticed(self) -> None:
        self.assertEqual(warnings(every_setting()), [])
        (warning,) = warnings(every_setting(**OTHER))
        self.assertRegex(warning, "/hook-guard/bootstrap does not run on Lambda")

    def test_that_are_not_there_are_named_with_what_builds_them(self) -> None:
        with builds() as folder:
            (folder / "hook-guard" / "bootstrap").unlink()
            with self.assertRaisesRegex(ValueError, r"there is no \S+/hook-guard/bootstrap\. .*make cdk-build.*make cdk-synth"):
                with synthesise("bin/contacts", folder):
                    pass


class ThePackages(unittest.TestCase):
    def test_are_pinned_and_come_from_the_public_registry(self) -> None:
        declared = json.loads((synthesised.APPLICATION / "package.json").read_text(encoding="utf-8"))
        for name, wanted in {**declared["dependencies"], **declared["devDependencies"]}.items():
            self.assertRegex(wanted, r"^\d+\.\d+\.\d+$", name)
        locked = json.loads((synthesised.APPLICATION / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for name, package in locked.items():
            if name and not package.get("inBundle"):
                self.assertRegex(package["resolved"], r"^https://registry\.npmjs\.org/", name)
                self.assertRegex(package["integrity"], r"^sha512-", name)


if __name__ == "__main__":
    unittest.main()
