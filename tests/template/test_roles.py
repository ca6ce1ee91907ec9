"""Who may do what is what was reviewed."""

from __future__ import annotations

import os
import unittest

import roles
import template


class TheRoles(unittest.TestCase):
    """Held against `roles.snapshot.yaml`, which people read."""

    maxDiff = None

    def test_are_the_reviewed_ones(self) -> None:
        expanded = template.transform(template.load())
        if os.environ.get("UPDATE_SNAPSHOTS") == "1":
            roles.SNAPSHOT.write_text(roles.listing(expanded), encoding="utf-8")
        reviewed = roles.SNAPSHOT.read_text(encoding="utf-8") if roles.SNAPSHOT.exists() else ""
        self.assertEqual(reviewed, roles.listing(expanded), f"rights have changed. If they should: {roles.UPDATE}")


if __name__ == "__main__":
    unittest.main()
