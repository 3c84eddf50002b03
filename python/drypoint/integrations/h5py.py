"""HDF5 files: open data sets become invalid when their file is closed, which h5py says on use."""

from __future__ import annotations

from .._lifetime import closers, constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["watch"]


def watch(h5py: ModuleType) -> None:
    """See files that are opened."""
    constructions.wrap(h5py.File, "File")


closers.add("h5py._hl.files.File", closers.Closer(closers.by_method, is_open=bool))
