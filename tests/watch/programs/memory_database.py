"""A database in memory that nobody empties."""
# /// case
# kind = "native"
# verdict = ["native"]
# names = [["memory_database.py"]]
# line = ["execute", "DATABASE.commit", "time.sleep"]
# unseen = "the process is compared from its first to its last look, and this one shrinks at the end"
# ///

import sqlite3
import time

DATABASE = sqlite3.connect(":memory:")
DATABASE.execute("create table pictures (number integer, data blob)")


def put(i):
    DATABASE.execute("insert into pictures values (?, ?)", (i, bytes([i % 256]) * 1_000_000))
    DATABASE.commit()
    time.sleep(0.02)


def step(i):
    put(i)


def step_fixed(i):
    DATABASE.execute("delete from pictures")
    put(i)


def cleanup():
    DATABASE.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
