"""The words that tell what is done with a container: names of methods and functions, as common libraries have them."""

from __future__ import annotations

__all__ = ["GATHER", "HAND_ON", "JOIN", "METADATA", "PUT", "TAKE", "WHOLE", "WRAP", "WRITE"]

#: Methods that put something in, and which argument that is.
PUT = {
    "append": 0,
    "appendleft": 0,
    "add": 0,
    "extend": 0,
    "extendleft": 0,
    "insert": 1,
    "update": 0,
    "setdefault": 1,
    "put": 0,
    "put_nowait": 0,
    "push": 0,
}

#: Functions that put into their first argument, and which argument that is.
HAND_ON = {"heappush": 1, "heappushpop": 1, "insort": 1, "insort_left": 1, "insort_right": 1}

#: Methods, and functions of a container, by which something leaves it.
TAKE = frozenset({"pop", "popleft", "popitem", "clear", "remove", "discard", "heappop", "heapreplace"})

#: Functions that make a larger whole of an old one and something new.
JOIN = frozenset(
    {
        "append",
        "concatenate",
        "concat",
        "vstack",
        "hstack",
        "dstack",
        "stack",
        "column_stack",
        "row_stack",
        "insert",
    }
    | {"merge", "union", "chain", "cat"}
)

#: Calls and methods around a container that hand its items through one by one.
WRAP = frozenset(
    {
        "enumerate",
        "zip",
        "reversed",
        "sorted",
        "iter",
        "list",
        "tuple",
        "tqdm",
        "trange",
        "track",
        "islice",
        "chain",
    }
    | {"items", "values", "keys", "copy", "from_iterable", "batched"}
)

#: Calls that write, encode or send what they are given; or methods by which a thing writes itself.
WRITE = frozenset(
    {
        "write",
        "append_data",
        "save",
        "imwrite",
        "imsave",
        "encode",
        "send",
        "sendall",
        "send_bytes",
        "put",
        "put_nowait",
    }
    | {
        "grab_frame",
        "savefig",
        "tofile",
        "communicate",
        "paste",
        "writelines",
        "writerow",
        "writeframe",
        "write_frame",
    }
    | {"encode_frame", "mux", "add_image", "add_frame", "dump", "publish", "writeFrame"}
)

#: Calls that take all frames of a clip at once, though they use them one by one.
WHOLE = frozenset(
    {
        "mimsave",
        "mimwrite",
        "volwrite",
        "imwrite",
        "ImageSequenceClip",
        "ArtistAnimation",
        "write_video",
        "save_video",
    }
    | {"vwrite", "write_apng", "write_gif", "write_images"}
)

#: Keywords by which frames are given whole.
GATHER = frozenset({"append_images"})

#: What is asked of a thing without using what it holds.
METADATA = frozenset({"size", "shape", "ndim", "dtype", "nbytes", "itemsize", "mode", "width", "height"})
