//! Every codec gives back what it was given, for every type of items and any bits in them.

use drypoint_array::{Codec, DType, Scratch, choose, quantise};
use proptest::prelude::*;

const CODECS: [&str; 30] = [
    "plain",
    "constant",
    "pco",
    "pco:1+delta",
    "pco:4+nodelta+classic",
    "pco:2+delta3",
    "pco:2+lookback",
    "pco:8+step0.01",
    "ans",
    "ans+delta",
    "ans+mean",
    "ans+plane",
    "ans+counts",
    "zstd",
    "zstd:1+shuffle",
    "zstd:1+bitshuffle",
    "zstd:1+delta+narrow+bitshuffle",
    "zstd:1+up",
    "zstd:1+plane+planar",
    "zstd:1+planar",
    "zstd:1+plane+planar+narrow+shuffle",
    "zstd:1+palette",
    "zstd:1+palette+delta+narrow+shuffle",
    "lz4",
    "lz4+palette",
    "lz4+shuffle",
    "lz4+delta",
    "lz4+narrow",
    "lz4+up+narrow+shuffle",
    "lz4+bitshuffle",
];
const DTYPES: [&str; 25] = [
    "|b1", "|u1", "<u2", "<u4", "<u8", ">u2", ">u4", ">u8", "|i1", "<i2", "<i4", "<i8", ">i4", "<M8[ns]",
    "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<c8", ">c16", "|S3", "<U2", "|S0",
];

fn shapes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![]),
        (0_usize..600).prop_map(|n| vec![n]),
        (0_usize..20, 0_usize..40).prop_map(|(a, b)| vec![a, b]),
        (1_usize..12, 1_usize..20, 1_usize..6).prop_map(|(a, b, c)| vec![a, b, c]),
    ]
}

/// Bytes of a kind: any, few values, small steps, all equal.
fn bytes(kind: u8, seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let words = (0..length.div_ceil(8)).map(|at| match kind {
        0 => next(),
        1 => [0, 1, 1 << 31, 1 << 63, 0x7ff8_0000_0000_0001, 0x7ff0_0000_0000_0000][next() as usize % 6],
        2 => (at as u64) * 1_000_000 + next() % 1000,
        3 => (((next() % 4000) as f64 - 2000.0) * 0.01).to_bits(),
        4 => u64::from(next() % 50 == 0) * (next() % 7),
        _ => seed,
    });
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(length);
    bytes
}

fn length(dtype: &DType, shape: &[usize]) -> usize {
    shape.iter().product::<usize>() * dtype.item_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn items_come_back(
        codec in prop::sample::select(&CODECS[..]),
        dtype in prop::sample::select(&DTYPES[..]),
        shape in shapes(),
        kind in 0_u8..6,
        seed: u64,
        shift in 0_usize..2,
    ) {
        let (codec, dtype) = (Codec::parse(codec).unwrap(), DType::parse(dtype).unwrap());
        prop_assume!(codec.check(&dtype).is_ok());
        // Shifted by a byte, so that nothing relies on where the items lie.
        let whole = bytes(kind, seed, shift + length(&dtype, &shape));
        let items = &whole[shift..];
        let mut scratch = Scratch::default();
        let mut encoded = vec![9];
        codec.encode(&dtype, &shape, items, &mut scratch, &mut encoded).unwrap();
        prop_assert_eq!(encoded[0], 9);
        prop_assert!(encoded.len() <= 2 + items.len());
        let mut decoded = vec![0x55; whole.len()];
        codec.decode(&dtype, &shape, &encoded[1..], &mut scratch, &mut decoded[shift..]).unwrap();
        prop_assert_eq!(&decoded[shift..], items);
    }

    #[test]
    fn any_bytes_give_items_or_an_error(
        codec in prop::sample::select(&CODECS[..]),
        dtype in prop::sample::select(&DTYPES[..]),
        shape in shapes(),
        seed: u64,
        flips in prop::collection::vec((0_usize..4096, any::<u8>()), 0..4),
        cut in 0_usize..64,
    ) {
        let (codec, dtype) = (Codec::parse(codec).unwrap(), DType::parse(dtype).unwrap());
        prop_assume!(codec.check(&dtype).is_ok());
        let items = bytes(2, seed, length(&dtype, &shape));
        let mut scratch = Scratch::default();
        let mut encoded = vec![];
        codec.encode(&dtype, &shape, &items, &mut scratch, &mut encoded).unwrap();
        for (at, value) in flips {
            let at = at % encoded.len();
            encoded[at] = value;
        }
        encoded.truncate(encoded.len().saturating_sub(cut));
        let mut decoded = vec![0; items.len()];
        let _ = codec.decode(&dtype, &shape, &encoded, &mut scratch, &mut decoded);
    }
}

