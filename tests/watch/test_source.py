"""What is read from a program's text. Each test is a small program and what a reader of it would say."""

import ast
import linecache
import textwrap

import pytest
from drypoint._watch import source
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture
def program(request):
    """Makes a file of a text, in linecache only, as cells of a notebook are."""
    names = []

    def make(text):
        name = f"<program {request.node.nodeid} {len(names)}>"
        text = textwrap.dedent(text).lstrip("\n")
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        names.append(name)
        return name

    yield make
    for name in names:
        del linecache.cache[name]


def places(found):
    return [(place.line, place.function, place.how) for place in found]


def stores(found):
    return [(store.line, store.how, store.stored) for store in found.stores]


class TestStores:
    @pytest.mark.parametrize(
        ("statement", "how", "stored"),
        [
            ("X.append(load(i))", "append", "load(i)"),
            ("X.appendleft(load(i))", "appendleft", "load(i)"),
            ("X.extend(load(i) for i in range(3))", "extend", "(load(i) for i in range(3))"),
            ("X.add(load(i))", "add", "load(i)"),
            ("X.insert(0, load(i))", "insert", "load(i)"),
            ("X.update(a=load(i))", "update", "load(i)"),
            ("X.update({i: load(i)})", "update", "{i: load(i)}"),
            ("X.setdefault(i, load(i))", "setdefault", "load(i)"),
            ("X.put(load(i))", "put", "load(i)"),
            ("X[i] = load(i)", "[k] =", "load(i)"),
            ("X[i]: object = load(i)", "[k] =", "load(i)"),
            ("X[i] += load(i)", "[k] +=", "load(i)"),
            ("X[i].append(load(i))", "[...].append", "load(i)"),
            ("X[i][0] = load(i)", "[k] =", "load(i)"),
            ("X.setdefault(i, []).append(load(i))", "[...].append", "load(i)"),
            ("X += [load(i)]", "+=", "load(i)"),
            ("X += load(i)", "+=", "load(i)"),
            ("X |= {load(i)}", "+=", "{load(i)}"),
            ("X = X + [load(i)]", "= x +", "load(i)"),
            ("X = [*X, load(i)]", "= [*x, ...]", "load(i)"),
            ("X = {**X, i: load(i)}", "= {**x, ...}", "load(i)"),
            ("X = np.append(X, load(i))", "np.append", "load(i)"),
            ("X = np.concatenate([X, load(i)])", "np.concatenate", "load(i)"),
            ("X = np.vstack((X, load(i)))", "np.vstack", "load(i)"),
            ("X = pd.concat([X, load(i)])", "pd.concat", "load(i)"),
            ("X = X.append(load(i))", "append", "load(i)"),
            ("heapq.heappush(X, load(i))", "heappush", "load(i)"),
            ("bisect.insort(X, load(i))", "insort", "load(i)"),
        ],
    )
    def test_all_ways_to_put_something_in(self, program, statement, how, stored):
        file = program(f"X = start()\ndef step(i):\n    global X\n    {statement}\n")
        found = source.uses(file, "X")
        assert stores(found) == [(4, how, stored)]
        assert found.stores[0].function == "step"
        assert places(found.made) == [(1, "<module>", "start()")]
        assert not found.removes and not found.reads

    @pytest.mark.parametrize(
        ("statement", "how"),
        [
            ("X.pop()", "pop"),
            ("X.popleft()", "popleft"),
            ("X.clear()", "clear"),
            ("X.remove(i)", "remove"),
            ("X.discard(i)", "discard"),
            ("X.popitem()", "popitem"),
            ("del X[0]", "del"),
            ("del X[:-10]", "del"),
            ("del X", "del"),
            ("X = []", "replaced"),
            ("X = None", "replaced"),
            ("X = X[-10:]", "replaced"),
            ("X = [one for one in X if one.alive]", "replaced"),
            ("X[:] = X[-10:]", "slice assigned"),
            ("X -= {i}", "-="),
            ("heapq.heappop(X)", "heappop"),
        ],
    )
    def test_all_ways_to_take_something_out(self, program, statement, how):
        file = program(f"X = []\ndef step(i):\n    global X\n    {statement}\n")
        found = source.uses(file, "X")
        assert places(found.removes) == [(4, "step", how)]
        assert not found.stores

    @pytest.mark.parametrize(
        ("statement", "how"),
        [
            ("for x in X: print(x)", "iterated"),
            ("for x in reversed(X[2:]): print(x)", "iterated"),
            ("for k, v in X.items(): print(v)", "iterated"),
            ("print([x for x in X])", "iterated"),
            ("yield from X", "iterated"),
            ("print(X[i])", "indexed"),
            ("print(X.get(i))", "indexed"),
            ("print(X[1:])", "indexed"),
            ("show(X)", "passed to show"),
            ("video.show(1, frames=X)", "passed to show"),
            ("show(*X)", "passed to show"),
            ("list(X)", "passed to list"),
            ("print(len(X))", "length"),
            ("return X", "returned"),
            ("yield X", "returned"),
            ("if X: print()", "tested"),
            ("if i in X: print()", "member"),
            ("Y = X", "bound"),
            ("X.sort()", "method sort"),
            ("X.shape", "read"),
        ],
    )
    def test_all_ways_to_look(self, program, statement, how):
        file = program(f"X = []\ndef step(i):\n    {statement}\n")
        found = source.uses(file, "X")
        assert places(found.reads) == [(3, "step", how)]
        assert not found.stores and not found.removes

    def test_queues_give_out_with_get(self, program):
        file = program("Q = Queue()\ndef a(f):\n    Q.put(f)\ndef b():\n    return Q.get()\n")
        found = source.uses(file, "Q")
        assert places(found.removes) == [(5, "b", "get")] and stores(found) == [(3, "put", "f")]

    def test_a_call_over_several_lines_is_told_where_it_begins(self, program):
        file = program("X = []\ndef step(i):\n    X.append(\n        load(\n            i))\n")
        assert stores(source.uses(file, "X")) == [(3, "append", "load(i)")]


