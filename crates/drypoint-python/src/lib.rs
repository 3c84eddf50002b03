//! The compiled core of the Python package: converts, detaches, calls, converts.
//!
//! `raw/` holds what only `unsafe` can do: memory borrowed from Python and lent to it.

use drypoint_memory::PoolAllocator;
use pyo3::prelude::*;

mod aggregate;
mod annotation;
mod array;
mod arrays;
mod arrow;
mod axis_value;
mod batch;
mod called;
mod chunked;
mod codec;
mod collection;
mod compressed;
mod constructor;
mod downsample;
mod error;
mod file;
mod growth;
mod heap;
mod heatmap;
mod histogram;
mod island;
mod job;
mod lifetime;
mod lists;
mod mark;
mod memory;
mod mesh;
mod page;
mod pixmap;
mod places;
mod plain;
mod raster;
#[allow(unsafe_code)]
mod raw;
mod reduction;
mod refusal;
mod request;
mod scratch;
mod shading;
mod shown;
mod sites;
mod source;
mod sparse;
mod survey;
mod system;
mod tiled;
mod turns;
mod watch;
mod zarr;
mod zone;

/// Large allocations of the decoders are taken from the pool's blocks, and counted.
#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator;

#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use crate::aggregate::{Aggregate, load_aggregate};
    #[pymodule_export]
    use crate::annotation::Note;
    #[pymodule_export]
    use crate::array::{array_source, has_buffer, row_source};
    #[pymodule_export]
    use crate::arrays::{ArrayAccount, array_usage, count_arrays, pool_arrays};
    #[pymodule_export]
    use crate::arrow::arrow_source;
    #[pymodule_export]
    use crate::batch::{Batch, Batches};
    #[pymodule_export]
    use crate::called::called_array;
    #[pymodule_export]
    use crate::chunked::{Chunked, chunked_source, file_array, strided_array};
    #[pymodule_export]
    use crate::codec::{ChunkCodec, choose_codec};
    #[pymodule_export]
    use crate::collection::{collect_by_bytes, collections, collector_ran, collector_runs, note_native};
    #[pymodule_export]
    use crate::compressed::{
        CompressedArray, GrowingArray, chunk_shape, compress_chunked, filled_array, import_chunks, set_spill,
    };
    #[pymodule_export]
    use crate::constructor::Constructor;
    #[pymodule_export]
    use crate::downsample::downsample;
    #[pymodule_export]
    use crate::file::{check_writable, write_file};
    #[pymodule_export]
    use crate::growth::Marks;
    #[pymodule_export]
    use crate::heap::Heap;
    #[pymodule_export]
    use crate::heatmap::Heatmap;
    #[pymodule_export]
    use crate::histogram::Histogram;
    #[pymodule_export]
    use crate::island::Island;
    #[pymodule_export]
    use crate::job::Job;
    #[pymodule_export]
    use crate::lifetime::{references, set_state_if};
    #[pymodule_export]
    use crate::mark::Mark;
    #[pymodule_export]
    use crate::memory::{
        budget_bytes, limit_process, memory, peak_resident_bytes, resident_bytes, set_budget,
    };
    #[pymodule_export]
    use crate::mesh::{Quadmesh, Trimesh, bars, enlarged, ranges_around, ranges_of};
    #[pymodule_export]
    use crate::page::{Page, PageSpec, Ranges};
    #[pymodule_export]
    use crate::pixmap::{Pixmap, aggregate_dynspread_px, spread_aggregate};
    #[pymodule_export]
    use crate::places::place_of;
    #[pymodule_export]
    use crate::raster::{Raster, color, pixels};
    #[pymodule_export]
    use crate::raw::{Fleeting, thread_data, unwatch_deaths, watch_deaths};
    #[pymodule_export]
    use crate::refusal::{refusal_arrived, take_refusal};
    #[pymodule_export]
    use crate::shading::ShadingSpec;
    #[pymodule_export]
    use crate::sites::{not_own, place, site, site_parts};
    #[pymodule_export]
    use crate::source::{Fields, Source, nearest, scan_descriptor, scan_paths};
    #[pymodule_export]
    use crate::sparse::{
        Sparse, SparseEntries, SparsePart, SparseTriplets, check_room, coo_array, csr_array,
    };
    #[pymodule_export]
    use crate::survey::{
        Sampler, array_lines, array_peak, count_figures, grown_lines, survey_by, survey_later, surveyed,
        watch_lines,
    };
    #[pymodule_export]
    use crate::system::{prefer_heap, system_heap, trim_pool, trim_system};
    #[pymodule_export]
    use crate::tiled::TiledAggregate;
    #[pymodule_export]
    use crate::turns::{
        kept_at_turns, mark_turns, site_of_new, tell_turn, turns, turns_clock, turns_marked, watch_turns,
    };
    #[pymodule_export]
    use crate::zarr::{ZarrArray, ZarrGroup, ZarrGroupWriter, ZarrWriter, open_zarr};

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::raw::refuse_other_interpreters(module.py())?;
        crate::sites::learn(module)?;
        crate::watch::quieten_panics();
        module
            .add("VERTEX_COLUMNS", (drypoint_canvas::ShapeVertices::X, drypoint_canvas::ShapeVertices::Y))?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
