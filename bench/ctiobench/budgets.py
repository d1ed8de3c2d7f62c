"""The budgets of ctio's design beside what this run measured. A row is (what,
budget, measured, met); `met` is None where this run cannot tell."""
from . import latency
from .bench import AT_ONCE, COMMITTED

EACH = ("close", "one-shot", "server-closes")
MB = 1e6
GROWTH_MAX = 4e6   # bytes: what "constant" allows, whatever the rows
MOVED_MS_MAX = 5.0
WAKEUPS_MAX = 10.0
IDLE_BYTES_MAX = 1024
BATCH_BYTES_MAX = 40
SINGLE_BYTES_MAX = 80
MINT_MIN = 200000
EXPORT_MIN = 300000
ELSEWHERE = "not by this command"


def check(results):
    """All rows, in the design's order."""
    return [*cpu(results, "taps keep-alive 256", 1.0, 0.95),
            *[row for mode in EACH
              for row in cpu(results, f"taps {mode} 256", 0.9, 0.75)],
            ("CPU per tap, a TLS handshake each", "≤ 1.00 × nginx",
             "ctio has no TLS yet", None),
            *waiting(results),
            ("taps/s, 10⁸ tokens against 10⁵", "≥ 0.8 ×",
             f"{ELSEWHERE}: bench/scale", None),
            *minting(results),
            ("clicks/s committed, random over 10⁷", "≥ 200,000",
             f"{ELSEWHERE}: bench/micro", None),
            *exporting(results), *idling(results), *interfering(results)]


def cpu(results, case, committed, at_once):
    found = results.get(case, {})
    for server, limit in ((COMMITTED, committed), (AT_ONCE, at_once)):
        ratio = found.get("servers", {}).get(server, {}).get("cpu_ratio")
        title = found.get("title", case)
        yield at_most(f"CPU per tap, {title}, {server}", ratio, limit,
                      "{:.2f} × nginx")


def at_most(what, measured, limit, form):
    if measured is None:
        return what, "≤ " + form.format(limit), "not measured", None
    return (what, "≤ " + form.format(limit), form.format(measured),
            measured <= limit)


def at_least(what, measured, limit, form):
    if measured is None:
        return what, "≥ " + form.format(limit), "not measured", None
    return (what, "≥ " + form.format(limit), form.format(measured),
            measured >= limit)


def of_kind(results, kind):
    return [found for found in results.values() if found["kind"] == kind]


def waiting(results):
    what = "latency that waiting for the commit adds, p99"
    rule = f"≤ {latency.ADDED_MS:.0f} ms + 2 × a lone commit's"
    found = [f for f in of_kind(results, "latency") if f["wait"]]
    if not found:
        yield what, rule, "not measured", None
    for f in found:
        wait = f["wait"]
        yield (f"{what}, {f['title']}",
               f"{rule} = {wait['budget_ms']:.2f} ms",
               f"{wait['added_p99_ms']:.2f} ms",
               wait["added_p99_ms"] <= wait["budget_ms"])


def minting(results):
    found = results.get("mint", {})
    yield at_most("storage per token beyond the caller's bytes, in batches",
                  found.get("beyond_callers"), BATCH_BYTES_MAX, "{:.1f} B")
    yield at_most("the same, one by one", found.get("single_beyond_callers"),
                  SINGLE_BYTES_MAX, "{:.1f} B")
    yield at_least("tokens minted per CPU-second, NDJSON over HTTP",
                   found.get("per_cpu_second"), MINT_MIN, "{:,.0f}")
    yield growth("memory while minting", found, "grown_tenth")


def exporting(results):
    found = results.get("export", {})
    yield at_least("clicks exported per CPU-second, NDJSON over HTTP",
                   found.get("per_cpu_second"), EXPORT_MIN, "{:,.0f}")
    yield growth("memory while exporting", found, "grown_short")


def growth(what, found, few):
    """How much more it takes for many rows than for few."""
    if few not in found:
        return what, "constant", "not measured", None
    more = found["grown"] - found[few]
    return (what, f"constant (to {GROWTH_MAX / MB:.0f} MB)",
            f"{more / MB:+.1f} MB", more <= GROWTH_MAX)


def idling(results):
    found = results.get("idle", {}).get("servers", {}).get(COMMITTED, {})
    yield at_most("an idle connection, beyond the kernel's",
                  found.get("bytes_a_connection"), IDLE_BYTES_MAX, "{:.0f} B")
    yield at_most("wake-ups per second of an idle server",
                  found.get("wakeups"), WAKEUPS_MAX, "{:.1f}")


def interfering(results):
    found = of_kind(results, "interference")
    for phase in ("mint", "export"):
        what = f"taps' p99 moves while a heavy {phase} runs"
        if not found:
            yield at_most(what, None, MOVED_MS_MAX, "{:.2f} ms")
        for f in found:
            moved = f["phases"].get(phase, {}).get("moved_p99_ms")
            yield at_most(f"{what}, {f['title']}", moved, MOVED_MS_MAX,
                          "{:.2f} ms")


def missed(rows):
    return [row for row in rows if row[3] is False]