class TestNames:
    def test_a_local_variable_of_the_same_name_is_another(self, program):
        file = program("""
            X = []
            def one(i):
                X = []
                X.append(i)
            def two(i):
                X.append(i + 1)
            def three(X):
                X.append(3)
            class Four:
                X = 4
                def five(self):
                    X.append(5)
            six = [X for X in range(6)]
        """)
        assert [store.function for store in source.uses(file, "X").stores] == ["two", "five"]
        assert [store.function for store in source.uses(file, "X", "one").stores] == ["one"]
        assert [store.stored for store in source.uses(file, "three.X").stores] == ["3"]

    def test_closures_and_nonlocal(self, program):
        file = program("""
            def outer():
                seen = []
                total = None
                def inner(frame):
                    nonlocal total
                    seen.append(frame)
                    total = [*total, frame]
                return inner
        """)
        for name, function in (
            ("seen", None),
            ("seen", "inner"),
            ("inner.seen", None),
            ("outer.<locals>.inner.seen", None),
        ):
            assert stores(source.uses(file, name, function)) == [(6, "append", "frame")]
        assert stores(source.uses(file, "total")) == [(7, "= [*x, ...]", "frame")]

    def test_global_passes_by_the_functions_around(self, program):
        file = program("""
            X = []
            def outer():
                X = []
                def inner():
                    global X
                    X.append(1)
                X.append(2)
        """)
        assert [store.stored for store in source.uses(file, "X").stores] == ["1"]
        assert [store.stored for store in source.uses(file, "outer.X").stores] == ["2"]

    def test_attributes_of_any_object(self, program):
        file = program("""
            class Viewer:
                def __init__(self):
                    self.history = []
                def show(self, image):
                    self.history.append(image)
                    self.other.append(image)
            def reset(viewer):
                viewer.history = []
        """)
        for name in (".history", "self.history", "viewer.history"):
            found = source.uses(file, name)
            assert stores(found) == [(5, "append", "image")]
            assert places(found.made) == [(3, "__init__", "[]")]
            assert places(found.removes) == [(8, "reset", "replaced")]

    def test_a_leading_dot_means_no_function(self, program):
        for name in ("x", "any", "self"):
            file = program(f"def {name}(seen=[]):\n    seen.append(1)\n    box.seen.append(2)\n")
            assert [store.stored for store in source.uses(file, ".seen").stores] == ["2"]
            assert [store.stored for store in source.uses(file, f"{name}.seen").stores] == ["1"]

    def test_default_arguments(self, program):
        file = program("""
            def annotate(image, text, seen=[]):
                if image not in seen[-1:]:
                    seen.append(image)
                draw(image, text)
                return image
        """)
        found = source.uses(file, "annotate.seen")
        assert places(found.made) == [(1, "annotate", "[]")]
        assert stores(found) == [(3, "append", "image")] and found.used_elsewhere == [True]

    def test_defaults_and_first_sources_belong_outside(self, program):
        file = program("""
            X = []
            def f(X=X.pop(), *, y=X.clear()):
                return [X for X in X]
        """)
        found = source.uses(file, "X")
        assert [place.how for place in found.removes] == ["pop", "clear"] and not found.reads
        assert [place.how for place in source.uses(file, "f.X").reads] == ["iterated"]

    def test_items_of_a_container(self, program):
        file = program("""
            STORE = {"frames": [], "names": []}
            def step(i):
                STORE["frames"].append(load(i))
                STORE["names"].append(str(i))
        """)
        assert stores(source.uses(file, "STORE['frames']")) == [(3, "append", "load(i)")]
        assert len(source.uses(file, "STORE").stores) == 2
        assert stores(source.uses(file, "STORE['frames'][17]")) == [(3, "append", "load(i)")]

    def test_what_cannot_be_known_is_none(self, program, tmp_path):
        file = program("X = 1\n")
        for name in ("Y", ".y", "f.y", "X[", "", "X['a']"):
            assert source.uses(file, name) is None
        assert source.uses(program("X = = 1\n"), "X") is None
        assert source.uses(program("X = '\0'\n"), "X") is None
        assert source.uses(str(tmp_path / "missing.py"), "X") is None
        assert source.uses("<string>", "X") is None
        assert source.statement("<string>", 1) is None and source.binding("<string>", 1) is None

    def test_a_file_is_read_again_when_linecache_has_new_lines(self, program):
        file = program("X = []\nX.append(1)\n")
        assert stores(source.uses(file, "X")) == [(2, "append", "1")]
        linecache.cache[file] = (1, None, ["X = []\n", "X.append(2)\n"], file)
        assert stores(source.uses(file, "X")) == [(2, "append", "2")]

    def test_a_file_on_disk(self, tmp_path):
        path = tmp_path / "app.py"
        path.write_text("X = []\nX.append(1)\n")
        assert stores(source.uses(str(path), "X")) == [(2, "append", "1")]


