//! Arrow IPC: the file format (which is Feather version 2) and the stream format.
//!
//! Only the buffers of the columns asked for are read, in windows of a batch: a file may hold all its rows in one
//! record batch, and `arrow-ipc` would load that whole. Metadata is read by our own few checked accessors, so no
//! length in a file is believed before it is compared with the file (decision 0006).

mod cursor;
mod file;
mod flatbuffer;
mod index;
mod message;
mod schema;
mod store;
mod stream;
mod stretch;

use crate::Schema;
pub use file::IpcFile;
pub use stream::IpcStream;

/// The schema that the bytes of a message hold, as other formats carry it along; None if they hold none.
pub(crate) fn schema_of(bytes: &[u8]) -> Option<Schema> {
    let blame = index::Blame("the schema");
    match message::message(index::strip(bytes, blame).ok()?).ok()?.0 {
        message::Header::Schema(table) => Some(blame.schema(table).ok()?.laid.schema),
        _ => None,
    }
}
