"""Figures as people read them."""

import statistics

# Of each function: its figure, what a reader's number is of a measured one, and how many digits it has.
FUNCTION_COLUMNS = {
    "init ms": ("init_ms", 1, 2),
    "CPU ms": ("init_cpu_ms", 1, 2),
    "init + first call ms": ("first_call_ms", 1, 2),
    "CPU ms ": ("first_call_cpu_ms", 1, 2),
    "warm p50 ms": ("warm_p50_ms", 1, 3),
    "warm p99 ms": ("warm_p99_ms", 1, 2),
    "peak RSS MB": ("peak_rss_kib", 1024 / 1e6, 1),
    "zip MB": ("zip_bytes", 1 / 1e6, 2),
}
REHEARSAL_COLUMNS = {"wall s": ("wall_s", 3), "CPU s": ("cpu_s", 3), "rehearse MB": ("rss_mb", 1), "functions MB": ("functions_mb", 0),
                     "their PSS MB": ("functions_pss_mb", 0), "processes": ("processes", 0)}
HOSTING_COLUMNS = {"requests/s": ("requests_per_second", 0), "p50 ms": ("p50_ms", 3), "p99 ms": ("p99_ms", 2)}
GROWTH_COLUMNS = {"requests": 0, "functions": 0, "minutes": 0, "wall s": 2, "CPU s": 2, "rehearse MB": 1}


def summary(samples):
    """The median of a figure, and between what it lay; a single number is all three."""
    values = samples if isinstance(samples, list) else [samples]
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def summaries(measured, floor):
    """Of each function each figure's median, and its ratio to that of the floor."""
    found = {}
    for name, figures in measured.items():
        found[name] = {figure: summary(samples) for figure, samples in figures.items()}
        for figure, of in found[name].items():
            of["ratio"] = of["median"] / summary(measured[floor][figure])["median"]
    return found


def aligned(rows):
    """A table: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  ".join(cells).rstrip())
    return lines


def functions(found, floor):
    """The first table: a function a line."""
    rows = [["", *FUNCTION_COLUMNS]]
    for name, figures in found.items():
        row = [name]
        for figure, factor, digits in FUNCTION_COLUMNS.values():
            cell = f"{figures[figure]['median'] * factor:.{digits}f}"
            row.append(cell if name == floor else f"{cell} ({figures[figure]['ratio']:.2f})")
        rows.append(row)
    return aligned(rows)


def beyond(found, limit, names):
    """What a first call of these takes, measured by what the same call takes at least: a line each."""
    lines = []
    for name in names:
        wall, cpu = (found[name][figure]["median"] / found[limit][figure]["median"] for figure in ("first_call_ms", "first_call_cpu_ms"))
        lines.append(f"{name}: init + first call {wall:.2f} times that of {limit}; by CPU {cpu:.2f}")
    return lines


def plain(found, columns):
    """Another: what was measured, and the medians of these figures."""
    rows = [["", *columns]]
    for name, figures in found.items():
        cells = (f"{figures[figure]['median']:,.{digits}f}" if figure in figures else "-" for figure, digits in columns.values())
        rows.append([name, *cells])
    return aligned(rows)


def growth(found):
    """What grows with what."""
    rows = [["growth with", *GROWTH_COLUMNS]]
    for series, points in found.items():
        for point in points:
            figures = (point["requests"], point["functions"], point["minutes"], point["wall_s"], point["cpu_s"], point["rss_mb"])
            rows.append([series, *(f"{figure:,.{digits}f}" for figure, digits in zip(figures, GROWTH_COLUMNS.values()))])
    return aligned(rows)
