//! Encoded chunks of any bytes: items or an error, never a panic, in little memory; and any items come back.
//!
//! The first bytes pick the codec, the type of the items and the shape; the rest is decoded, then encoded.
#![no_main]

use drypoint_array::{Codec, DType, Scratch};
use libfuzzer_sys::fuzz_target;

const CODECS: [&str; 18] = [
    "plain",
    "constant",
    "pco",
    "pco:1+delta",
    "pco:1+lookback",
    "pco:1+step0.01",
    "ans",
    "ans+delta",
    "ans+mean",
    "ans+plane",
    "ans+counts",
    "zstd:1",
    "zstd:1+plane+planar+narrow+shuffle",
    "lz4",
    "lz4+delta+narrow+bitshuffle",
    "lz4+up+planar+shuffle",
    "lz4+palette",
    "zstd:1+palette+delta",
];
const DTYPES: [&str; 16] = [
    "|b1", "|u1", "<u2", ">u4", "<u8", "|i1", ">i2", "<i4", "<i8", "<f2", "<f4", ">f8", "<c8", "<c16", "|S3", "<U2",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&[codec, dtype, kind, low, high], body)) = bytes.split_first_chunk::<5>() else { return };
    let codec = Codec::parse(CODECS[usize::from(codec) % CODECS.len()]).expect("a codec");
    let dtype = DType::parse(DTYPES[usize::from(dtype) % DTYPES.len()]).expect("a type");
    let count = usize::from(u16::from_le_bytes([low, high]));
    let shape = match kind % 4 {
        0 => vec![count],
        1 => vec![count / 40, 40],
        2 => vec![count / 63, 7, 3, 3],
        _ => vec![3, count / 3],
    };
    let item = dtype.item_bytes();
    let mut items = vec![0; shape.iter().product::<usize>() * item];
    let mut scratch = Scratch::default();
    let _ = codec.decode(&dtype, &shape, body, &mut scratch, &mut items);
    if codec.check(&dtype).is_err() {
        return;
    }
    let shape = [body.len() / item];
    let items = &body[..shape[0] * item];
    let mut encoded = Vec::new();
    codec.encode(&dtype, &shape, items, &mut scratch, &mut encoded).expect("items can be encoded");
    assert!(encoded.len() <= items.len() + 1);
    let mut back = vec![0x55; items.len()];
    codec.decode(&dtype, &shape, &encoded, &mut scratch, &mut back).expect("what was encoded can be decoded");
    assert_eq!(back, items);
    // One byte of what was encoded, another one.
    let at = count % encoded.len();
    encoded[at] ^= kind.max(1);
    let _ = codec.decode(&dtype, &shape, &encoded, &mut scratch, &mut back);
});
