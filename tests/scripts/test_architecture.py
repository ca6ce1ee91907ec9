"""That nothing is deployed for another processor than it is built for: what is built, what sam will deploy, and what comes of the two."""

from __future__ import annotations

import pathlib
import sys
import tempfile
import unittest
from typing import Any, Sequence

from test_scripts import NO_STACK
from workplace import ROOT, Workplace

sys.path.insert(0, str(ROOT / "scripts"))

import architecture  # noqa: E402  (in the folder that was just added)

X86_64, AARCH64, RISC_V = 62, 183, 243
TOLD = ("--parameter-overrides", "Architecture=arm64")
COMMANDS = (("deploy",), ("change-set", "create"))
ASKED = ["aws", "cloudformation", "describe-stacks", "--stack-name"]


class ADeployment(unittest.TestCase):
    def ended(self, place: Workplace, command: Sequence[str], *options: str, **environment: str) -> Any:
        place.sam(prints="No changes to deploy. Stack contacts is up to date\n")
        return place.run(*command, *options, **environment)

    def assert_refused(self, ended: Any, *said: str) -> None:
        self.assertEqual(ended.code, 2, ended.stderr)
        for text in said:
            self.assertIn(text, ended.stderr)
        self.assertEqual((ended.stdout, ended.called("sam")), ("", []))

    def test_is_refused_where_the_stack_keeps_another_processor_than_the_build_has(self) -> None:
        for command in COMMANDS:
            for machine, kept, built in ((X86_64, "arm64", "x86_64"), (AARCH64, "x86_64", "arm64")):
                with self.subTest(command=command, kept=kept), Workplace() as place:
                    place.built(machine)
                    place.stack(DeploymentPreference="AllAtOnce", Architecture=kept)
                    ended = self.ended(place, command, ENV="staging")
                    self.assert_refused(ended, f"built for {built}, and would be deployed with Architecture={kept}", "[staging.deploy.parameters]")
                    self.assertEqual(ended.calls[0][:5], [*ASKED, "contacts-staging"])
                    place.built(AARCH64 if kept == "arm64" else X86_64)
                    self.assertEqual(self.ended(place, command).code, 0)

    def test_is_refused_where_an_option_or_the_environment_names_another_and_the_stack_is_not_asked(self) -> None:
        for command in COMMANDS:
            with self.subTest(command=command), Workplace() as place:
                self.assert_refused(self.ended(place, command, *TOLD), "Architecture=arm64")
                config = place.root / "samconfig.toml"
                config.write_text(config.read_text().replace('["DeploymentPreference=AllAtOnce"', '["Architecture=arm64"'))
                self.assert_refused(self.ended(place, command, ENV="dev"), "Architecture=arm64", "[dev.deploy.parameters]")
                place.built(AARCH64)
                ended = self.ended(place, command, ENV="dev")
                self.assertEqual((ended.code, ended.called("aws", "cloudformation")), (0, []))

    def test_has_the_templates_default_where_there_is_no_stack_or_one_that_was_never_created_or_one_from_before_the_parameter(self) -> None:
        for machine, code in ((X86_64, 0), (AARCH64, 2)):
            with self.subTest(machine=machine), Workplace() as place:
                place.built(machine)
                place.answer("cloudformation", "describe-stacks", NO_STACK)
                self.assertEqual(self.ended(place, ("deploy",)).code, code)
                place.stack(status="REVIEW_IN_PROGRESS", Architecture="arm64")
                self.assertEqual(self.ended(place, ("deploy",)).code, code)
                place.stack(DeploymentPreference="AllAtOnce")
                self.assertEqual(self.ended(place, ("deploy",)).code, code)

    def test_is_not_tried_where_the_stack_cannot_be_asked(self) -> None:
        with Workplace() as place:
            place.answer("cloudformation", "describe-stacks", "Unable to locate credentials")
            ended = self.ended(place, ("deploy",))
            self.assertEqual((ended.code, ended.called("sam")), (1, []))
            self.assertIn("AWS_PROFILE", ended.stderr)
        with Workplace(aws=False) as place:
            self.assert_refused(self.ended(place, ("deploy",)), "docs.aws.amazon.com/cli")

    def test_by_the_guide_has_what_the_guide_offers_whatever_the_stack_has(self) -> None:
        with Workplace() as place:
            ended = self.ended(place, ("deploy",), "--guided")
            self.assertEqual((ended.code, ended.called("aws", "cloudformation")), (0, []), ended.stderr)
            self.assertIn('built for x86_64: that is the answer to "Parameter Architecture"', ended.stderr)
            self.assert_refused(self.ended(place, ("deploy",), "--guided", *TOLD), "Architecture=arm64")
            place.built(AARCH64)
            self.assert_refused(self.ended(place, ("deploy",), "--guided"), "Architecture=x86_64")

    def test_is_refused_where_nothing_is_built_or_each_for_another_or_for_no_processor_of_lambda(self) -> None:
        with Workplace(aws=False) as place:
            place.built(AARCH64, ["HookGuard"])
            self.assert_refused(self.ended(place, ("deploy",), *TOLD), "different processors: Contacts for x86_64, HookGuard for arm64")
            place.built(RISC_V)
            self.assert_refused(self.ended(place, ("deploy",), *TOLD), "built for another processor (243)")
            (place.root / ".aws-sam/build/Contacts/bootstrap").write_text("#!/bin/sh\necho not a binary\n")
            self.assert_refused(self.ended(place, ("deploy",), *TOLD), "Contacts/bootstrap is no program for Linux")
            for binary in (place.root / ".aws-sam/build").glob("*/bootstrap"):
                binary.unlink()
            self.assert_refused(self.ended(place, ("deploy",), *TOLD), "make sam-build")


