"""Statistics counted again from an export, to compare."""
import collections
import datetime
import urllib.parse
import zoneinfo

import harness

CLICK_DIMENSIONS = ("country", "os", "verdict")
DIMENSIONS = ("hour", "day", "link", "campaign") + CLICK_DIMENSIONS
NUMBERS = ("requests", "clicks", "unique_clicks")


def zone_of(name):
    if name[0] in "+-":
        hours, minutes = map(int, name[1:].split(":"))
        minutes += 60 * hours
        return datetime.timezone(datetime.timedelta(
            minutes=minutes if name[0] == "+" else -minutes))
    return zoneinfo.ZoneInfo(name)


def time_of(click):
    return datetime.datetime.fromisoformat(click["at"].replace("Z", "+00:00"))


def value_of(click, by, tz):
    if by not in ("hour", "day"):
        return click[by]
    local = time_of(click).astimezone(zone_of(tz))
    if by == "day":
        return local.date().isoformat()
    text = local.replace(minute=0, second=0, microsecond=0).isoformat(
        timespec="milliseconds")
    return text.replace("+00:00", "Z")


def add(sums, value, click):
    for name, n in zip(NUMBERS, (1, click["counted"], click["unique"])):
        sums[value][name] += n


def recount(clicks, by, tz="UTC"):
    """{value: {number: n}} of the clicks."""
    sums = collections.defaultdict(collections.Counter)
    for click in clicks:
        add(sums, value_of(click, by, tz), click)
    return {value: {name: counts[name] for name in NUMBERS}
            for value, counts in sums.items()}


def ask(server, key, **params):
    answer = server.api("GET", "/v1/stats?" + urllib.parse.urlencode(params),
                        key=key)
    assert answer.status == 200, answer
    return answer.json()


def await_clicks(server, key, n):
    """The tally counts a moment after the commit."""
    harness.wait_until(f"{n} clicks are counted", lambda: (
        ask(server, key)["total"]["requests"] == n))


def as_counted(stats, by):
    """The rows in the same form; what only has tokens is left out."""
    return {row[by]: {name: row[name] for name in NUMBERS}
            for row in stats["rows"] if row["requests"]}


def check(server, key, clicks, by, tz="UTC", **params):
    """The statistics with these parameters are those of these clicks."""
    stats = ask(server, key, by=by, tz=tz, **params)
    assert as_counted(stats, by) == recount(clicks, by, tz), (by, tz, params)
    for name in NUMBERS:
        assert stats["total"][name] == sum(
            row[name] for row in stats["rows"])
    values = [row[by] for row in stats["rows"]]
    known = [value for value in values if value is not None]
    if by == "hour":
        known = [datetime.datetime.fromisoformat(v.replace("Z", "+00:00"))
                 for v in known]
    assert known == sorted(known)
    assert values[len(known):] in ([], [None])
    return stats
