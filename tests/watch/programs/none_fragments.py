"""Many small objects that come and go, and a few among them that stay."""
# /// case
# kind = "none"
# verdict = []
# ///

kept = []


def step(i):
    made = [bytes(200 + k % 300) for k in range(40_000)]
    kept.extend(made[::4000])


if __name__ == "__main__":
    from _run import main

    main(globals())
