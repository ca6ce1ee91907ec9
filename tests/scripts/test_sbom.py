"""The bills of materials: every crate that is built into a program, and none besides."""

from __future__ import annotations

import sys
import unittest

from workplace import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import sbom  # noqa: E402  (in the folder that was just added)

# As `cargo tree --prefix none` writes it: what has been said already ends in a star.
TREE = "program v0.1.0 (/home/me/program)\nused v1.2.3\nmacros v0.4.0 (proc-macro)\nused v1.2.3 (*)\n"
BILL = {
    "bomFormat": "CycloneDX",
    "metadata": {"component": {"bom-ref": "program"}},
    "components": [
        {"bom-ref": "used", "name": "used", "version": "1.2.3"},
        {"bom-ref": "older", "name": "used", "version": "0.9.0"},
        {"bom-ref": "macros", "name": "macros", "version": "0.4.0"},
        {"bom-ref": "of-another", "name": "of-another", "version": "1.0.0"},
    ],
    "dependencies": [
        {"ref": "program", "dependsOn": ["used", "macros", "of-another"]},
        {"ref": "used"},
        {"ref": "of-another", "dependsOn": ["used"]},
    ],
}


class ABill(unittest.TestCase):
    def test_names_what_cargo_builds_for_the_program_in_those_versions(self) -> None:
        bill, _ = sbom.only(BILL, sbom.built_in(TREE))
        self.assertEqual([component["bom-ref"] for component in bill["components"]], ["used", "macros"])
        self.assertEqual(bill["dependencies"], [{"ref": "program", "dependsOn": ["used", "macros"]}, {"ref": "used", "dependsOn": []}])
        self.assertEqual(bill["bomFormat"], "CycloneDX")

    def test_says_what_it_lacks(self) -> None:
        _, missing = sbom.only(BILL, sbom.built_in(f"{TREE}forgotten v2.0.0\n"))
        self.assertEqual(missing, {("program", "0.1.0"), ("forgotten", "2.0.0")})


if __name__ == "__main__":
    unittest.main()
