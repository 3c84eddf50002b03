"""Programs of other people's making, with one line of Drypoint and without: the programs in `lifetime/`.

Each contender is the same loop run in one of the ways that `lifetime/turns.py` lists. Beside plain text stand what a
careful hand writes, what people do today (a collection after every turn, one figure for all turns), and glibc told by
its environment to keep what is freed, which takes no Drypoint at all.
"""

from __future__ import annotations

from cases import HERE, Case, Contender
from flat_targets import Flat, PeakShare, Turn
from targets import AtMost, Faster, Peak, Target, Zero

PLAIN, HAND, SCOPE, EACH = "plain", "by hand", "dp.scope", "dp.each"
TUNED = "tuned glibc"
MANAGE, SYSTEM, COLLECTED = "dp.manage", 'manage(reuse="system")', "gc.collect each turn"
WAYS = {
    PLAIN: "plain",
    HAND: "hand",
    TUNED: "tuned",
    SCOPE: "scope",
    EACH: "each",
    MANAGE: "manage",
    SYSTEM: "system",
    COLLECTED: "collected",
}
OURS = (SCOPE, EACH, MANAGE, SYSTEM)
REPEATS = 5
FLAT_BYTES = 10_000_000
# What two runs of the same program differ by on a quiet machine of two cores.
NOISE = 1.03


def program(name: str, file: str, way: str, *arguments: str) -> Contender:
    """One program run in one way."""
    command = ("{peers}", str(HERE / "lifetime" / f"{file}.py"), WAYS[way], *arguments)
    return Contender(name, command, ours=way in OURS, limit_seconds=900, draws=False)


def in_turn(file: str, ways: tuple[str, ...], *arguments: str) -> tuple[Contender, ...]:
    """A program in several ways, named after them."""
    return tuple(program(way, file, way, *arguments) for way in ways)


def case(
    name: str, title: str, contenders: tuple[Contender, ...], targets: tuple[Target, ...], **settings
) -> Case:
    """A case without files, whose contenders compute the same."""
    defaults = {"agreement": "totals", "repeats": REPEATS}
    return Case(f"lifetime-{name}", title, (), contenders, targets, **(defaults | settings))


def beside(ways: tuple[str, ...], times: float | None = None, faults: int = -1) -> tuple[Target, ...]:
    """A line for a turn of each way beside plain text; the pool's two have to be so many times faster."""
    pooled = (SCOPE, MANAGE)
    return tuple(
        Turn(way, PLAIN, times if way in pooled else None, faults if way in pooled else -1)
        for way in ways
        if way != PLAIN
    )


def peaks(rival: str, factor: float) -> tuple[Target, ...]:
    """The pool's peaks."""
    return tuple(PeakShare(ours, rival, factor) for ours in (SCOPE, MANAGE))


def no_slower(rival: str, factor: float) -> tuple[Target, ...]:
    """A turn with the pool takes at most `factor` times that of a rival."""
    return tuple(AtMost(ours, ((rival, "turn_seconds", factor),), "turn_seconds") for ours in (SCOPE, MANAGE))


def arrays(quick: bool) -> list[Case]:
    """NumPy alone: arithmetic and what makes arrays."""
    ways = (PLAIN, HAND, TUNED, SCOPE, MANAGE, SYSTEM)
    turns = ("12",) if quick else ()
    cases = []
    for size, times in (("1MB", 5), ("8MB", 2), ("25MB", 1.4), ("100MB", 1.4)):
        title = f"a * 0.5 + b * 0.5, float32, {size}"
        targets = (*beside(ways, times), *peaks(PLAIN, 1.1))
        cases.append(case(f"blend-{size}", title, in_turn("blend", ways, size, *turns), targets))
    for maker in ("astype", "concatenate", "ones"):
        title = f"{maker}, two results of 25 MB at a time"
        targets = (*beside(ways, 2.5), *peaks(PLAIN, 1.1))
        cases.append(case(maker, title, in_turn("makers", ways, maker, *turns), targets))
    ways = (PLAIN, TUNED, SCOPE, MANAGE, SYSTEM)
    for kind, words in (("zeros", "untouched"), ("filled", "then filled")):
        for size in ("64KB", "1MB", "8MB", "25MB", "100MB", "1GB"):
            if (kind, size) == ("filled", "1GB"):
                continue
            title = f"np.zeros of {size}, {words}"
            targets = (*beside(ways), *no_slower(PLAIN, 1.1))
            contenders = in_turn("makers", ways, f"{kind}-{size}", *turns)
            cases.append(case(f"{kind}-{size}", title, contenders, targets))
    return cases


def frames(quick: bool) -> list[Case]:
    """OpenCV on 4K frames."""
    ways = (PLAIN, HAND, TUNED, SCOPE, MANAGE, SYSTEM)
    turns = ("12",) if quick else ()
    steps = {
        "gray": "gray",
        "blur": "Gaussian blur",
        "difference": "absdiff and threshold",
        "rgb": "RGB",
        "resize": "resize to half",
        "pipeline": "gray, blur, absdiff, threshold, RGB, resize",
    }
    cases = []
    for step, words in steps.items():
        targets = (*beside(ways, 1.5, 500), *no_slower(HAND, 1.05), *peaks(HAND, 1.1))
        title = f"a 4K frame: {words}"
        cases.append(case(f"frame-{step}", title, in_turn("frames", ways, step, *turns), targets))
    targets = (*beside(ways, 1.5), *no_slower(HAND, 1.1), *peaks(PLAIN, 1.1))
    title = "a running mean of 4K frames in float32, with convertScaleAbs"
    return [*cases, case("frame-mean", title, in_turn("frames", ways, "mean", *turns), targets)]


