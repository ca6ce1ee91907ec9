"""What the rehearsal costs: its runs, `inspect`, the engine alone, and how each grows."""

import tables
import templates
from functions import FOLDER
from machine import run, watched

# SAM's names of the nine that CodeDeploy has.
PREFERENCES = (
    "AllAtOnce", "Canary10Percent5Minutes", "Canary10Percent10Minutes", "Canary10Percent15Minutes", "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute", "Linear10PercentEvery2Minutes", "Linear10PercentEvery3Minutes", "Linear10PercentEvery10Minutes",
)
PROGRAMS = FOLDER.parent / "rehearse"
# How often each is run whose time is short, in turn with the others.
RUNS, QUICK_RUNS = 9, 5
# From the first request to the last of a canary of five minutes, with one before and two after.
MINUTES = 8
# How often the engine's world is asked for so many requests a minute.
ENGINE = (1_000, 10_000)
GROWTH = {
    # With so many requests a minute for eight minutes.
    "requests": [(1, rate, 2) for rate in (125, 1_250, 12_500, 100_000)],
    # At ten requests a minute for each.
    "functions": [(count, 10 * count, 2) for count in (1, 10, 50)],
    # After the shift.
    "minutes": [(1, 600, minutes) for minutes in (1, 10, 100)],
}


def rehearse(*arguments):
    """A run, whose report is kept apart from those that people keep."""
    return [PROGRAMS / "rehearse", "run", "--quiet", "--report", FOLDER / "report.json", *arguments]


def cases(hello, quick):
    """Each with its name, its command, and whether it is short enough to be run often."""
    canary, inspect = templates.healthy(), [PROGRAMS / "rehearse", "inspect", templates.large()]
    yield "healthy canary, 60 requests a minute", rehearse(canary), True
    yield "inspect, 9,574 lines", inspect, True
    yield "all nine preferences, --jobs 2", rehearse("--jobs", "2", *map(templates.healthy, PREFERENCES)), False
    yield "50 functions in one template", rehearse(templates.canaries(50, 600, 2, code=hello)), False
    if not quick:
        yield "6,000 a minute", rehearse(templates.healthy(requests_per_minute=6_000)), False
        yield "60,000 a minute", rehearse(templates.healthy(requests_per_minute=60_000)), False


def engine():
    """Processor time and memory that the engine has of each request more: the world alone, on stubs."""
    ends = []
    for rate in ENGINE:
        command = [PROGRAMS / "hot_paths", "request", rate]
        figures = [watched(command) for _ in range(3)]
        ends.append((int(run(command)), min(each["cpu_s"] for each in figures), max(each["rss_mb"] for each in figures)))
    (few, short, small), (many, long, large) = ends
    return {"us_a_request": (long - short) / (many - few) * 1e6, "bytes_a_request": (large - small) / (many - few) * 1e6,
            "requests": many, "rss_mb": large}


def growth():
    """How time and memory grow, on stubs: with requests, functions, minutes."""
    found = {}
    for series, sizes in GROWTH.items():
        for functions, rate, after in sizes:
            figures = watched(rehearse(templates.canaries(functions, rate, after)))
            point = {"functions": functions, "requests": rate * (MINUTES - 2 + after), "minutes": MINUTES - 2 + after}
            found.setdefault(series, []).append(point | {figure: figures[figure] for figure in ("wall_s", "cpu_s", "rss_mb")})
    return found


def measured(hello, quick, left_out):
    """What bench.json has of it."""
    run(["make", "--no-print-directory", "build"])
    run(["cargo", "build", "--locked", "--quiet", "--profile", "rehearse", "--package", "workspace-benches"])
    samples, all_cases = {}, list(cases(hello, quick))
    print("==> Rehearsing", flush=True)
    for _ in range(QUICK_RUNS if quick else RUNS):
        for name, command, often in all_cases:
            if often:
                # Without its memory: who looks takes a processor's time.
                figures = watched(command, memory=False)
                for figure in ("wall_s", "cpu_s"):
                    samples.setdefault(name, {}).setdefault(figure, []).append(figures[figure])
    for name, command, often in all_cases:
        figures = watched(command)
        known = ("wall_s", "cpu_s") if often else ()
        samples.setdefault(name, {}).update({figure: value for figure, value in figures.items() if figure not in known})
    if quick:
        left_out.append({"what": "6,000 and 60,000 requests a minute", "why": "they take minutes, and QUICK=1 was asked for"})
    found = {name: {figure: tables.summary(of) for figure, of in figures.items()} for name, figures in samples.items()}
    return {"rehearsals": found, "engine": engine(), "growth": growth()}
