"""The software bill of materials of each program that is deployed or released: a CycloneDX file with every crate that is built into it.

    sbom.py FOLDER TARGET PACKAGE…     writes FOLDER/PROGRAM.cdx.json for the programs of these packages, built for TARGET

cargo-cyclonedx writes them, but for the workspace as a whole, with the features that all its packages ask for together. A program is built for
itself, so what `cargo tree` does not have for its package is taken out again.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def built_in(listing):
    """The crates of `cargo tree --prefix none`, as (name, version)."""
    lines = (line.split() for line in listing.splitlines() if line.strip())
    return {(words[0], words[1].lstrip("v")) for words in lines}


def only(bill, crates):
    """A bill with no other components than these crates."""
    kept = [component for component in bill["components"] if (component["name"], component["version"]) in crates]
    refs = {component["bom-ref"] for component in kept} | {bill["metadata"]["component"]["bom-ref"]}
    dependencies = [
        {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in refs]}
        for entry in bill.get("dependencies", [])
        if entry["ref"] in refs
    ]
    missing = crates - {(component["name"], component["version"]) for component in kept}
    return {**bill, "components": kept, "dependencies": dependencies}, missing


def run(*command, **environment):
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    folder, target, *packages = arguments
    output = pathlib.Path(folder)
    output.mkdir(parents=True, exist_ok=True)
    metadata = json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"))
    places = {package["name"]: pathlib.Path(package["manifest_path"]).parent for package in metadata["packages"]}
    try:
        # Of the same commit the same file.
        when = run("git", "log", "-1", "--format=%ct").strip()
        run(
            "cargo-cyclonedx",
            "cyclonedx",
            "--quiet",
            "--format",
            "json",
            "--describe",
            "binaries",
            "--spec-version",
            "1.5",
            "--target",
            target,
            SOURCE_DATE_EPOCH=when,
        )
        for package in packages:
            listing = run(
                "cargo", "tree", "--locked", "--package", package, "--edges", "normal,build", "--target", target, "--prefix", "none"
            )
            for written in places[package].glob("*_bin.cdx.json"):
                bill = json.loads(written.read_text("utf-8").replace(f"file://{ROOT}", "file://"))
                bill, missing = only(bill, built_in(listing))
                # The package itself is what the bill is of.
                if {name for name, _ in missing} != {package}:
                    sys.exit(f"sbom: {written.name} lacks {sorted(missing)}")
                path = output / written.name.replace("_bin.cdx.json", ".cdx.json")
                path.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
                print(f"sbom: {path}: {len(bill['components'])} crates")
    finally:
        # It writes beside each Cargo.toml.
        for place in places.values():
            for written in place.glob("*_bin.cdx.json"):
                written.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
