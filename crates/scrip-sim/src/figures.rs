//! How amounts, instants and spans are written in a table: `12.5`, `+31d`, `+30d-1us`, `15m`.
//!
//! Written anew here and not taken from the ledger: the naive ledger must not share its mistakes.

/// The instant that a table calls `+0s`: 2026-01-01T00:00:00Z, in microseconds.
pub const START_US: i64 = 1_767_225_600_000_000;

/// Millionths in one credit.
pub const MICRO: i64 = 1_000_000;

/// An amount as a table shows it; negative ones too, since a table may ask for one.
pub fn amount(micro: i128) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let (whole, rest) = (micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000);
    let text = format!("{sign}{whole}.{rest:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reads an amount into millionths.
pub fn read_amount(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let micro: i128 = format!("{whole}{fraction:0<6}").parse().ok()?;
    i64::try_from(sign * micro).ok()
}

const UNITS: [(&str, i64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// A span: `1d12h`, `15m`, `0s`.
pub fn span(micros: u64) -> String {
    let mut rest = micros;
    let mut text = String::new();
    for (unit, length) in UNITS {
        let count = rest / length.unsigned_abs();
        rest %= length.unsigned_abs();
        if count > 0 {
            text += &format!("{count}{unit}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

pub fn read_span(text: &str) -> Option<u64> {
    let mut sum = 0u64;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, length) = UNITS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
        rest = &rest[letters..];
        sum = sum.checked_add(count.checked_mul(length.unsigned_abs())?)?;
    }
    Some(sum)
}

/// An instant, counted from the start of the table: `+31d`; the last moment before it is `+31d-1us`.
pub fn instant(at_us: i64) -> String {
    let sign = if at_us < START_US { '-' } else { '+' };
    format!("{sign}{}", span(at_us.abs_diff(START_US)))
}

pub fn read_instant(text: &str) -> Option<i64> {
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return None,
    };
    let (base, back) = rest.split_once('-').map_or((rest, None), |(base, back)| (base, Some(back)));
    let base = i64::try_from(read_span(base)?).ok()?;
    let back = back.map_or(Some(0), |back| i64::try_from(read_span(back)?).ok())?;
    START_US.checked_add(base.checked_mul(sign)?.checked_sub(back)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_are_read_as_they_are_written() {
        for text in ["0", "1", "12.5", "-0.000001", "9223372036854.775807", "-9223372036854.775808"] {
            assert_eq!(amount(i128::from(read_amount(text).unwrap())), text);
        }
        for text in ["+0s", "+31d", "+1d12h30m", "+1ms5us", "-3h"] {
            assert_eq!(instant(read_instant(text).unwrap()), text);
        }
        assert_eq!(read_instant("+30d-1us"), read_instant("+29d23h59m59s999ms999us"));
        for wrong in ["", "5", "5x", "d", "5m5"] {
            assert_eq!(read_span(wrong), None, "{wrong}");
        }
        for wrong in ["", ".5", "1e3", "1.0000001", "--1", "9223372036854.775808"] {
            assert_eq!(read_amount(wrong), None, "{wrong}");
        }
    }
}