#[test]
fn names_are_read_back() {
    for name in CODECS {
        let codec = Codec::parse(name).unwrap();
        assert_eq!(Codec::parse(&codec.to_string()).unwrap(), codec, "{name}");
    }
    assert_eq!(Codec::parse("zstd").unwrap().to_string(), "zstd:3");
    assert_eq!(Codec::parse("lz4+shuffle+delta").unwrap().to_string(), "lz4+delta+shuffle");
    assert_eq!(Codec::parse("pco:4+step0.01").unwrap().to_string(), "pco:4+step0.01");
}

#[test]
fn wrong_names_are_told_what_is_right() {
    for (name, expected) in [
        (
            "zst",
            "unknown codec \"zst\"; did you mean \"zstd\"? expected one of plain, constant, pco, ans, zstd, lz4",
        ),
        ("", "unknown codec \"\"; expected one of plain"),
        ("auto", "unknown codec \"auto\""),
        ("lz4+shufle", "unknown filter \"shufle\"; did you mean \"shuffle\"?"),
        ("pco+shuffle", "unknown word for \"pco\" \"shuffle\""),
        ("zstd:40", "codec \"zstd\" has no level \"40\"; expected 1 to 22"),
        ("pco:x", "codec \"pco\" has no level \"x\"; expected 0 to 12"),
        ("lz4:3", "unknown codec \"lz4:3\""),
        ("plain+shuffle", "unknown codec \"plain+shuffle\""),
        ("pco+step-1", "unknown word for \"pco\" \"step-1\""),
    ] {
        let error = Codec::parse(name).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{name}: {error}");
    }
}

#[test]
fn strings_have_no_numbers() {
    let strings = DType::parse("|S4").unwrap();
    let error = Codec::parse("lz4+delta").unwrap().check(&strings).unwrap_err().to_string();
    assert_eq!(error, "codec \"lz4+delta\": \"|S4\", which holds no numbers, is not supported");
    Codec::parse("lz4+shuffle").unwrap().check(&strings).unwrap();
}

#[test]
fn a_chunk_of_equal_items_is_one_item() {
    let dtype = DType::parse("<f8").unwrap();
    let items = bytes(5, f64::NAN.to_bits() | 77, 8000);
    let mut encoded = vec![];
    Codec::parse("zstd")
        .unwrap()
        .encode(&dtype, &[1000], &items, &mut Scratch::default(), &mut encoded)
        .unwrap();
    assert_eq!(encoded.len(), 9);
}

#[test]
fn what_does_not_shrink_costs_one_byte() {
    let dtype = DType::parse("<u8").unwrap();
    let items = bytes(0, 3, 80_000);
    for name in CODECS {
        let mut encoded = vec![];
        Codec::parse(name)
            .unwrap()
            .encode(&dtype, &[10_000], &items, &mut Scratch::default(), &mut encoded)
            .unwrap();
        assert_eq!(encoded.len(), items.len() + 1, "{name}");
    }
}

#[test]
fn the_choice_follows_the_data() {
    let choice = |dtype: &str, items: &[u8]| {
        let dtype = DType::parse(dtype).unwrap();
        let shape = [items.len() / dtype.item_bytes()];
        choose(&dtype, &shape, &[items]).to_string()
    };
    assert_eq!(choice("<u8", &bytes(0, 1, 200_000)), "plain");
    assert_eq!(choice("<f8", &bytes(0, 1, 200_000)), "plain");
    assert_eq!(choice("|u1", &bytes(0, 1, 200_000)), "plain");
    assert_eq!(choice("<f8", &bytes(5, 1, 200_000)), "constant");
    let times = choice("<M8[ns]", &bytes(2, 1, 200_000));
    assert!(times.starts_with("pco:"), "{times}");
    let cents = choice("<f8", &bytes(3, 1, 200_000));
    assert!(cents.starts_with("pco:") && cents.ends_with("+step0.01"), "{cents}");
    assert_eq!(choice("<f8", &[]), "plain");
    let strings: Vec<u8> = (0..5000).flat_map(|at| format!("name {:07}", at * 3).into_bytes()).collect();
    let strings = choice("|S12", &strings);
    assert!(strings.starts_with("zstd:"), "{strings}");
    // Stripes whose width changes, and labels of few kinds: numbers of a palette.
    let stripe = |at: u32| (at / (7 + at / 977)).is_multiple_of(2);
    assert_eq!(
        choice("|b1", &(0..200_000).map(|at| stripe(at).into()).collect::<Vec<u8>>()),
        "zstd:9+palette"
    );
    let label = |at: u32| [7, 40_000, 1 << 31, 9, 2][((at / (5 + at % 3000 / 600)) % 5) as usize];
    let labels: Vec<u8> = (0..60_000).flat_map(|at| u32::to_le_bytes(label(at))).collect();
    assert_eq!(choice("<u4", &labels), "zstd:9+palette");
}

