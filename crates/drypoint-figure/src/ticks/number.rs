//! Numbers as text: digits of a whole number and a decimal exponent, so nothing is rounded on the way.

/// `units × 10^exponent` in plain digits with thousands separated by commas and a true minus sign. `exponent` is kept
/// as decimals: `(250, -2)` is `2.50`.
pub(crate) fn plain(units: i128, exponent: i32) -> String {
    let digits = units.unsigned_abs().to_string();
    let (whole, decimals) = if exponent >= 0 {
        (if units == 0 { digits } else { digits + &"0".repeat(exponent as usize) }, String::new())
    } else {
        let decimals = exponent.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        (whole.to_string(), format!(".{fraction}"))
    };
    let mut text = String::from(if units < 0 { "−" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + &decimals
}

/// `units × 10^exponent` as the nearest float64.
pub(super) fn value(units: i128, exponent: i32) -> f64 {
    format!("{units}e{exponent}").parse().unwrap_or(f64::NAN)
}

/// `×10ⁿ` or `10ⁿ` with raised digits.
pub(super) fn power_of_ten(exponent: i32) -> String {
    let raise = |char| match char {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    "10".chars().chain(exponent.to_string().chars().map(raise)).collect()
}

/// A value with at most so many figures (1 to 3) and a letter for thousands (`1.5k`, `20M`), for the narrow label of a
/// colour bar.
pub(crate) fn compact(value: f64, most_figures: usize) -> String {
    let size = value.abs();
    let sign = if value < 0.0 { "−" } else { "" };
    let figures = |scaled: f64| {
        let whole = [9.5, 99.5].into_iter().filter(|limit| scaled >= *limit).count() + 1;
        let text = format!("{scaled:.0$}", most_figures.saturating_sub(whole));
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
    };
    let letters = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    if size == 0.0 {
        "0".into()
    } else if !(1e-3..999.5e12).contains(&size) {
        let exponent = size.log10().floor() as i32;
        let mantissa = size / 10_f64.powi(exponent);
        if mantissa.is_finite() {
            format!("{sign}{}×{}", figures(mantissa), power_of_ten(exponent))
        } else {
            format!("{sign}{size:e}")
        }
    } else if let Some((unit, letter)) = letters.into_iter().find(|(unit, _)| size >= unit * 0.9995) {
        format!("{sign}{}{letter}", figures(size / unit))
    } else if size < 1.0 {
        let leading_zeros = (-size.log10()).ceil() as usize - 1;
        let text = format!("{size:.0$}", leading_zeros + most_figures);
        format!("{sign}{}", text.trim_end_matches('0').trim_end_matches('.'))
    } else {
        format!("{sign}{}", figures(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        assert_eq!(plain(1_234_567, 0), "1,234,567");
        assert_eq!(plain(-25, -1), "−2.5");
        assert_eq!(plain(5, -3), "0.005");
        assert_eq!(plain(0, 4), "0");
        assert_eq!(plain(12, 2), "1,200");
        assert_eq!(power_of_ten(-130), "10⁻¹³⁰");
    }

    #[test]
    fn short_forms() {
        let forms = [
            (950.0, "950"),
            (1500.0, "1.5k"),
            (20_000.0, "20k"),
            (999_900.0, "1M"),
            (-0.25, "−0.25"),
            (0.004, "0.004"),
            (2e15, "2×10¹⁵"),
            (2e-7, "2×10⁻⁷"),
            (0.0, "0"),
            (100.0, "100"),
            (1.2e9, "1.2G"),
            (0.046_34, "0.0463"),
        ];
        for (value, text) in forms {
            assert_eq!(compact(value, 3), text);
        }
        assert_eq!((compact(-4.59e-9, 2), compact(0.0999, 1)), ("−4.6×10⁻⁹".into(), "0.1".into()));
    }
}
