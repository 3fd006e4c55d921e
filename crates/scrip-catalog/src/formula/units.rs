//! Which units can't be added to or compared with each other: seconds and minutes, bytes and pixels.

/// Units whose meaning is known, each with its other spellings. Any other unit (`image`, `scene`) goes with all:
/// "two per image or thumbnail" is a fair price.
const KNOWN: [&[&str]; 13] = [
    &["millisecond", "milliseconds", "ms"],
    &["second", "seconds", "sec", "s"],
    &["minute", "minutes", "min"],
    &["hour", "hours", "h"],
    &["day", "days"],
    &["byte", "bytes"],
    &["kilobyte", "kilobytes", "kb"],
    &["megabyte", "megabytes", "mb"],
    &["gigabyte", "gigabytes", "gb"],
    &["pixel", "pixels", "px"],
    &["megapixel", "megapixels", "mp"],
    &["character", "characters", "char", "chars"],
    &["token", "tokens"],
];

/// Both units are known and they are not the same.
pub(super) fn clash(a: &str, b: &str) -> bool {
    match (known(a), known(b)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    }
}

fn known(unit: &str) -> Option<usize> {
    KNOWN.iter().position(|spellings| spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(unit)))
}
