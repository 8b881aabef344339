//! What the functions of templates do; their names and parameters are a table of `plan`.
//!
//! In: constant or computed arguments, the user's draws, the counters of the run. Out: a
//! value, or what is wrong with the arguments. Never: chance of its own; what is drawn
//! comes from the seed, so that a seed repeats the data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gatecrash_plan::draw;
use gatecrash_plan::template::find;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::encode::{self, Escape};
use super::fake;
use super::sequences::Sequences;
use super::values::text_of;
use crate::clock::Clock;

/// The longest text that one draw makes.
const MAX_DRAWN_CHARS: u64 = 1 << 20;

/// A call on its way.
pub(super) struct Call<'a> {
    /// What it was given.
    pub(super) arguments: &'a [Value],
    /// The next 64 even bits of the user.
    pub(super) draw: &'a mut dyn FnMut() -> u64,
    /// The counters of the run.
    pub(super) sequences: &'a Sequences,
}

type Outcome = Result<Value, String>;

/// What a function does.
type Deed = fn(&mut Call<'_>) -> Outcome;

/// A function, found by its name once.
#[derive(Clone, Copy)]
pub(super) struct Function {
    name: &'static str,
    body: Deed,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Function> {
        BODIES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(name, body)| Function { name, body })
    }

    /// All functions.
    pub(super) fn all() -> impl Iterator<Item = Function> {
        BODIES.iter().map(|&(name, body)| Function { name, body })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Calls it.
    ///
    /// # Errors
    /// A sentence on what is wrong with the arguments.
    pub(super) fn call(&self, mut call: Call<'_>) -> Outcome {
        let (least, most) = find(self.name).map_or((0, 0), |known| known.arguments());
        let given = call.arguments.len();
        if !(least..=most).contains(&given) {
            let signature = find(self.name).map(|known| known.signature());
            return Err(format!(
                "{} takes other arguments than the {given} given",
                signature.unwrap_or_default()
            ));
        }
        (self.body)(&mut call).map_err(|why| format!("{}: {why}", self.name))
    }
}

const BODIES: &[(&str, Deed)] = &[
    ("random_int", random_int),
    ("random_float", random_float),
    ("random_choice", random_choice),
    ("random_string", random_string),
    ("uuid", uuid),
    ("now", |_| Ok(rfc3339(epoch_ms()).into())),
    ("now_ms", |_| Ok(epoch_ms().into())),
    ("timestamp", |_| Ok((epoch_ms() / 1000).into())),
    ("sequence", sequence),
    ("fake.name", |call| Ok(fake::name(call.draw).into())),
    ("fake.first_name", |call| {
        Ok(fake::first_name(call.draw).into())
    }),
    ("fake.last_name", |call| {
        Ok(fake::last_name(call.draw).into())
    }),
    ("fake.email", |call| Ok(fake::email(call.draw).into())),
    ("fake.phone", |call| Ok(fake::phone(call.draw).into())),
    ("fake.city", |call| Ok(fake::city(call.draw).into())),
    ("fake.company", |call| Ok(fake::company(call.draw).into())),
    ("fake.word", |call| Ok(fake::word(call.draw).into())),
    ("fake.sentence", |call| Ok(fake::sentence(call.draw).into())),
    ("base64", |call| Ok(BASE64.encode(call.text(0)).into())),
    ("base64_decode", base64_decode),
    ("sha256", |call| {
        Ok(hex(&Sha256::digest(call.text(0))).into())
    }),
    ("hmac_sha256", hmac_sha256),
    ("url_encode", url_encode),
];

impl Call<'_> {
    fn argument(&self, place: usize) -> &Value {
        self.arguments.get(place).unwrap_or(&Value::Null)
    }

    /// An argument as text.
    fn text(&self, place: usize) -> String {
        text_of(self.argument(place))
    }

    /// An argument as a whole number; a text may hold one, as rows of CSV do.
    fn whole(&self, place: usize) -> Result<i64, String> {
        let argument = self.argument(place);
        let whole = argument
            .as_i64()
            .or_else(|| argument.as_str()?.trim().parse().ok());
        whole.ok_or_else(|| "an argument is no whole number".to_owned())
    }

    /// An argument as a number; a text may hold one.
    fn number(&self, place: usize) -> Result<f64, String> {
        let argument = self.argument(place);
        let number = argument
            .as_f64()
            .or_else(|| argument.as_str()?.trim().parse().ok());
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| "an argument is no number".to_owned())
    }
}

