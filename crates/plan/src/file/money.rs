//! Amounts of money, and how many a day.
//!
//! In: a node. Out: the value, within the bounds of its type. Never: what an amount is for.

use super::node::{Node, quoted};
use super::read::{Read, Reader};
use super::scalar::{leaf, number, text};
use super::shape::{Kind, Leaf};

/// An amount of money, in whatever currency, from 0 on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount(pub(crate) f64);

/// An amount of money above 0, and its currency if it says one.
#[derive(Clone, Debug)]
pub(crate) struct Money {
    pub(crate) amount: f64,
    pub(crate) currency: Option<String>,
}

/// So many a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PerDay(pub(crate) f64);

leaf!(
    Amount,
    "amount",
    "an amount of money such as 0.002",
    r#"{"type":"number","minimum":0}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let amount = number::<Amount>(node, reader)?;
        match amount >= 0.0 {
            true => Some(Amount(amount)),
            false => reader.refuse(node, format!("a price is not below 0, as {amount} is")),
        }
    }
);

leaf!(
    Money,
    "money",
    "an amount of money such as 5 or 5 USD",
    r#"{"type":["string","number"],"pattern":"^[0-9]+(\\.[0-9]+)?( [A-Za-z]+)?$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Money>(node, reader)?;
        money(&text).map_or_else(|why| reader.refuse(node, why), Some)
    }
);

leaf!(
    PerDay,
    "number per day",
    "a number per time such as 1000/day",
    r#"{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?/(s|m|h|day|week|month)$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<PerDay>(node, reader)?;
        match per_day(&text) {
            Some(number) => Some(PerDay(number)),
            None => reader.refuse(
                node,
                format!(
                    "{} is no number per time; write 1000/day or 2/s",
                    quoted(&text)
                ),
            ),
        }
    }
);

/// `5`, `5 USD`.
fn money(text: &str) -> Result<Money, String> {
    let (amount, currency) = match text.trim().split_once(' ') {
        Some((amount, currency)) => (amount, Some(currency.trim().to_owned())),
        None => (text.trim(), None),
    };
    let is_word = |word: &String| word.chars().all(char::is_alphabetic);
    let sound = currency.as_ref().is_none_or(is_word);
    match amount.parse::<f64>() {
        Ok(amount) if sound && amount.is_finite() && amount > 0.0 => Ok(Money { amount, currency }),
        Ok(amount) if sound && amount <= 0.0 => Err(format!("{amount} leaves nothing to spend")),
        _ => Err(format!(
            "{} is not an amount of money; write 5 or 5 USD",
            quoted(text)
        )),
    }
}

/// `1000/day`; a week has 7 days, a month 30.
fn per_day(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let days = match unit.trim() {
        "s" => 1.0 / 86_400.0,
        "m" => 1.0 / 1440.0,
        "h" => 1.0 / 24.0,
        "day" => 1.0,
        "week" => 7.0,
        "month" => 30.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number / days)
}
