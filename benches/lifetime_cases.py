"""Programs of other people's making, with one line of Drypoint and without: the programs in `lifetime/`.

Each contender is the same loop run in one of the ways that `lifetime/turns.py` lists. Beside plain text stand what a
careful hand writes, and what people do today: a collection after every turn, one figure for all turns.
"""

from __future__ import annotations

from cases import HERE, Case, Contender
from flat_targets import FasterWhereFaulting, Flat, PeakShare
from targets import AtMost, Faster, Peak, Target, Zero

PLAIN, HAND, SCOPE, EACH = "plain", "by hand", "dp.scope", "dp.each"
MANAGE, SYSTEM, COLLECTED = "dp.manage", 'manage(reuse="system")', "gc.collect each turn"
WAYS = {
    PLAIN: "plain",
    HAND: "hand",
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


def arrays(quick: bool) -> list[Case]:
    """NumPy alone: arithmetic and what makes arrays."""
    ways = (PLAIN, HAND, SCOPE, MANAGE, SYSTEM)
    turns = ("12",) if quick else ()
    cases = []
    for size, times in (("1MB", 5), ("8MB", 2), ("25MB", 1.4), ("100MB", 1.4)):
        targets = (
            *(Faster(ours, (PLAIN,), times, "turn_seconds") for ours in (SCOPE, MANAGE)),
            *(Faster(shown, (PLAIN,), None, "turn_seconds") for shown in (SYSTEM, HAND)),
            *(PeakShare(ours, PLAIN, 1.1) for ours in (SCOPE, MANAGE)),
        )
        cases.append(
            case(
                f"blend-{size}",
                f"a * 0.5 + b * 0.5, float32, {size}",
                in_turn("blend", ways, size, *turns),
                targets,
            )
        )
    for maker in ("astype", "concatenate", "ones"):
        targets = (
            *(Faster(ours, (PLAIN,), 2.5, "turn_seconds") for ours in (SCOPE, MANAGE)),
            *(Faster(shown, (PLAIN,), None, "turn_seconds") for shown in (SYSTEM, HAND)),
            PeakShare(MANAGE, PLAIN, 1.1),
        )
        title = f"{maker}, two results of 25 MB at a time"
        cases.append(case(maker, title, in_turn("makers", ways, maker, *turns), targets))
    ways = (PLAIN, SCOPE, MANAGE, SYSTEM)
    for maker, size in (("zeros", "25 MB"), ("zeros-1GB", "1 GB")):
        targets = (
            *(AtMost(ours, ((PLAIN, "turn_seconds", 1.1),), "turn_seconds") for ours in (SCOPE, MANAGE)),
            Faster(SYSTEM, (PLAIN,), None, "turn_seconds"),
        )
        title = f"np.zeros of {size}, untouched"
        cases.append(case(maker, title, in_turn("makers", ways, maker, *turns), targets))
    return cases


def frames(quick: bool) -> list[Case]:
    """OpenCV on 4K frames."""
    ways = (PLAIN, HAND, SCOPE, MANAGE, SYSTEM)
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
        targets = tuple(
            target
            for ours in (SCOPE, MANAGE)
            for target in (
                AtMost(ours, ((HAND, "turn_seconds", 1.05),), "turn_seconds"),
                FasterWhereFaulting(ours, PLAIN, 1.5, 500),
                PeakShare(ours, HAND, 1.1),
            )
        )
        targets += (FasterWhereFaulting(SYSTEM, PLAIN, 1.5, 500),)
        title = f"a 4K frame: {words}"
        cases.append(case(f"frame-{step}", title, in_turn("frames", ways, step, *turns), targets))
    targets = (
        *(Faster(ours, (PLAIN,), 1.5, "turn_seconds") for ours in (SCOPE, MANAGE)),
        *(AtMost(ours, ((HAND, "turn_seconds", 1.1),), "turn_seconds") for ours in (SCOPE, MANAGE)),
        Faster(SYSTEM, (PLAIN,), None, "turn_seconds"),
        PeakShare(MANAGE, PLAIN, 1.1),
    )
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
                targets += [
                    PeakShare(contender.name, closed, None),
                    Faster(contender.name, (closed,), None, "turn_seconds"),
                ]
    title = "200 pages of 1920x1080 with an image of 1000x1000 float64"
    cases = [case("pages", title, contenders, tuple(targets))]
    for loop, words in (("line", "a line of a million points"), ("animation", "a FuncAnimation to a GIF")):
        ways = (PLAIN, COLLECTED, EACH, MANAGE)
        shown = tuple(Flat(way, FLAT_BYTES if way == EACH else None) for way in ways)
        shares = tuple(PeakShare(way, PLAIN, None) for way in ways[1:])
        speed = tuple(Faster(way, (PLAIN,), None, "turn_seconds") for way in ways[1:])
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


def others(quick: bool) -> list[Case]:
    """Nothing to do, cycles of few objects and many bytes, and eight threads."""
    seconds = "2" if quick else "60"
    return [
        case(
            "small",
            "nothing large: words, small arrays, Matplotlib's text",
            in_turn("small", (PLAIN, MANAGE, SYSTEM), "text", *(("6",) if quick else ())),
            (
                AtMost(MANAGE, ((PLAIN, "turn_cpu_seconds", 1.02),), "turn_cpu_seconds"),
                Faster(MANAGE, (PLAIN,), None, "turn_seconds"),
                Faster(SYSTEM, (PLAIN,), None, "turn_cpu_seconds"),
            ),
            repeats=11,
        ),
        case(
            "cycles",
            "60 arrays of 50 MB in cycles",
            in_turn("cycles", (PLAIN, COLLECTED, EACH, MANAGE), "60x50MB", *(("12",) if quick else ())),
            (
                Peak((MANAGE,), 430_000_000),
                Peak((EACH,), 430_000_000),
                *(AtMost(ours, ((PLAIN, "turn_seconds", NOISE),), "turn_seconds") for ours in (MANAGE, EACH)),
                *(PeakShare(way, PLAIN, None) for way in (MANAGE, EACH, COLLECTED)),
                Faster(COLLECTED, (PLAIN,), None, "turn_seconds"),
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