def pages(quick: bool) -> list[Case]:
    """Figures: 200 pages, a long line, an animation."""
    turns = ("12",) if quick else ()
    closed, dropped, never = ("plt.close", "Figure() dropped", "never closed")
    flat = {
        f"{EACH}, {ending}": setting
        for ending, setting in ((closed, "closed"), (dropped, "dropped"), (never, "never"))
    }
    contenders = (
        program(closed, "pages", PLAIN, "closed", *turns),
        program(dropped, "pages", PLAIN, "dropped", *turns),
        program(never, "pages", PLAIN, "never", *turns),
        program(f"{closed}, {COLLECTED}", "pages", COLLECTED, "closed", *turns),
        program("one figure for all", "pages", HAND, "closed", *turns),
        *(program(name, "pages", EACH, setting, *turns) for name, setting in flat.items()),
        program(f"{MANAGE}, {closed}", "pages", MANAGE, "closed", *turns),
        program(f"{SYSTEM}, {closed}", "pages", SYSTEM, "closed", *turns),
    )
    targets: list[Target] = []
    for name in flat:
        targets += [
            Flat(name, FLAT_BYTES),
            PeakShare(name, closed, 0.6),
            AtMost(name, ((closed, "turn_seconds", NOISE),), "turn_seconds"),
        ]
    for contender in contenders:
        if contender.name not in flat:
            targets.append(Flat(contender.name, None))
            if contender.name != closed:
                targets += [PeakShare(contender.name, closed, None), Turn(contender.name, closed)]
    title = "200 pages of 1920x1080 with an image of 1000x1000 float64"
    cases = [case("pages", title, contenders, tuple(targets))]
    for loop, words in (("line", "a line of a million points"), ("animation", "a FuncAnimation to a GIF")):
        ways = (PLAIN, COLLECTED, EACH, MANAGE)
        shown = tuple(Flat(way, FLAT_BYTES if way == EACH else None) for way in ways)
        shares = tuple(PeakShare(way, PLAIN, None) for way in ways[1:])
        speed = tuple(Turn(way, PLAIN) for way in ways[1:])
        contenders = in_turn("plots", ways, loop, *turns)
        cases.append(case(loop, f"a loop over {words}", contenders, (*shown, *shares, *speed)))
    return cases


def in_threads(ours: str) -> tuple[Target, ...]:
    """What is asked of eight threads in one of our ways."""
    return (
        Zero(ours, "errors", "errors"),
        Flat(ours, 3 * FLAT_BYTES),
        AtMost(ours, ((PLAIN, "turn_seconds", NOISE),), "turn_seconds"),
        Faster(ours, (PLAIN,), None, "figure_seconds"),
        Faster(ours, (PLAIN,), None, "frame_seconds"),
        PeakShare(ours, PLAIN, None),
    )


def small(quick: bool) -> list[Case]:
    """Nothing large, hence nothing to gain: what it costs to have Drypoint on."""
    turns = ("6",) if quick else ()
    cases = []
    for setting, words, factor in (
        ("empty", "np.empty(10), 200,000 times", 1.05),
        ("arange", "np.arange(100) + 1, 50,000 times", 1.05),
        ("arrays", "arithmetic with a hundred values, 2,000 times", 1.05),
        ("figures", "a small figure", 1.02),
        ("text", "Matplotlib's text", 1.02),
        ("words", "pure Python: words counted", 1.02),
    ):
        ways = (PLAIN, MANAGE, SYSTEM)
        targets = (
            AtMost(MANAGE, ((PLAIN, "turn_cpu_seconds", factor),), "turn_cpu_seconds"),
            *beside(ways),
        )
        contenders = in_turn("small", ways, setting, *turns)
        cases.append(case(f"small-{setting}", f"nothing large: {words}", contenders, targets, repeats=11))
    return cases


def others(quick: bool) -> list[Case]:
    """Nothing to do, cycles of few objects and many bytes, and eight threads."""
    seconds = "20" if quick else "60"
    return [
        *small(quick),
        case(
            "cycles",
            "60 arrays of 50 MB in cycles",
            in_turn("cycles", (PLAIN, COLLECTED, EACH, MANAGE), "60x50MB", *(("12",) if quick else ())),
            (
                Peak((MANAGE,), 430_000_000),
                Peak((EACH,), 430_000_000),
                *(AtMost(ours, ((PLAIN, "turn_seconds", NOISE),), "turn_seconds") for ours in (MANAGE, EACH)),
                *(PeakShare(way, PLAIN, None) for way in (MANAGE, EACH, COLLECTED)),
                *(Turn(way, PLAIN) for way in (MANAGE, EACH, COLLECTED)),
            ),
        ),
        case(
            "threads",
            f"eight threads for {seconds} s, four with figures, four with frames; a turn of each",
            in_turn("threads", (PLAIN, EACH, MANAGE), seconds),
            (*(line for ours in (EACH, MANAGE) for line in in_threads(ours)), Flat(PLAIN, None)),
            agreement="none",
        ),
    ]


def lifetime_cases(quick: bool) -> list[Case]:
    """All of them; a quick one runs a few turns of each, to see that everything works."""
    return [*arrays(quick), *frames(quick), *pages(quick), *others(quick)]
