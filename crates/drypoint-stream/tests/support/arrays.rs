//! Writes NPY and NPZ bytes the plain way, and knows what each element should be read as.

use super::Cell;
use std::io::Write;

/// The bytes of one element, least significant first, and what it means.
pub(crate) fn element(kind: &str, random: u64) -> (Vec<u8>, Cell) {
    let raw = random.to_le_bytes();
    let head = |size: usize| raw[..size].to_vec();
    let time = |value: i64, factor: i64| {
        if random.is_multiple_of(7) {
            return (i64::MIN.to_le_bytes().to_vec(), Cell::Null);
        }
        (value.to_le_bytes().to_vec(), Cell::Int(value * factor))
    };
    match kind {
        "b1" => (vec![(random % 3) as u8], Cell::Int(i64::from(!random.is_multiple_of(3)))),
        "i1" => (head(1), Cell::Int(i64::from(random as i8))),
        "i2" => (head(2), Cell::Int(i64::from(random as i16))),
        "i4" => (head(4), Cell::Int(i64::from(random as i32))),
        "i8" => (head(8), Cell::Int(random as i64)),
        "u1" => (head(1), Cell::UInt(random & 0xff)),
        "u2" => (head(2), Cell::UInt(random & 0xffff)),
        "u4" => (head(4), Cell::UInt(random & 0xffff_ffff)),
        "u8" => (head(8), Cell::UInt(random)),
        "f2" => (head(2), Cell::float(half::f16::from_bits(random as u16).to_f64())),
        "f4" => (head(4), Cell::float(f64::from(f32::from_bits(random as u32)))),
        "f8" => (head(8), Cell::float(f64::from_bits(random))),
        "M8[us]" => time(random as i64 / 2, 1),
        "M8[h]" => time(random as i64 >> 20, 3600),
        "m8[2ms]" => time(random as i64 >> 20, 2),
        "U3" => {
            let text: String = ["", "a", "né", "日本語", "x\0y"][random as usize % 5].to_string();
            let mut bytes: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
            bytes.resize(12, 0);
            (bytes, Cell::text(&text))
        }
        "S4" => {
            let text = ["", "a", "né", "abcd"][random as usize % 4];
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(4, 0);
            (bytes, Cell::text(text))
        }
        _ => panic!("{kind}"),
    }
}

pub(crate) const KINDS: [&str; 17] = [
    "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "M8[us]", "M8[h]", "m8[2ms]",
    "U3", "S4",
];

/// An element's bytes in the other order.
pub(crate) fn swap(kind: &str, mut bytes: Vec<u8>) -> Vec<u8> {
    match kind {
        "S4" => {}
        "U3" => bytes.chunks_mut(4).for_each(<[u8]>::reverse),
        _ => bytes.reverse(),
    }
    bytes
}

/// A file of the given header and values.
pub(crate) fn npy(version: u8, descr: &str, fortran: bool, shape: &str, values: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    let fixed = if version == 1 { 10 } else { 12 };
    while !(fixed + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.as_bytes());
    bytes.extend(values);
    bytes
}

/// An archive of members, each stored or deflated. With `zip64`, sizes are written the way of large archives.
pub(crate) fn zip(members: &[(&str, &[u8], bool)], zip64: bool) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes, deflated) in members {
        let packed = if *deflated {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let offset = archive.len() as u64;
        let mut extra = Vec::new();
        let (mut small_size, mut small_packed, mut small_offset) =
            (bytes.len() as u32, packed.len() as u32, offset as u32);
        if zip64 {
            (small_size, small_packed, small_offset) = (u32::MAX, u32::MAX, u32::MAX);
            extra.extend([1, 0, 24, 0]);
            [bytes.len() as u64, packed.len() as u64, offset]
                .iter()
                .for_each(|n| extra.extend(n.to_le_bytes()));
        }
        let mut shared = Vec::new();
        shared.extend(45u16.to_le_bytes());
        shared.extend(0u16.to_le_bytes());
        shared.extend(if *deflated { 8u16 } else { 0 }.to_le_bytes());
        shared.extend([0; 4]);
        shared.extend(crc.sum().to_le_bytes());
        shared.extend(small_packed.to_le_bytes());
        shared.extend(small_size.to_le_bytes());
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend((extra.len() as u16).to_le_bytes());

        archive.extend(b"PK\x03\x04");
        archive.extend(&shared);
        archive.extend(name.as_bytes());
        archive.extend(&extra);
        archive.extend(&packed);

        directory.extend(b"PK\x01\x02\x2d\x00");
        directory.extend(&shared);
        directory.extend([0; 2 + 2 + 2 + 4]);
        directory.extend(small_offset.to_le_bytes());
        directory.extend(name.as_bytes());
        directory.extend(&extra);
    }
    let start = archive.len() as u32;
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend((members.len() as u16).to_le_bytes());
    archive.extend((members.len() as u16).to_le_bytes());
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    archive
}
