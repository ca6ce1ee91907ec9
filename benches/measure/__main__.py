"""What the functions and the rehearsal cost, beside others that do the same, in one run: `make bench`, `make bench QUICK=1`.

Builds what is measured, which takes minutes the first time, prints the tables, and writes them with every measurement's median to
target/bench/bench.json. What this machine lacks is left out, and named.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import building
import functions
import hosting
import machine
import rehearsals
import tables

# How often each function is started, twice, and its calls after the first.
STARTS, QUICK_STARTS = 31, 15
WARM_CALLS = 500


def commit():
    """What was measured: a commit, and whether files differ from it."""
    return {
        "commit": machine.run(["git", "rev-parse", "HEAD"]).strip(),
        "changed": bool(machine.run(["git", "status", "--porcelain", "--untracked-files=no"]).strip()),
    }


def measure(arguments):
    """Everything that bench.json has."""
    left_out = []
    found = {**commit(), "machine": machine.described(), "quick": arguments.quick}
    if arguments.part == "build":
        return found | {"build": building.measured(), "left_out": left_out}
    left_out.append({"what": "a clean build", "why": "it takes minutes: BENCH_PART=build"})
    # The floor is what is hosted, too.
    built, certificate = functions.built(left_out, functions.FUNCTIONS if arguments.part in (None, "functions") else [functions.HELLO])
    if arguments.part in (None, "functions"):
        starts = QUICK_STARTS if arguments.quick else STARTS
        print(f"==> Starting {len(built)} functions {starts} times, in turn, for their init and for {1 + WARM_CALLS} calls", flush=True)
        measured = functions.measured(built, certificate, starts, WARM_CALLS)
        found |= {"starts": starts, "warm_calls": WARM_CALLS, "functions": tables.summaries(measured, functions.HELLO)}
    if arguments.part in (None, "rehearsals"):
        found |= rehearsals.measured(built[functions.HELLO]["root"], arguments.quick, left_out)
    if arguments.part in (None, "hosting"):
        print("==> Sending requests to one function behind each host", flush=True)
        measured = hosting.measured(built, arguments.quick, left_out)
        found["hosting"] = {name: {figure: tables.summary(of) for figure, of in figures.items()} for name, figures in measured.items()}
    return found | {"left_out": left_out}


def shown(found):
    """The tables."""
    lines = []
    if "functions" in found:
        lines += [f"Functions: medians of {found['starts']} starts; in brackets the ratio to the floor", ""]
        lines += [*tables.functions(found["functions"], functions.HELLO), ""]
        ours = [name for name in (functions.CONTACTS, functions.STATIC) if name in found["functions"]]
        lines += [*tables.beyond(found["functions"], functions.LIMIT, ours), ""]
    if "rehearsals" in found:
        engine = found["engine"]
        lines += ["The rehearsal: medians", "", *tables.plain(found["rehearsals"], tables.REHEARSAL_COLUMNS), ""]
        lines += [f"The engine alone: {engine['us_a_request']:.2f} us and {engine['bytes_a_request']:.0f} B a request; "
                  f"{engine['rss_mb']:.0f} MB at {engine['requests']:,} requests", "", *tables.growth(found["growth"]), ""]
    if "hosting" in found:
        lines += ["One function hosted: medians", "", *tables.plain(found["hosting"], tables.HOSTING_COLUMNS), ""]
    if "build" in found:
        lines += [*building.shown(found["build"]), ""]
    described = found["machine"]
    load = " ".join(f"{load:.2f}" for load in described["load"])
    lines.append(f"Measured at {found['commit'][:12]}{', with changes,' if found['changed'] else ''} on {described['processors']} processors "
                 f"({described['processor']}); the load was {load} when it began")
    lines += [f"Left out: {each['what']}: {each['why']}" for each in found["left_out"]]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="what takes three minutes once it is built")
    parser.add_argument("--part", choices=("functions", "rehearsals", "hosting", "build"), help="one of the tables alone")
    parser.add_argument("--json", type=pathlib.Path, default=functions.FOLDER / "bench.json", help="where to write the figures")
    arguments = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("bench: it builds for Lambda and reads /proc, so it needs Linux", file=sys.stderr)
        return 2
    try:
        found = measure(arguments)
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")
    except (machine.Broken, OSError, subprocess.SubprocessError) as why:
        print(f"bench: {why}", file=sys.stderr)
        return 2
    print(f"\n{shown(found)}\nWritten to {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
