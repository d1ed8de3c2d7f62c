"""bench/scale's tables and files, and the budgets that it can tell of."""
import json

from . import budgets, scale_plot

SIZE_MIN = 100000  # a smaller store is mostly its empty pages
RATIO_MIN = 0.8
HEAD = """\
| tokens | minted/s | per CPU-second | B beyond the caller's | start \
| memory (anonymous) at start | after the taps | most while minting (anon.) \
| random taps/s | CPU | to the first | recent taps/s | CPU | to the first |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def finish(results, options):
    """Prints and writes everything; the exit status."""
    rows = check(results)
    results["budgets"] = [
        dict(zip(("what", "budget", "measured", "met"), row)) for row in rows]
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "scale.json").write_text(
        json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (options.results / "scale.svg").write_text(
        scale_plot.svg(results["rows"]), encoding="utf-8")
    print(text(results, rows))
    return 1 if options.budgets and budgets.missed(rows) else 0


def check(results):
    """Rows as in budgets.py; of the worst size."""
    found = [r for r in results["rows"] if r["size"] >= SIZE_MIN]

    def worst(which, key):
        return which((r[key] for r in found), default=None)
    return [
        budgets.at_least("tokens minted per CPU-second, NDJSON over HTTP",
                         worst(min, "mint_per_cpu_second"), budgets.MINT_MIN,
                         "{:,.0f}"),
        budgets.at_most("storage per token beyond the caller's bytes, in "
                        "batches", worst(max, "beyond_callers"),
                        budgets.BATCH_BYTES_MAX, "{:.1f} B"),
        budgets.at_most("the same, one by one",
                        results["one_by_one"]["beyond_callers"],
                        budgets.SINGLE_BYTES_MAX, "{:.1f} B"),
        budgets.at_least("random taps/s against the first size",
                         worst(min, "ratio"), RATIO_MIN, "{:.2f} ×")]


def memory(found):
    return f"{found['rss'] / 1e6:.1f} ({found['anon'] / 1e6:.1f}) MB"


def taps(found, against):
    return (f"{found['rate']:,.0f} | {found['cpu_us']:.1f} µs "
            f"| {against:.2f} ×")


def text(results, rows):
    lines = [HEAD]
    for r in results["rows"]:
        lines.append(
            f"| {r['size']:,} | {r['mint_rate']:,.0f} "
            f"| {r['mint_per_cpu_second']:,.0f} "
            f"| {r['beyond_callers']:.1f} | {r['start_ms']:.0f} ms "
            f"| {memory(r['at_start'])} | {memory(r['after_taps'])} "
            f"| {r['mint_anon_most'] / 1e6:.1f} MB "
            f"| {taps(r['random'], r['ratio'])} "
            f"| {taps(r['recent'], r['ratio_recent'])} |")
    single = results["one_by_one"]
    lines += ["", f"One by one, {single['tokens']:,} tokens: "
              f"{single['beyond_callers']:.1f} B beyond the caller's, "
              f"{single['cpu_us']:.0f} µs of CPU each, "
              f"{single['rate']:,.0f}/s.", "",
              "| what | budget | measured | |", "|---|---|---|---|"]
    met = {True: "met", False: "MISSED", None: ""}
    lines += [f"| {what} | {budget} | {measured} | {met[is_met]} |"
              for what, budget, measured, is_met in rows]
    return "\n".join(lines)
