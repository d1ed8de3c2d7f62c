"""The tables, as Markdown, and the files that bench/run leaves."""
import json

from . import budgets, plot

DASH = "–"


def number(value, form, scale=1.0):
    return DASH if value is None else form.format(value * scale)


def table(head, rows):
    """Lines of a Markdown table; cells are text."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


TAPS_HEAD = ("connections", "server", "CPU per tap", "to nginx", "taps/s",
             "to nginx", "busy", "p50", "p99", "p99.9", "memory", "anonymous")


def taps_rows(found):
    for server, f in found["servers"].items():
        yield (found["title"], server, number(f["cpu_us"], "{:.2f} µs"),
               number(f["cpu_ratio"], "{:.2f} ×"),
               number(f["rate"], "{:,.0f}"),
               number(f["rate_ratio"], "{:.2f} ×"),
               number(f["busy"], "{:.0%}"), *latency_cells(f),
               *memory_cells(f))


def latency_cells(f):
    return (number(f["p50_ms"], "{:.2f} ms"), number(f["p99_ms"], "{:.2f} ms"),
            number(f["p999_ms"], "{:.2f} ms"))


def memory_cells(f):
    return (number(f["rss"], "{:.1f} MB", 1e-6),
            number(f["anon"], "{:.1f} MB", 1e-6))


LATENCY_HEAD = ("open loop", "server", "taps/s", "p50", "p99", "p99.9",
                "CPU per tap", "a lone tap's p99")


def latency_rows(found):
    for server, f in found["servers"].items():
        yield (found["title"], server, number(f["rate"], "{:,.0f}"),
               *latency_cells(f), number(f["cpu_us"], "{:.2f} µs"),
               number(f.get("lone_p99_ms"), "{:.2f} ms"))


INTERFERENCE_HEAD = ("open loop, committed", "meanwhile", "rows/s", "taps/s",
                     "busy", "p50", "p99", "p99.9", "p99 moved by")


def interference_rows(found):
    for phase, f in found["phases"].items():
        yield (found["title"], phase, number(f["rows"], "{:,.0f}"),
               number(f["rate"], "{:,.0f}"), number(f["busy"], "{:.0%}"),
               *latency_cells(f), number(f["moved_p99_ms"], "{:+.2f} ms"))


IDLE_HEAD = ("idle server", "starts within", "memory", "anonymous",
             "wakes per second", "an idle connection")


def idle_rows(found):
    for server, f in found["servers"].items():
        yield (server, number(f["start_ms"], "{:.0f} ms"), *memory_cells(f),
               number(f.get("wakeups"), "{:.1f}"),
               number(f.get("bytes_a_connection"), "{:.0f} B"))


STORAGE_HEAD = ("tokens", "per CPU-second", "CPU each", "bytes each",
                "beyond the caller's", "one by one")


def mint_rows(found):
    yield ("ctio, minted and on disk",
           number(found.get("per_cpu_second"), "{:,.0f}"),
           number(found.get("cpu_us"), "{:.2f} µs"),
           number(found.get("bytes"), "{:.1f} on disk"),
           number(found.get("beyond_callers"), "{:.1f}"),
           number(found.get("single_beyond_callers"), "{:.1f}"))


def redis_rows(found):
    yield ("redis, stored, made elsewhere",
           number(found.get("per_cpu_second"), "{:,.0f}"),
           number(found.get("cpu_us"), "{:.2f} µs"),
           number(found.get("bytes"), "{:.1f} in memory, ") +
           number(found.get("file_bytes"), "{:.1f} on disk"), DASH, DASH)


EXPORT_HEAD = ("export", "clicks", "per CPU-second", "per second",
               "bytes each")


def export_rows(found):
    yield ("NDJSON over HTTP", number(found.get("clicks"), "{:,.0f}"),
           number(found.get("per_cpu_second"), "{:,.0f}"),
           number(found.get("rate"), "{:,.0f}"),
           number(found.get("bytes"), "{:.0f}"))


# (kinds, head, rows of a case of such a kind)
TABLES = [
    (("taps",), TAPS_HEAD, {"taps": taps_rows}),
    (("latency",), LATENCY_HEAD, {"latency": latency_rows}),
    (("interference",), INTERFERENCE_HEAD,
     {"interference": interference_rows}),
    (("idle",), IDLE_HEAD, {"idle": idle_rows}),
    (("mint", "redis"), STORAGE_HEAD, {"mint": mint_rows,
                                       "redis": redis_rows}),
    (("export",), EXPORT_HEAD, {"export": export_rows}),
]
BUDGET_HEAD = ("budget", "", "measured", "")
MET = {True: "met", False: "**MISSED**", None: DASH}


def tables(results):
    """Everything measured, as lines."""
    for kinds, head, writers in TABLES:
        rows = [row for found in results.values() if found["kind"] in kinds
                for row in writers[found["kind"]](found)]
        if rows:
            yield from table(head, rows)


def budget_table(rows):
    yield from table(BUDGET_HEAD, [(what, limit, measured, MET[met])
                                   for what, limit, measured, met in rows])


def text(bench):
    """A part of a run leaves out the budgets that it says nothing of."""
    rows = budgets.check(bench.results)
    if bench.options.case:
        rows = [row for row in rows if row[3] is not None]
    lines = [*tables(bench.results), *(budget_table(rows) if rows else ()),
             *(f"FAILED: {failure}" for failure in bench.failures)]
    return "\n".join(lines).rstrip("\n") + "\n"


def write(bench, about, folder, stem):
    """STEM.json, all rounds included; STEM.md, the tables; STEM.svg, when
    taps were measured. Returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"json": as_json(bench, about), "md": text(bench)}
    taps = [found for found in bench.results.values()
            if found["kind"] == "taps" and found["servers"]]
    if taps:
        contents["svg"] = plot.svg(taps)
    paths = []
    for extension, content in contents.items():
        path = folder / f"{stem}.{extension}"
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return paths


def as_json(bench, about):
    rows = [{"what": what, "budget": limit, "measured": measured, "met": met}
            for what, limit, measured, met in budgets.check(bench.results)]
    return json.dumps({**about, "cases": bench.results, "budgets": rows,
                       "failures": bench.failures}, indent=1,
                      ensure_ascii=False) + "\n"
