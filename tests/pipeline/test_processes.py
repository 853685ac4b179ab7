"""A process that must end takes with it what it has started."""

import subprocess
import sys
import time

import psutil

ORPHAN = """
import subprocess, sys, time
from dlstats.pipeline import processes
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(child.pid, flush=True)
processes.leave_with(1 << 30, every=0.05)
time.sleep(300)
"""


def test_a_process_that_lost_its_parent_ends_with_its_children():
    found = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True, timeout=60)
    assert found.returncode == 1
    child, until = int(found.stdout), time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