class WhatSamIsTold(unittest.TestCase):
    def told(self, config: str, *options: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "samconfig.toml")
            path.write_text(config)
            return architecture.told(path, "dev", ROOT / "template.yaml", options)

    def test_is_found_in_every_form_that_sam_takes_in_samconfig(self) -> None:
        for value in (
            '"Architecture=arm64"',
            '"A=\\"b\\" Architecture=\\"arm64\\" C=\\"d\\""',
            '["A=b", "Architecture=arm64"]',
            '[\n  "A=b",\n  "Architecture=arm64",\n]',
            "['ParameterKey=Architecture,ParameterValue=arm64']",
            '{A = "b", Architecture = "arm64"}',
        ):
            with self.subTest(value):
                before = '[prod.deploy.parameters]\nparameter_overrides = "Architecture=x86_64"\n'
                after = 'tags = "Architecture=x86_64"\n[dev.build.parameters]\nparameter_overrides = "Architecture=x86_64"\n'
                self.assertEqual(self.told(f"{before}[dev.deploy.parameters]\n# why\nparameter_overrides = {value}\n{after}"), "arm64")
                self.assertEqual(self.told(f"{before}[dev.global.parameters]\nparameter_overrides = {value}\n{after}"), "arm64")

    def test_is_found_in_every_form_that_sam_takes_as_an_option(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("A: b\nArchitecture: arm64\n")
            file.flush()
            for options in (
                ("--parameter-overrides", "A=b", "Architecture=arm64"),
                ("--parameter-overrides", "A=b Architecture=arm64", "--tags", "Architecture=x86_64"),
                ("--parameter-overrides=Architecture=arm64", "A=b"),
                ("--parameter-overrides", "ParameterKey=Architecture,ParameterValue=arm64"),
                ("--parameter-overrides", "Architecture=x86_64", "--parameter-overrides", "Architecture=arm64"),
                ("--parameter-overrides", f"file://{file.name}"),
            ):
                with self.subTest(options):
                    self.assertEqual(self.told("", *options), "arm64")

    def test_is_found_in_a_file_that_samconfig_names(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"A": "b", "Architecture": "arm64"}')
            file.flush()
            self.assertEqual(self.told(f'[dev.deploy.parameters]\nparameter_overrides = ["file://{file.name}"]\n'), "arm64")
        self.assertEqual(self.told('[dev.deploy.parameters]\nparameter_overrides = "file://nowhere.json"\n'), "")

    def test_is_nothing_of_samconfigs_where_an_option_gives_other_parameters(self) -> None:
        config = '[dev.deploy.parameters]\nparameter_overrides = "Architecture=arm64"\n'
        self.assertEqual(self.told(config, "--parameter-overrides", "A=b"), "")
        self.assertEqual(self.told(config, "--tags", "A=b"), "arm64")

    def test_is_nothing_where_neither_says_it(self) -> None:
        self.assertEqual(self.told('[dev.deploy.parameters]\n# parameter_overrides = "Architecture=arm64"\nparameter_overrides = ["A=b"]\n'), "")


if __name__ == "__main__":
    unittest.main()
