//! Dates as cookies have them: RFC 6265 section 5.1.1, which takes nearly anything that
//! names a time of day, a day, a month and a year, in any order.

const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

#[derive(Default)]
struct Found {
    time: Option<[u32; 3]>,
    day: Option<u32>,
    month: Option<u32>,
    year: Option<u32>,
}

/// In seconds since 1970; `None` for what is no date.
pub fn parse(text: &[u8]) -> Option<f64> {
    let mut found = Found::default();
    let is_delimiter =
        |byte: &u8| matches!(byte, 0x09 | 0x20..=0x2F | 0x3B..=0x40 | 0x5B..=0x60 | 0x7B..=0x7E);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        found.note(token);
    }
    found.epoch_s()
}

impl Found {
    /// Each token counts as the first thing that it can be and that is still missing.
    fn note(&mut self, token: &[u8]) {
        if self.time.is_none()
            && let Some(time) = time_of_day(token)
        {
            self.time = Some(time);
        } else if self.day.is_none()
            && let Some(day) = number(token, 1..=2)
        {
            self.day = Some(day);
        } else if self.month.is_none()
            && let Some(month) = month(token)
        {
            self.month = Some(month);
        } else if self.year.is_none()
            && let Some(year) = number(token, 2..=4)
        {
            self.year = Some(match year {
                70..=99 => year + 1900,
                0..=69 => year + 2000,
                _ => year,
            });
        }
    }

    fn epoch_s(&self) -> Option<f64> {
        let [hour, minute, second] = self.time?;
        let (year, month, day) = (self.year?, self.month?, self.day?);
        let is_valid = year >= 1601 && hour <= 23 && minute <= 59 && second <= 59;
        if !is_valid || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some((days_since_1970(year, month, day) * 86_400 + seconds) as f64)
    }
}

/// `hh:mm:ss`, each of one or two digits, and whatever follows.
fn time_of_day(token: &[u8]) -> Option<[u32; 3]> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let all_of =
        |field: &[u8]| number(field, 1..=2).filter(|_| field.iter().all(u8::is_ascii_digit));
    let hour = all_of(fields.next()?)?;
    let minute = all_of(fields.next()?)?;
    Some([hour, minute, number(fields.next()?, 1..=2)?])
}

/// The number that `token` begins with, of as many digits as allowed; what follows them
/// is no digit.
fn number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let length = token
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !digits.contains(&length) {
        return None;
    }
    str::from_utf8(&token[..length]).ok()?.parse().ok()
}

/// From 1; only the first three letters count.
fn month(token: &[u8]) -> Option<u32> {
    let name = token.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == name)?;
    Some(at as u32 + 1)
}

fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Proleptic Gregorian calendar. Years begin in March here, so that the odd day of a leap
/// year is the last one.
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // The first of March of year 0 is that long before 1970.
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777.0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777.0)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777.0)),
            ("6 nov 1994 8:49:37", Some(784_111_777.0)),
            ("08:49:37 November 1994 6th", Some(784_111_777.0)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400.0)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", Some(-1.0)),
            ("Tue, 19 Jan 2038 03:14:08 GMT", Some(2_147_483_648.0)),
            ("Mon, 01 Jan 69 00:00:00 GMT", Some(3_124_224_000.0)),
            ("Thu, 29 Feb 1900 00:00:00 GMT", None),
            ("Thu, 32 Jan 1970 00:00:00 GMT", None),
            ("Thu, 01 Jan 1600 00:00:00 GMT", None),
            ("Thu, 01 Jan 1970 24:00:00 GMT", None),
            ("Thu, 01 Jan 1970", None),
            ("01 Jan 1970 00:00", None),
            ("yesterday", None),
            ("", None),
            ("0", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text:?}");
        }
    }
}