/// The floats of native items, as wide as can be.
fn floats(dtype: &str, items: &[u8]) -> Vec<f64> {
    match dtype {
        "<f2" => items.as_chunks().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f64()).collect(),
        "<f4" => items.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b).into()).collect(),
        _ => items.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
    }
}

proptest! {
    #[test]
    fn rounding_stays_within_its_bound(
        dtype in prop::sample::select(&["<f2", "<f4", "<f8"][..]),
        kind in 0_u8..5,
        seed: u64,
        max_error in prop_oneof![1e-12..1e3_f64, Just(0.005), Just(0.5), Just(1e-320), Just(1e300)],
    ) {
        let given = bytes(kind, seed, 2400);
        let parsed = DType::parse(dtype).unwrap();
        let mut items = given.clone();
        quantise(&parsed, max_error, &mut items).unwrap();
        for (before, after) in floats(dtype, &given).into_iter().zip(floats(dtype, &items)) {
            let same = before == after || before.is_nan() && after.is_nan();
            prop_assert!(same || (before - after).abs() <= max_error, "{before} became {after}");
        }
        // Other byte orders are rounded alike.
        let width = parsed.item_bytes();
        let mut swapped: Vec<u8> = given.chunks_exact(width).flat_map(|item| item.iter().rev().copied()).collect();
        quantise(&DType::parse(&dtype.replace('<', ">")).unwrap(), max_error, &mut swapped).unwrap();
        let back: Vec<u8> = swapped.chunks_exact(width).flat_map(|item| item.iter().rev().copied()).collect();
        prop_assert_eq!(back, items);
    }
}

#[test]
fn rounded_floats_take_few_bits() {
    let given: Vec<u8> = (0..50_000).flat_map(|at| (f64::from(at) * 0.37).sin().to_le_bytes()).collect();
    let dtype = DType::parse("<f8").unwrap();
    let mut items = given.clone();
    quantise(&dtype, 0.005, &mut items).unwrap();
    let codec = choose(&dtype, &[50_000], &[&items]);
    let mut encoded = Vec::new();
    codec.encode(&dtype, &[50_000], &items, &mut Scratch::default(), &mut encoded).unwrap();
    // 201 multiples of 0.01 between -1 and 1: less than 8 bits of 64.
    assert!(encoded.len() * 8 < given.len(), "{codec} {}", encoded.len());
}

#[test]
fn only_floats_are_rounded_and_only_by_something() {
    let integers = DType::parse("<i4").unwrap();
    let error = quantise(&integers, 0.5, &mut [0; 8]).unwrap_err().to_string();
    assert_eq!(error, "max_error: rounding items of type \"<i4\", which are no floats, is not supported");
    for max_error in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = quantise(&DType::parse("<f4").unwrap(), max_error, &mut [0; 8]).unwrap_err().to_string();
        assert!(error.ends_with("expected a finite number above zero"), "{error}");
    }
}

#[test]
fn an_empty_border_does_not_make_a_picture_constant() {
    let dtype = DType::parse("<u4").unwrap();
    let mut items = bytes(4, 7, 4 << 20);
    items[..2 << 20].fill(0);
    items[3 << 20..].fill(0);
    let codec = choose(&dtype, &[1024, 1024], &[&items]);
    let mut encoded = Vec::new();
    codec.encode(&dtype, &[1024, 1024], &items, &mut Scratch::default(), &mut encoded).unwrap();
    assert!(encoded.len() * 20 < items.len(), "{codec} {}", encoded.len());
    // One long row, and rows of which one is more than a window.
    for shape in [vec![1 << 20], vec![1, 1 << 20], vec![2, 1 << 19], vec![16, 256, 256]] {
        assert_ne!(choose(&dtype, &shape, &[&items]).to_string(), "constant");
    }
}
