"""`make ping` and `make smoke` up to the program that they run: what it finds in its environment."""

from __future__ import annotations

import unittest
from typing import Any, Dict

from workplace import Ended, Workplace

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:contacts-Contacts-1"
URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"
OUTPUTS = {"ApiUrl": URL, "ApiAuthorization": "AWS_IAM", "Alias": f"{FUNCTION}:live"}
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}


def variables(ended: Ended) -> Dict[str, str]:
    """What `env` printed, which is run in the program's place."""
    return dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line and not line.startswith("==>"))


class TheProgram(unittest.TestCase):
    def called(self, *arguments: str, alias: Any = None, **environment: str) -> Ended:
        with Workplace() as place:
            place.stack(OUTPUTS)
            place.plainly("export-credentials", "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=secret\nAWS_CREDENTIAL_EXPIRATION=2026-01-01T00:00:00+00:00")
            if alias:
                place.answer("lambda", "get-alias", alias)
            return place.run("call", *arguments, **environment)

    def test_finds_the_stacks_api_and_credentials_to_sign_with(self) -> None:
        ended = self.called("env")
        self.assertEqual(ended.code, 0, ended.stderr)
        found = variables(ended)
        self.assertEqual((found["API_URL"], found["API_AUTHORIZATION"]), (URL, "AWS_IAM"))
        self.assertEqual((found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], found["AWS_REGION"]), ("id", "secret", "eu-west-1"))
        self.assertNotIn("NEW_VERSION_ARN", found)
        self.assertEqual(len(ended.called("aws", "cloudformation")), 1, "asked for once")

    def test_finds_the_version_that_the_alias_says(self) -> None:
        for alias in ({"FunctionVersion": "8"}, {"FunctionVersion": "8", "RoutingConfig": {"AdditionalVersionWeights": {}}}):
            ended = self.called("--version", "env", alias=alias)
            self.assertEqual(variables(ended)["NEW_VERSION_ARN"], f"{FUNCTION}:8", ended.stderr)
            self.assertIn("==> Version 8 must answer", ended.stdout)
        asked = ended.called("aws", "lambda", "get-alias")[0]
        self.assertEqual(asked[3:7], ["--function-name", FUNCTION, "--name", "live"])

    def test_takes_any_version_while_traffic_shifts_and_says_so(self) -> None:
        shifting = {"FunctionVersion": "8", "RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}}}
        ended = self.called("--version", "env", alias=shifting)
        self.assertEqual(variables(ended)["NEW_VERSION_ARN"], FUNCTION, ended.stderr)
        self.assertIn('others by {"9":0.1}), so any version may answer', ended.stdout)

    def test_takes_what_is_named_and_asks_for_nothing(self) -> None:
        named = {"API_URL": "http://127.0.0.1:9000/", "API_AUTHORIZATION": "NONE"}
        with Workplace(aws=False) as place:
            ended = place.run("call", "--version", "env", **named)
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertIn("==> Any version may answer", ended.stdout)
            found = variables(ended)
            self.assertEqual({name: found[name] for name in named}, named)
            self.assertNotIn("NEW_VERSION_ARN", found)
            version = {"NEW_VERSION_ARN": f"{FUNCTION}:7"}
            signed = {**named, "API_AUTHORIZATION": "AWS_IAM", **version, **KEYS}
            found = variables(place.run("call", "--version", "env", **signed))
            self.assertEqual({name: found[name] for name in signed}, signed)

    def test_knows_when_a_profiles_credentials_expire_and_those_alone(self) -> None:
        name = "AWS_CREDENTIAL_EXPIRATION"
        self.assertEqual(variables(self.called("env"))[name], "2026-01-01T00:00:00+00:00")
        self.assertNotIn(name, variables(self.called("env", **KEYS, AWS_CREDENTIAL_EXPIRATION="2026-01-01T00:00:00+00:00")))

    def test_ends_the_script_with_its_own_code(self) -> None:
        self.assertEqual(self.called("bash", "-c", "exit 7").code, 7)


class TheScript(unittest.TestCase):
    def test_says_first_what_it_would_do_without_aws_or_a_secret(self) -> None:
        with Workplace(aws=False) as place:
            ended = place.run("call", "--version", "target/debug/smoke", DRY_RUN="1", **KEYS)
            self.assertEqual((ended.code, ended.stderr), (0, ""))
            self.assertIn("env 'API_URL=<ApiUrl>' 'API_AUTHORIZATION=<ApiAuthorization>'".replace("'", ""), ended.stdout.replace("'", ""))
            self.assertTrue(ended.stdout.endswith(" target/debug/smoke\n"), ended.stdout)
            self.assertNotIn("secret", ended.stdout)

    def test_is_given_its_program_by_make_which_builds_nothing_in_a_dry_run(self) -> None:
        with Workplace(aws=False, tools=("make",)) as place:
            for target, arguments in (("ping", ()), ("smoke", ("--version",))):
                made = place.make(target, "DRY_RUN=1")
                self.assertEqual((made.code, made.stderr), (0, ""))
                self.assertEqual(made.stdout, place.run("call", *arguments, f"target/debug/{target}", DRY_RUN="1").stdout)

    def test_refuses_what_it_cannot_use(self) -> None:
        with Workplace() as place:
            place.stack(OUTPUTS)
            for arguments, environment, said in (
                ((), {}, "name the program"),
                (("env",), {"API_URL": URL}, "API_AUTHORIZATION=AWS_IAM or NONE"),
            ):
                ended = place.run("call", *arguments, **environment)
                self.assertEqual((ended.code, ended.stdout), (2, ""))
                self.assertIn(said, ended.stderr)

    def test_says_why_the_version_is_not_known(self) -> None:
        with Workplace() as place:
            place.stack(OUTPUTS)
            place.answer("lambda", "get-alias", "An error occurred (AccessDeniedException) when calling the GetAlias operation: no")
            ended = place.run("call", "--version", "env", **KEYS)
            self.assertEqual(ended.code, 1)
            self.assertIn("AccessDeniedException", ended.stderr)


if __name__ == "__main__":
    unittest.main()
