//! Pcodec: numbers as bins and offsets, entropy-coded; the best ratio on sequences, times and rounded decimals.
//!
//! Numbers go through in parts, so that what the encoder needs stays bounded however long a chunk is. Complex numbers
//! are all real parts, then all imaginary ones.

use half::slice::HalfBitsSliceExt;
use pco::data_types::Number as PcoNumber;
use pco::metadata::{DeltaEncoding, DynLatent, Mode as PcoMode};
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec, PagingSpec};

use super::layout::Layout;
use super::scratch::Scratch;
use super::{Delta, Mode, corrupt};
use crate::{ArrayError, DType, Number, Result};

/// Numbers that are encoded together.
const PART: usize = 1 << 20;

/// A number that Pcodec knows, seen in bytes.
trait Native: PcoNumber {
    fn view(bytes: &[u8]) -> Option<&[Self]>;
    fn view_mut(bytes: &mut [u8]) -> Option<&mut [Self]>;
}

macro_rules! native {
    ($($number:ty),*) => {$(
        impl Native for $number {
            fn view(bytes: &[u8]) -> Option<&[Self]> {
                bytemuck::try_cast_slice(bytes).ok()
            }
            fn view_mut(bytes: &mut [u8]) -> Option<&mut [Self]> {
                bytemuck::try_cast_slice_mut(bytes).ok()
            }
        }
    )*};
}
native!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

impl Native for half::f16 {
    fn view(bytes: &[u8]) -> Option<&[Self]> {
        bytemuck::try_cast_slice::<u8, u16>(bytes).ok().map(|bits| bits.reinterpret_cast())
    }
    fn view_mut(bytes: &mut [u8]) -> Option<&mut [Self]> {
        bytemuck::try_cast_slice_mut::<u8, u16>(bytes).ok().map(|bits| bits.reinterpret_cast_mut())
    }
}

/// Call `function::<T>(...)` with the numbers of `dtype`.
macro_rules! with_native {
    ($dtype:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $dtype.number() {
            Number::Bool | Number::Unsigned(1) => $function::<u8>($($argument),*),
            Number::Unsigned(2) => $function::<u16>($($argument),*),
            Number::Unsigned(4) => $function::<u32>($($argument),*),
            Number::Unsigned(_) => $function::<u64>($($argument),*),
            Number::Signed(1) => $function::<i8>($($argument),*),
            Number::Signed(2) => $function::<i16>($($argument),*),
            Number::Signed(4) => $function::<i32>($($argument),*),
            Number::Signed(_) => $function::<i64>($($argument),*),
            Number::Float(2) => $function::<half::f16>($($argument),*),
            Number::Float(4) | Number::Complex(4) => $function::<f32>($($argument),*),
            Number::Float(_) | Number::Complex(_) => $function::<f64>($($argument),*),
            Number::Opaque => Err(unsuitable($dtype)),
        }
    };
}

pub(super) fn unsuitable(dtype: &DType) -> ArrayError {
    ArrayError::Unsupported {
        name: "codec \"pco\"".into(),
        what: format!("{:?}, which holds no numbers,", dtype.name()),
    }
}

fn config(level: u8, delta: Delta, mode: Mode, numbers: usize) -> ChunkConfig {
    let mut config = ChunkConfig::default()
        .with_compression_level(level.into())
        .with_enable_8_bit(true)
        .with_delta_spec(match delta {
            Delta::Auto => DeltaSpec::Auto,
            Delta::Order(0) => DeltaSpec::NoOp,
            Delta::Order(order) => DeltaSpec::TryConsecutive(order.into()),
            Delta::Lookback => DeltaSpec::TryLookback,
        })
        .with_mode_spec(match mode {
            Mode::Auto => ModeSpec::Auto,
            Mode::Classic => ModeSpec::Classic,
            Mode::Step(step) => ModeSpec::TryFloatMult(step.value()),
        });
    config.paging_spec = PagingSpec::Exact(vec![numbers]);
    config
}

/// Bytes of the numbers of one channel in native order: the items themselves where they can be.
fn channels<'a>(layout: &Layout, items: &'a [u8], scratch: &'a mut Scratch) -> &'a [u8] {
    let aligned = items.as_ptr().addr().is_multiple_of(layout.width.max(1));
    let complex = layout.channels > 1 && layout.width >= 4;
    if aligned && !layout.swapped && !complex {
        return items;
    }
    layout.to_native(items, &mut scratch.items);
    if !complex {
        return scratch.items.bytes(items.len());
    }
    super::filter::split_channels(
        layout,
        scratch.items.bytes(items.len()),
        scratch.filtered.bytes_mut(items.len()),
    );
    scratch.filtered.bytes(items.len())
}