class TestUsedElsewhere:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("X.append(load(i))", False),
            ("f = load(i); X.append(f)", False),
            ("f = load(i); X.append(f); return f", False),
            ("f = load(i); X.append(f); return i, f", False),
            ("f = load(i); print(f.shape, len(f)); X.append(f)", False),
            ("f = load(i); f = resize(f, 2); X.append(f)", False),
            ("f = load(i); f[0] = 1; f.fill(0); np.sin(i, out=f); X.append(f)", False),
            ("f = load(i)\n    if f is None: return\n    X.append(f)", False),
            ("f = load(i); X.append(f.copy())", False),
            ("X.append(f := load(i))", False),
            ("f = load(i)\n    if f not in X: X.append(f)", False),
            ("for f in camera(i): X.append(f)", False),
            ("try: load(i)\n    except OSError as f: X.append(f)", False),
            ("with open(i) as f: X.append(f)", False),
            ("f = load(i); show(f); X.append(f)", True),
            ("f = load(i); f.save('a.png'); X.append(f)", True),
            ("f = load(i); X.append(f); Y.append(f)", True),
            ("f = load(i); X.append((1, f)); show(f)", None),
            ("f = load(i); X.append([f]); show(f)", True),
            ("f = load(i); total = f + 1; X.append(f)", True),
            ("f = load(i); X.append(f); return show(f)", True),
            ("X.append(f := load(i)); show(f)", True),
            ("X.append(i)", None),
            ("show(i); X.append(i)", True),
            ("X.append(self.frame)", None),
            ("for f in CLIP: X.append(f)", None),
            ("f = LAST; X.append(f)", None),
            ("X[i] = load(i)", False),
            ("X[i] = load(i); show(X[i])", True),
            ("X[i] = load(i); return X[i]", True),
            ("X[i] = load(i); return X.get(i)", True),
            ("X[i] = load(i); show(X[i - 1])", False),
            ("X[i] = f = load(i); show(f)", True),
            ("X[i] = f = load(i)", False),
            ("show(X.setdefault(i, load(i)))", True),
            ("X.setdefault(i, load(i))", False),
        ],
    )
    def test_what_else_is_done_with_it(self, program, body, expected):
        found = source.uses(program(f"X, Y = [], []\ndef step(i):\n    {body}\n"), "X")
        assert found.used_elsewhere == [expected]

    def test_only_the_same_function_and_the_same_variable_count(self, program):
        file = program("""
            X = []
            def step(i):
                f = load(i)
                X.append(f)
                g = lambda f: show(f)
            def other(f):
                show(f)
        """)
        assert source.uses(file, "X").used_elsewhere == [False]

    def test_two_stores_of_one_value_are_no_use(self, program):
        file = program("X = []\ndef step(i):\n    f = load(i)\n    X.append(f)\n    X.append(f)\n")
        assert source.uses(file, "X").used_elsewhere == [False, False]