fn random_int(call: &mut Call<'_>) -> Outcome {
    let (low, high) = (call.whole(0)?, call.whole(1)?);
    if low > high {
        return Err("the low end lies above the high end".to_owned());
    }
    // The span of all 2^64 numbers wraps to 0: then every draw will do.
    let drawn = (call.draw)();
    let offset = match high.wrapping_sub(low).cast_unsigned().wrapping_add(1) {
        0 => drawn,
        span => draw::below(drawn, span),
    };
    Ok(low.wrapping_add(offset.cast_signed()).into())
}

fn random_float(call: &mut Call<'_>) -> Outcome {
    let (low, high) = (call.number(0)?, call.number(1)?);
    if low > high {
        return Err("the low end lies above the high end".to_owned());
    }
    Ok((low + (high - low) * draw::unit((call.draw)())).into())
}

fn random_choice(call: &mut Call<'_>) -> Outcome {
    let Some(Value::Array(list)) = call.arguments.first() else {
        return Err("the argument is no list".to_owned());
    };
    if list.is_empty() {
        return Err("the list is empty".to_owned());
    }
    let place = draw::below((call.draw)(), list.len() as u64);
    Ok(list[place as usize].clone())
}

fn random_string(call: &mut Call<'_>) -> Outcome {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let length = u64::try_from(call.whole(0)?)
        .ok()
        .filter(|length| *length <= MAX_DRAWN_CHARS)
        .ok_or_else(|| format!("the length must lie between 0 and {MAX_DRAWN_CHARS}"))?;
    let drawn: String = (0..length)
        .map(|_| char::from(LETTERS[draw::below((call.draw)(), LETTERS.len() as u64) as usize]))
        .collect();
    Ok(drawn.into())
}

/// Version 4, variant 10 (RFC 9562 section 5.4).
fn uuid(call: &mut Call<'_>) -> Outcome {
    let high = ((call.draw)() & !0xF000) | 0x4000;
    let low = ((call.draw)() & !(0b11 << 62)) | (0b10 << 62);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
    .into())
}

fn sequence(call: &mut Call<'_>) -> Outcome {
    let next = match call.arguments {
        [] => call.sequences.next(""),
        _ => call.sequences.next(&call.text(0)),
    };
    next.map(Value::from)
}

fn base64_decode(call: &mut Call<'_>) -> Outcome {
    let bytes = BASE64
        .decode(call.text(0).trim())
        .map_err(|_| "the text is no Base64".to_owned())?;
    String::from_utf8(bytes)
        .map(Value::from)
        .map_err(|_| "what was encoded is no text (UTF-8)".to_owned())
}

fn hmac_sha256(call: &mut Call<'_>) -> Outcome {
    let mut mac = Hmac::<Sha256>::new_from_slice(call.text(0).as_bytes())
        .map_err(|fault| fault.to_string())?;
    mac.update(call.text(1).as_bytes());
    Ok(hex(&mac.finalize().into_bytes()).into())
}

fn url_encode(call: &mut Call<'_>) -> Outcome {
    let mut encoded = Vec::new();
    encode::escape(Escape::Query, &call.text(0), &mut encoded);
    Ok(String::from_utf8_lossy(&encoded).into_owned().into())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

fn epoch_ms() -> u64 {
    (Clock::start().now_epoch_s() * 1e3) as u64
}

/// RFC 3339 in UTC, with milliseconds.
fn rfc3339(epoch_ms: u64) -> String {
    let (days, ms) = (epoch_ms / 86_400_000, epoch_ms % 86_400_000);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        ms % 1000
    )
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar. Years are
/// counted from March on, so that the leap day is a year's last:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(days: u64) -> (u64, u64, u64) {
    /// From 0000-03-01 to 1970-01-01.
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = match month_from_march {
        0..10 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (era * 400 + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use gatecrash_plan::template::FUNCTIONS;

    use super::*;

    #[test]
    fn every_function_of_the_table_has_a_body_and_none_has_no_line() {
        let bodies: Vec<_> = BODIES.iter().map(|(name, _)| *name).collect();
        let lines: Vec<_> = FUNCTIONS.iter().map(|line| line.name).collect();
        assert_eq!(bodies, lines);
    }

    #[test]
    fn days_become_dates() {
        for (epoch_ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_772_357_400_000, "2026-03-01T09:30:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(epoch_ms), expected);
        }
    }
}
