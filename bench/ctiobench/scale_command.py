"""What becomes of ctio as it grows.

    bench/scale                  10^5, 10^6 and 10^7 tokens
    bench/scale --max 1e8        10^8 too: 5 GB of disk under TMPDIR, and
                                 memory to cache it
    bench/scale --quick          one short round each

One data folder grows. At each size: how fast tokens are minted over HTTP, a
line of NDJSON each, and what CPU and disk a token takes; how long the server
takes to start, and its memory; how many taps it answers, of random tokens and
of mostly recent ones (nine of ten taps go to the newest 90,000), over 256
connections that are kept, each click committed. The 10^5 tokens are also kept
in a data folder of their own, whose server takes its turn in each round: the
machine drifts, so it is the ratio to that which counts. Every Location is
checked, and in the end the exports must hold exactly the clicks that were
answered. Last, tokens are minted one by one.

Server and load have a core each. CPU is user + system of the server's process
until the tally has caught up. Figures are medians over rounds. Results go to
bench/results/scale.json and scale.svg.
"""
import sys

from . import scale

if __name__ == "__main__":
    sys.exit(scale.main(__doc__))
