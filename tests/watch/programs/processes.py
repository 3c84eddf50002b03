"""Processes whose output is read, but that nobody waits for."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["Popen"], ["encoders"], ["wait", "communicate"]]
# line = ["subprocess.Popen("]
# ///

import subprocess

encoders = []


def encode(i):
    encoder = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    encoder.stdin.write(b"frame %d" % i)
    encoder.stdin.flush()
    encoders.append(encoder)
    return encoder.stdout.read(3)


def step(i):
    encode(i)


def step_fixed(i):
    encode(i)
    encoders.pop().communicate()


TURNS = 20


if __name__ == "__main__":
    from _run import main

    main(globals())