pub(super) fn encode(
    (level, delta, mode): (u8, Delta, Mode),
    dtype: &DType,
    layout: &Layout,
    items: &[u8],
    scratch: &mut Scratch,
    encoded: &mut Vec<u8>,
) -> Result<()> {
    let mode = if matches!(dtype.number(), Number::Float(_) | Number::Complex(_)) || mode == Mode::Classic {
        mode
    } else {
        Mode::Auto
    };
    let numbers = channels(layout, items, scratch);
    with_native!(dtype, encode_as((level, delta, mode), numbers, encoded)).map(drop)
}

/// What the numbers are found to be by an encoder that looks for itself.
pub(super) fn found(
    level: u8,
    dtype: &DType,
    layout: &Layout,
    items: &[u8],
    scratch: &mut Scratch,
    encoded: &mut Vec<u8>,
) -> Result<(Delta, Mode)> {
    let numbers = channels(layout, items, scratch);
    with_native!(dtype, encode_as((level, Delta::Auto, Mode::Auto), numbers, encoded))
}

fn encode_as<T: Native>(
    (level, delta, mode): (u8, Delta, Mode),
    bytes: &[u8],
    encoded: &mut Vec<u8>,
) -> Result<(Delta, Mode)> {
    let refused =
        |error: pco::errors::PcoError| ArrayError::Corrupt { codec: "pco", what: error.to_string() };
    let Some(numbers) = T::view(bytes) else {
        return Err(corrupt("pco", "numbers that do not lie as such".into()));
    };
    let compressor = FileCompressor::default();
    compressor.write_header(&mut *encoded).map_err(refused)?;
    let mut found = (delta, mode);
    for part in numbers.chunks(PART) {
        let config = config(level, delta, mode, part.len());
        let mut chunk = compressor.chunk_compressor(part, &config).map_err(refused)?;
        found = (delta_of(&chunk.meta().delta_encoding), mode_of(&chunk.meta().mode));
        chunk.write_meta(&mut *encoded).map_err(refused)?;
        chunk.write_page(0, &mut *encoded).map_err(refused)?;
    }
    Ok(found)
}

fn delta_of(delta: &DeltaEncoding) -> Delta {
    match delta {
        DeltaEncoding::NoOp => Delta::Order(0),
        DeltaEncoding::Consecutive { order, .. } => Delta::Order(u8::try_from(*order).unwrap_or(0)),
        DeltaEncoding::Lookback { .. } => Delta::Lookback,
        _ => Delta::Auto,
    }
}

fn mode_of(mode: &PcoMode) -> Mode {
    // Pcodec keeps a float as bits in the order of their values.
    match mode {
        PcoMode::Classic => Mode::Classic,
        PcoMode::FloatMult(DynLatent::U32(bits)) => {
            Mode::step(f32::from_bits(if bits >> 31 == 1 { bits ^ (1 << 31) } else { !bits }).into())
        }
        PcoMode::FloatMult(DynLatent::U64(bits)) => {
            Mode::step(f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits }))
        }
        _ => Mode::Auto,
    }
}

pub(super) fn decode(
    dtype: &DType,
    layout: &Layout,
    encoded: &[u8],
    scratch: &mut Scratch,
    items: &mut [u8],
) -> Result<()> {
    let aligned = items.as_ptr().addr().is_multiple_of(layout.width.max(1));
    let complex = layout.channels > 1 && layout.width >= 4;
    if aligned && !complex {
        with_native!(dtype, decode_as(encoded, &mut scratch.pco, items))?;
    } else {
        let numbers = scratch.items.bytes_mut(items.len());
        with_native!(dtype, decode_as(encoded, &mut scratch.pco, numbers))?;
        if complex {
            super::filter::join_channels(layout, numbers, items);
        } else {
            items.copy_from_slice(numbers);
        }
    }
    layout.from_native(items);
    Ok(())
}

fn decode_as<T: Native>(
    encoded: &[u8],
    scratch: &mut pco::DecompressorScratch,
    bytes: &mut [u8],
) -> Result<()> {
    let damaged = |error: pco::errors::PcoError| corrupt("pco", error.to_string());
    let Some(numbers) = T::view_mut(bytes) else {
        return Err(corrupt("pco", "numbers that do not lie as such".into()));
    };
    let (file, mut rest) = FileDecompressor::new(encoded).map_err(damaged)?;
    for part in numbers.chunks_mut(PART) {
        let (chunk, after) = file.chunk_decompressor::<T, _>(rest).map_err(damaged)?;
        let mut page = chunk.page_decompressor_with_scratch(after, part.len(), scratch).map_err(damaged)?;
        let progress = page.read(part).map_err(damaged)?;
        if !progress.finished || progress.n_processed != part.len() {
            return Err(corrupt("pco", format!("{} numbers of {}", progress.n_processed, part.len())));
        }
        rest = page.into_src();
    }
    if !rest.is_empty() {
        return Err(corrupt("pco", format!("{} B follow the last number", rest.len())));
    }
    Ok(())
}