class TestConsumed:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("for f in X:\n        writer.write(f)", (4, "writer.write")),
            ("for f in X: writer.append_data(f)", (3, "writer.append_data")),
            ("for i, f in enumerate(X): cv2.imwrite(f'{i}.png', f)", (3, "cv2.imwrite")),
            ("for i, f in enumerate(X): f.save(f'{i}.png')", (3, "f.save")),
            ("for f, n in zip(X, names): imsave(n, f)", (3, "imsave")),
            ("for f in tqdm(X[1:]): pipe.stdin.write(f.tobytes())", (3, "pipe.stdin.write")),
            ("for k, f in X.items(): f.savefig(k)", (3, "f.savefig")),
            ("for f in X:\n        g = cv2.cvtColor(f, 4)\n        writer.write(g)", (5, "writer.write")),
            ("[writer.write(f) for f in X]", (3, "writer.write")),
            ("list(map(writer.write, X))", (3, "writer.write")),
            ("for i in range(len(X)): writer.write(X[i])", (3, "writer.write")),
            ("while X: writer.write(X.pop(0))", (3, "writer.write")),
            ("while X:\n        f = X.popleft()\n        writer.write(f)", (5, "writer.write")),
            ("imageio.mimsave('a.gif', X)", (3, "imageio.mimsave")),
            ("iio.imwrite('a.gif', np.stack(X))", (3, "iio.imwrite")),
            ("ImageSequenceClip(X, fps=10)", (3, "ImageSequenceClip")),
            ("ArtistAnimation(fig, X)", (3, "ArtistAnimation")),
            ("X[0].save('a.gif', save_all=True, append_images=X[1:])", (3, "X[0].save")),
            ("imageio.mimsave('a.gif', [np.asarray(f) for f in X])", (3, "imageio.mimsave")),
            ("out.write(b''.join(X))", (3, "out.write")),
            ("out.writelines(X)", (3, "out.writelines")),
            ("for f in X: show(f)", None),
            ("for i, f in enumerate(X): log.write(str(i))", None),
            ("for f, n in zip(X, names): log.write(n)", None),
            ("for k, f in X.items(): log.write(k)", None),
            ("cv2.imwrite('a.png', X)", None),
            ("cv2.imwrite('a.png', X[-1])", None),
            ("for i in range(3): writer.write(X[0])", None),
            ("np.save('a.npy', np.stack(X))", None),
            ("print(len(X))", None),
            ("for f in Y: writer.write(f)", None),
        ],
    )
    def test_items_that_go_to_a_writer(self, program, body, expected):
        found = source.uses(program(f"X, Y = [], []\ndef finish(names):\n    {body}\n    len(X)\n"), "X")
        assert found.consumed_one_by_one == expected

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("frames = collect(3)\n    mimsave('a.gif', frames)", (7, "mimsave")),
            ("for f in collect(3): writer.write(f)", (6, "writer.write")),
            ("mimsave('a.gif', collect(3))", (6, "mimsave")),
            ("frames = collect(3)\n    show(frames)", None),
            ("frames = other(3)\n    mimsave('a.gif', frames)", None),
        ],
    )
    def test_a_caller_writes_what_a_function_gathered(self, program, body, expected):
        file = program(
            f"def collect(n):\n    X = []\n    X.append(n)\n    return X\ndef main():\n    {body}\n"
        )
        assert source.uses(file, "collect.X").consumed_one_by_one == expected


