//! How a number looks to a person.
//!
//! In: numbers. Out: text, short and with as many digits as tell something.

use gatecrash_metrics::Unit;

pub use gatecrash_plan::forecast::count;

/// A dash for what is not there.
pub const NOTHING: &str = "–";

/// A number of things with their name: `1 user`, `2 users`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Three digits or more of any value: `0.05`, `1.23`, `45.6`, `789`, `12,345`.
pub fn value(value: f64) -> String {
    let size = value.abs();
    let sign = if value < 0.0 { "-" } else { "" };
    match size {
        0.0 => "0".into(),
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        size => format!("{sign}{}", count(size.round() as u64)),
    }
}

/// As [`value`]; a whole number of things without a fraction.
pub fn value_of(unit: &Unit, figure: f64) -> String {
    match unit {
        Unit::Count if figure.fract() == 0.0 && figure >= 0.0 => count(figure as u64),
        _ => value(figure),
    }
}

/// As [`value`], a dash for none.
pub fn value_or_dash(figure: Option<f64>) -> String {
    figure.map_or_else(|| NOTHING.into(), value)
}

/// A time with its unit: `0.05 ms`, `45.6 ms`, `12.3 s`.
pub fn ms(ms: f64) -> String {
    if ms < 9_999.5 {
        format!("{} ms", value(ms))
    } else {
        format!("{} s", value(ms / 1000.0))
    }
}

/// A share of a whole: `0 %`, `0.03 %`, `12.5 %`; what is little is not told as nothing,
/// and what is nearly all not as all.
pub fn share(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    match percent {
        _ if part == 0 => "0 %".into(),
        _ if part == whole => "100 %".into(),
        p if p < 0.005 => "<0.01 %".into(),
        p if p < 9.995 => format!("{p:.2} %"),
        p if p < 99.95 => format!("{p:.1} %"),
        _ => ">99.9 %".into(),
    }
}

/// A length of time: `4.2s`, `42s`, `1:05`, `2:00:09`.
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 10.0 && seconds.fract() >= 0.05 {
        return format!("{seconds:.1}s");
    }
    let s = seconds.round() as u64;
    match (s / 3600, s / 60 % 60, s % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}:{s:02}"),
        (h, m, s) => format!("{h}:{m:02}:{s:02}"),
    }
}

/// A unit as it stands behind a figure: `ms`, `/s`, nothing for a count.
pub fn unit(unit: &Unit) -> &str {
    match unit {
        Unit::Count | Unit::Money => "",
        Unit::PerSecond => "/s",
        other => other.name(),
    }
}

/// A figure with its unit, without digits that tell nothing: `300 ms`, `1.5 %`, `50/s`;
/// an amount of money in `currency`, where one is known.
pub fn with_unit(of: &Unit, figure: f64, currency: Option<&str>) -> String {
    match of {
        Unit::Share => percent(figure),
        Unit::Money => money(figure, currency),
        Unit::Ms if figure.abs() < 9_999.5 => format!("{} ms", short(figure)),
        Unit::Ms => format!("{} s", short(figure / 1000.0)),
        Unit::Count => short(figure),
        Unit::Bytes => size(figure),
        other => match unit(other) {
            "/s" => format!("{}/s", short(figure)),
            unit => format!("{} {unit}", short(figure)),
        },
    }
}

/// A size by powers of 1000, as limits are mostly written: `12.9 MB`, `1 GB`.
fn size(bytes: f64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let found = units.into_iter().find(|(_, factor)| bytes.abs() >= *factor);
    match found {
        Some((unit, factor)) => format!("{} {unit}", short(bytes / factor)),
        None => format!("{} bytes", short(bytes)),
    }
}

/// As [`value`], without zeros at its end.
pub fn short(figure: f64) -> String {
    without_zeros(value(figure))
}

fn without_zeros(text: String) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A share from 0 to 1: `1 %`, `71.25 %`. What is little is not told as nothing, and what
/// is nearly all not as all.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        p if p > 0.0 && p < 0.005 => "<0.01 %".into(),
        p if (99.995..100.0).contains(&p) => ">99.99 %".into(),
        p => without_zeros(format!("{p:.2}")) + " %",
    }
}

/// An amount of money: `1,234.56 USD`, below one unit with three digits that tell
/// something: `0.000125 USD`.
pub fn money(amount: f64, currency: Option<&str>) -> String {
    let size = amount.abs();
    let sign = if amount < 0.0 { "-" } else { "" };
    let text = match size {
        _ if size < 1e-12 => "0".to_owned(),
        _ if size >= 0.9995 => {
            let cents = (size * 100.0).round() as u64;
            format!("{}.{:02}", count(cents / 100), cents % 100)
        }
        _ => {
            let decimals = 2 - size.log10().floor() as i32;
            without_zeros(format!("{size:.0$}", decimals.clamp(2, 15) as usize))
        }
    };
    match currency {
        Some(currency) => format!("{sign}{text} {}", super::harmless(currency)),
        None => sign.to_owned() + &text,
    }
}

/// A size: `195 KiB`, `7 MiB`, `1.5 GiB`, rounded up below the last.
pub fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    match bytes {
        0..MIB => format!("{} KiB", bytes.div_ceil(KIB)),
        MIB..GIB => format!("{} MiB", bytes.div_ceil(MIB)),
        _ => format!("{:.1} GiB", bytes as f64 / GIB as f64),
    }
}
