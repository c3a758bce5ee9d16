"""Runs the local stack in the foreground. With `--while PID` it ends when that process has ended.

A test run names itself, so that its stack never outlives it, not even when the run was killed.
"""

import os
import signal
import sys
import threading
import time


def guard(pid):
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if "--while" in sys.argv:
    at = sys.argv.index("--while")
    threading.Thread(target=guard, args=(int(sys.argv[at + 1]),), daemon=True).start()
    del sys.argv[at : at + 2]

from ministack.app import main  # noqa: E402

main()