class TestLines:
    def test_what_a_statement_gives(self, program):
        file = program("""
            fig, ax = plt.subplots()
            class Viewer:
                def draw(self, frame):
                    self.fig = Figure()
                    (a, *b), c.d = split(
                        frame,
                        2,
                    )
                    with open("a") as file, lock:
                        data = file.read()
                    for number, (x, y) in enumerate(
                        frame
                    ):
                        if (size := len(x)) > 3:
                            CACHE[size] = total = x
                    total += 1
                    value: int = 3
                    print(total)
        """)
        function = {1: "<module>", 3: "Viewer"}
        expected = {
            1: ["fig", "ax"],
            4: ["self.fig"],
            5: ["a", "b", "c.d"],
            7: ["a", "b", "c.d"],
            8: ["a", "b", "c.d"],
            9: ["file"],
            10: ["data"],
            11: ["number", "x", "y"],
            12: ["number", "x", "y"],
            14: ["size"],
            15: ["total"],
            16: ["total"],
            17: ["value"],
            18: [],
        }
        for line, names in expected.items():
            found = source.binding(file, line)
            assert found.names == names
            assert found.function == function.get(line, "draw")

    def test_the_text_of_a_statement(self, program):
        file = program("""
            @cached(1)
            def step(i, *, quick=False):
                # comment
                frame  =  load(i)  # another
                return show(
                    frame,  # the picture

                    title="it's",
                )
            try:
                for i in range(
                    3
                ):

                    step(i); step(i + 1)
            except ValueError as error:
                raise
            x = ["aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccc", "dddddddddddddddddd"]
        """)
        text = {line: source.statement(file, line) for line in range(1, 20)}
        assert text[1] == text[2] == "def step(i, *, quick=False):"
        assert text[3] is None and text[14] is None
        assert text[4] == "frame  =  load(i)"
        assert {text[line] for line in range(5, 10)} == {'return show(frame, title="it\'s")'}
        assert text[10] == "try:"
        assert text[11] == text[12] == text[13] == "for i in range(3):"
        assert text[15] in ("step(i)", "step(i + 1)")
        assert text[16] == "except ValueError as error:"
        assert len(text[18]) == 100 and text[18].endswith("…") and text[19] is None


NAMES = st.sampled_from(["X", "y", "f"])
EXPRESSIONS = st.recursive(
    NAMES | st.sampled_from(["1", "None", "[]", "{}"]),
    lambda inner: st.one_of(
        st.builds("{}({})".format, NAMES, inner),
        st.builds("{}.append({})".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("[{} for f in {}]".format, inner, inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("(lambda X={}: {})".format, inner, inner),
        st.builds("(y := {})".format, inner),
        st.builds("g({}, *{}, k={})".format, inner, inner, inner),
    ),
    max_leaves=6,
)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    st.builds("X = {}".format, EXPRESSIONS),
    st.builds("X[{}] = {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("X += {}".format, EXPRESSIONS),
    st.builds("for f in {}: {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("del X[{}]".format, EXPRESSIONS),
    st.builds("if {}: {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("def f(X, y={}): return {}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("class X: y = {}".format, EXPRESSIONS),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=6))
def test_any_program_is_read_and_each_line_has_its_statement(lines):
    text = "\n".join(lines) + "\n"
    try:
        ast.parse(text)
    except SyntaxError:
        return
    name = "<any program>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    for wanted in ("X", "y", ".append", "f.X", "f.y", "X[1]"):
        found = source.uses(name, wanted)
        if found is not None:
            assert all(
                1 <= place.line <= len(lines)
                for place in (*found.made, *found.stores, *found.reads, *found.removes)
            )
    for line in range(1, len(lines) + 1):
        assert source.statement(name, line) and source.binding(name, line) is not None
