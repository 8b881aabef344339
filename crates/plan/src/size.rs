//! Sizes as plans write them: `512`, `64kB`, `1MB`, `1.5MiB`.
//!
//! In: one word. Out: bytes. Never: a size of less than a byte, or beyond 64 bits.

/// Units, in bytes: powers of 1000, and with an `i` powers of 1024 (IEC 80000-13).
const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// The size in `text`, in bytes. `None` if it is not one; `KB` is read as `kB`.
pub fn parse(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let unit = if unit == "KB" { "kB" } else { unit };
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || whole.len() > 18 || decimals.len() > 9 {
        return None;
    }
    let digits: u128 = format!("{whole}{decimals}").parse().ok()?;
    let divisor = 10u128.pow(u32::try_from(decimals.len()).ok()?);
    u64::try_from(digits * u128::from(*bytes) / divisor).ok()
}
