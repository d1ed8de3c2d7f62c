"""What a machine tells about its cores and about a process: CPU time, memory,
wake-ups, from /proc and the CPU clocks of processes."""
import os
import pathlib
import platform
import re
import threading
import time

SAMPLE_SECONDS = 0.01


class Usage:
    """CPU time of a server, and how its core was used, since it was made."""

    def __init__(self, server, core):
        self.server = server
        self.core = core
        self.begin = self.now()

    def now(self):
        return (time.monotonic(), self.server.cpu(),
                core_seconds(self.core))

    def end(self):
        """CPU seconds of the server; its share of the core, and the share of
        whoever else was there, which should be nobody."""
        wall, cpu, core = (b - a for a, b in zip(self.begin, self.now()))
        return {"wall": wall, "cpu": cpu, "busy": cpu / wall,
                "others": max(0.0, (core - cpu) / wall)}


def cores():
    """Two cores, the server's and the load's: not two threads of one core,
    where there is a choice; the same one twice on a machine with one."""
    mine = sorted(os.sched_getaffinity(0))
    server = mine[0]
    siblings = threads_of_core(server)
    others = [c for c in mine[1:] if c not in siblings] or mine[1:] or mine
    return server, others[0]


def threads_of_core(core):
    path = pathlib.Path(f"/sys/devices/system/cpu/cpu{core}/topology/"
                        "thread_siblings_list")
    threads = set()
    text = path.read_text(encoding="ascii") if path.exists() else str(core)
    for piece in text.strip().split(","):
        first, _, last = piece.partition("-")
        threads.update(range(int(first), int(last or first) + 1))
    return threads


def cpu_seconds(pids):
    """User + system of these processes, to the nanosecond, threads that
    ended included: the CPU clocks that clock_getcpuclockid(3) names."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def page_faults(pids):
    """Minor and major ones of these processes."""
    faults = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        fields = text.rpartition(")")[2].split()
        faults += int(fields[7]) + int(fields[9])
    return faults


def core_seconds(core):
    """What a core has worked, whoever for; in ticks of 10 ms, mostly."""
    text = pathlib.Path("/proc/stat").read_text(encoding="ascii")
    found = re.search(rf"^cpu{core} (.*)$", text, re.M).group(1).split()
    user, nice, system, _, _, irq, softirq, steal = map(int, found[:8])
    return (user + nice + system + irq + softirq + steal) / \
        os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and its children."""
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [pid] + [int(c) for c in path.read_text(encoding="ascii").split()]


def memory(pids):
    """Bytes in memory, all and anonymous ones; what processes share counts
    once."""
    rss = anon = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(
            encoding="ascii")
        rss += kilobytes(text, "Pss")
        anon += kilobytes(text, "Pss_Anon")
    return {"rss": rss, "anon": anon}


def anonymous(pid):
    """Anonymous memory of one process, cheaply."""
    return kilobytes(pathlib.Path(f"/proc/{pid}/status").read_text(
        encoding="ascii"), "RssAnon")


class Peak(threading.Thread):
    """The most anonymous memory of a process during a block."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.begin = self.bytes = anonymous(self.pid)
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def run(self):
        while not self.stopping.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, anonymous(self.pid))

    def grown(self):
        return self.bytes - self.begin


def kilobytes(text, name):
    return int(re.search(rf"^{name}:\s*(\d+) kB", text, re.M).group(1)) * 1024


def wakeups(pids):
    """How often threads of these processes went to sleep, and so woke."""
    total = 0
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
            found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)",
                              path.read_text(encoding="ascii"), re.M)
            total += int(found.group(1))
    return total


def describe():
    """The machine, for whoever reads the figures later."""
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii")
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
    return {"cpu": model.group(1) if model else platform.machine(),
            "cores": os.cpu_count(), "kernel": platform.release()}
