"""The loss check: after a run ctio's export must hold exactly the clicks whose
redirect was received, token by token, and call one of each token unique."""
import collections
import re

TOKEN = re.compile(rb'"token":"([0-9A-Za-z]{23})"')
UNIQUE = b'"unique":true'


def read_answered(paths):
    """The sums of ctio-load's --answered files, by token."""
    counts = collections.Counter()
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                token, count = line.split()
                counts[token] += int(count)
    return counts


def read_export(server, key):
    """How often the export names each token, and how many clicks it calls
    unique. A quote inside a row is escaped there, so that nothing a client
    sent looks like a token."""
    counts, unique = collections.Counter(), 0
    with server.api(key) as api:
        for page in api.click_pages():
            tokens = TOKEN.findall(page)
            rows = page.count(b"\n")
            counts.update(tokens)
            counts[b"unreadable"] += rows - len(tokens)
            unique += page.count(UNIQUE)
    counts += collections.Counter()  # drops what is zero
    return counts, unique


def compare(answered, exported, unique):
    """`lost`: answered and not exported; `invented`: the reverse;
    `miscounted`: how far the unique clicks are from one a token."""
    lost = answered - exported
    invented = exported - answered
    return {"answered": answered.total(), "exported": exported.total(),
            "lost": lost.total(), "invented": invented.total(),
            "miscounted": abs(unique - len(exported))}


def check(server, key, paths):
    """Of a run that has ended and settled."""
    return compare(read_answered(paths), *read_export(server, key))


def is_loss(result):
    return bool(result["lost"] or result["invented"] or
                result["miscounted"])
