"""All cases, in the order in which they run: taps first, since latency and
interference take their rates from them.

TLS: when ctio speaks it, its cases go into TLS below, a mode in taps.MODES
(with ctio-load's --tls) and a certificate in peers and ctio; budgets.py has
the row for it."""
from .export import ExportCase
from .idle import IdleCase
from .interference import InterferenceCase
from .latency import LatencyCase
from .mint import MintCase, RedisCase
from .taps import TapsCase

TAPS = [TapsCase(mode, connections)
        for mode in ("keep-alive", "close", "one-shot", "server-closes")
        for connections in (64, 256)]
TLS = []
OTHERS = [LatencyCase("keep-alive"), LatencyCase("one-shot"),
          InterferenceCase("keep-alive"), InterferenceCase("one-shot"),
          IdleCase(), MintCase(), RedisCase(), ExportCase()]
ALL = TAPS + TLS + OTHERS

# What --quick leaves out: what differs little from what it keeps.
SLOW = {"taps one-shot 64", "taps server-closes 64", "latency keep-alive",
        "interference keep-alive"}
