"""What bench/run is made of.

    start       runs a *_command.py, and installs Python first
    options     the command line
    programs    installs and builds what is measured, and finds it
    machine     cores, CPU time, memory and wake-ups of processes
    tokens      the one set of tokens that every server serves
    server      what all servers have in common
    ctio, peers the servers
    load        ctio-load, the load generator
    loss        an export must hold exactly the clicks that were answered
    bench       what the cases share: folder, rounds, servers, failures
    taps, latency, interference, idle, storage
                the cases, one kind a file; cases.py lists them
    budgets     what it must reach, beside what was measured
    report      the tables and files; plot draws the SVG

and of what bench/scale is made besides:

    scale       a data folder that grows, measured at each size
    scale_options, scale_report, scale_plot
"""
