"""bench/export on a tiny scale, so that it does not rot. No figure is judged
here."""
import json
import pathlib
import subprocess

import harness

EXPORT = pathlib.Path(harness.ROOT) / "bench/export"


def test_all_cases(tmp_path):
    found = tmp_path / "found.json"
    done = subprocess.run(
        [EXPORT, "--tokens", "200", "--clicks", "2000", "--rounds", "1",
         "--bin", pathlib.Path(harness.BIN).parent, "--json", found],
        capture_output=True, text=True, env=harness.environment(),
        check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(found.read_text())
    cases = {(r["case"], r["format"], r["limit"]) for r in rows}
    assert len(cases) == len(rows) == 9
    for r in rows:
        assert r["per_cpu_second"] > 0
        assert r["clicks"] == 2000 or 0 < r["clicks"] < 200
    assert len(done.stdout.splitlines()) == len(rows) + 2
