"""Start one child, wait for it, and write down what it cost: wall and processor seconds, and its peak resident bytes.

Linux counts into a child's ``ru_maxrss`` the pages that the child still shares with whoever forked it, until it calls
exec. Forked from the runner, every child would seem at least as large as the runner. So the runner starts this file in
an interpreter of its own with nothing imported, and this file forks: its few megabytes, reported as `floor_bytes`, are
less than any child of ours holds, and the peak reported is the child's own.

Usage: python -I -S launch.py REPORT LIMIT_SECONDS STDOUT STDERR COMMAND...
"""

import os
import signal
import sys
import time


def high_water_bytes() -> int:
    """Peak resident bytes of this launcher, from the kernel."""
    with open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def child(command: list[str], output: str, errors: str) -> None:
    """Become the command, in a process group of its own, with its two streams in files."""
    try:
        os.setsid()
        for path, descriptor in ((output, 1), (errors, 2)):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"launch.py: {command[0]}: {error}\n".encode())
    os._exit(127)


def main() -> None:
    """Run the command and write one JSON object to the report file."""
    report, limit, output, errors, *command = sys.argv[1:]
    state = {"pid": 0, "timed_out": False}

    def stop(number: int, _frame: object) -> None:
        state["timed_out"] = number == signal.SIGALRM
        os.killpg(state["pid"], signal.SIGKILL)

    floor = high_water_bytes()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(command, output, errors)
    state["pid"] = pid
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    signal.alarm(int(limit))
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - started
    signal.alarm(0)
    with open(report, "w") as file:
        file.write(
            f'{{"seconds": {seconds!r}, "cpu_seconds": {usage.ru_utime + usage.ru_stime!r}, '
            f'"peak_resident_bytes": {usage.ru_maxrss * 1024}, "floor_bytes": {floor}, '
            f'"exit_code": {os.waitstatus_to_exitcode(status)}, '
            f'"timed_out": {"true" if state["timed_out"] else "false"}}}'
        )


if __name__ == "__main__":
    main()
