"""The fake AWS is no more lenient than the real one."""

from __future__ import annotations

import unittest

import models


class TheModels(unittest.TestCase):
    def test_pass_what_the_service_takes(self) -> None:
        models.check_call(["aws", "deploy", "stop-deployment", "--deployment-id", "d-1", "--auto-rollback-enabled", "--output", "text"])
        models.check_answer("deploy", "stop-deployment", {"status": "Pending"})

    def test_refuse_what_it_does_not(self) -> None:
        for words in (
            ["stop-deployments"],
            ["stop-deployment"],
            ["stop-deployment", "--deployment-id", "d-1", "--force"],
            ["stop-deployment", "--deployment-id", "d-1", "d-2"],
            ["list-deployments", "--include-only-statuses", "Running"],
        ):
            with self.subTest(words), self.assertRaises(models.Unlike):
                models.check_call(["aws", "deploy", *words])
        for answer in ({"state": "Pending"}, {"status": 1}):
            with self.subTest(answer), self.assertRaises(models.Unlike):
                models.check_answer("deploy", "stop-deployment", answer)


if __name__ == "__main__":
    unittest.main()
