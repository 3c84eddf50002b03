//! What an IPC message says about the body that follows it. Field numbers are those of Arrow's `Message.fbs` and
//! `File.fbs`.

use super::flatbuffer::{Checked, Damaged, Table};

/// How the buffers of a body are packed, each on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Lz4,
    Zstd,
}

/// A buffer's place in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// What a record batch (or the values of a dictionary) consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BatchMeta {
    pub(super) rows: u64,
    pub(super) codec: Option<Codec>,
    /// Rows and missing rows of each array, children after their parents.
    pub(super) nodes: Vec<(u64, u64)>,
    pub(super) buffers: Vec<Piece>,
    /// Blocks of each array of views.
    pub(super) variadic: Vec<u64>,
}

/// The header of a message.
#[derive(Debug)]
pub(super) enum Header<'a> {
    Schema(Table<'a>),
    Dictionary {
        id: i64,
        is_delta: bool,
        batch: BatchMeta,
    },
    Batch(BatchMeta),
    /// Tensors and whatever comes later.
    Other,
}

/// A message's header and the length of its body.
pub(super) fn message(bytes: &[u8]) -> Checked<(Header<'_>, u64)> {
    let root = Table::root(bytes)?;
    let body_len = u64::try_from(root.i64(3)?).map_err(|_| Damaged)?;
    let header = || root.table(2)?.ok_or(Damaged);
    let header = match root.u8(1)? {
        1 => Header::Schema(header()?),
        2 => {
            let table = header()?;
            let batch = batch(table.table(1)?.ok_or(Damaged)?, body_len)?;
            Header::Dictionary { id: table.i64(0)?, is_delta: table.u8(2)? != 0, batch }
        }
        3 => Header::Batch(batch(header()?, body_len)?),
        0 => return Err(Damaged),
        _ => Header::Other,
    };
    Ok((header, body_len))
}

fn batch(table: Table<'_>, body_len: u64) -> Checked<BatchMeta> {
    let unsigned = |value: i64| u64::try_from(value).map_err(|_| Damaged);
    let codec = match table.table(3)? {
        None => None,
        Some(compression) => match (compression.u8(0)?, compression.u8(1)?) {
            (0, 0) => Some(Codec::Lz4),
            (1, 0) => Some(Codec::Zstd),
            _ => return Err(Damaged),
        },
    };
    let pairs = |index| -> Checked<Vec<(u64, u64)>> {
        let words = numbers(table.vector(index, 16)?);
        words.chunks_exact(2).map(|pair| Ok((unsigned(pair[0])?, unsigned(pair[1])?))).collect()
    };
    let buffers = pairs(2)?.into_iter().map(|(offset, len)| {
        let within = offset.checked_add(len).is_some_and(|end| end <= body_len);
        if within { Ok(Piece { offset, len }) } else { Err(Damaged) }
    });
    Ok(BatchMeta {
        rows: unsigned(table.i64(0)?)?,
        codec,
        nodes: pairs(1)?,
        buffers: buffers.collect::<Checked<_>>()?,
        variadic: numbers(table.vector(4, 8)?).into_iter().map(unsigned).collect::<Checked<_>>()?,
    })
}

fn numbers(bytes: &[u8]) -> Vec<i64> {
    bytes
        .chunks_exact(8)
        .map(|word| word.iter().rev().fold(0, |value, byte| value << 8 | i64::from(*byte)))
        .collect()
}

/// Where a message lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) at: u64,
    pub(super) meta_len: u64,
    pub(super) body_len: u64,
}

/// What the end of a file says of it.
#[derive(Debug)]
pub(super) struct Footer<'a> {
    pub(super) schema: Table<'a>,
    pub(super) dictionaries: Vec<Block>,
    pub(super) batches: Vec<Block>,
}

/// The footer of a file, each of its blocks within `file_len` bytes.
pub(super) fn footer(bytes: &[u8], file_len: u64) -> Checked<Footer<'_>> {
    let root = Table::root(bytes)?;
    let blocks = |index| -> Checked<Vec<Block>> {
        let words = numbers(root.vector(index, 24)?);
        let block = |words: &[i64]| {
            // The length of the metadata has 32 bits, then come 4 of padding.
            let [at, meta_len, body_len] = [words[0], i64::from(words[1] as i32), words[2]];
            let [at, meta_len, body_len] =
                [u64::try_from(at), u64::try_from(meta_len), u64::try_from(body_len)];
            let block = match (at, meta_len, body_len) {
                (Ok(at), Ok(meta_len), Ok(body_len)) => Block { at, meta_len, body_len },
                _ => return Err(Damaged),
            };
            let end = block.at.checked_add(block.meta_len).and_then(|end| end.checked_add(block.body_len));
            if end.is_some_and(|end| end <= file_len) { Ok(block) } else { Err(Damaged) }
        };
        words.chunks_exact(3).map(block).collect()
    };
    Ok(Footer { schema: root.table(1)?.ok_or(Damaged)?, dictionaries: blocks(2)?, batches: blocks(3)? })
}
