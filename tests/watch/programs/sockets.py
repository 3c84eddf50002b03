"""A viewer that never hangs up."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["socket"], ["clients"], ["close"]]
# line = ["socket.socketpair"]
# ///

import socket

clients = []


def ask(i):
    here, there = socket.socketpair()
    there.sendall(b"picture %d" % i)
    there.close()
    clients.append(here)
    return here.recv(100)


def step(i):
    ask(i)


def step_fixed(i):
    ask(i)
    clients[-1].close()


if __name__ == "__main__":
    from _run import main

    main(globals())
