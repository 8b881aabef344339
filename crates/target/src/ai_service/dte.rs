//! Electronic invoices (documentos tributarios electrónicos, DTE) and whether they add up.
//!
//! In: a document. Out: what is wrong with it. Never: a tax authority; only sums and check digits
//! are looked at, by the rules of Chile's Servicio de Impuestos Internos.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::access::admit;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// Invoice, exempt invoice, debit note, credit note.
const KINDS: [u16; 4] = [33, 34, 56, 61];

/// The kind that bears no value-added tax.
const EXEMPT: u16 = 34;

/// Value-added tax in Chile, per cent.
const VAT_PERCENT: u64 = 19;

/// Lines that a document may have.
const ITEMS_MAX: usize = 60;

/// A document; amounts are whole pesos.
#[derive(Debug, Deserialize)]
struct Document {
    kind: u16,
    folio: u64,
    issuer: String,
    receiver: String,
    items: Vec<Item>,
    net: u64,
    vat: u64,
    total: u64,
}

#[derive(Debug, Deserialize)]
struct Item {
    quantity: u64,
    unit_price: u64,
}

/// What is wrong, and where.
#[derive(Debug, PartialEq, Serialize)]
struct Fault {
    field: &'static str,
    reason: String,
}

/// `POST /dte/validate`
pub(super) fn validate(call: &Call<'_>) -> Result<Reply, Answer> {
    admit(call)?;
    let document: Document = call.json()?;
    let faults = document.faults();
    let shown = json!({ "valid": faults.is_empty(), "folio": document.folio, "errors": faults });
    Ok(Answer::json(200, &shown).into())
}

impl Document {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, field, reason: String| {
            if !holds {
                faults.push(Fault { field, reason });
            }
        };
        let known = KINDS.contains(&self.kind);
        check(known, "kind", format!("must be one of {KINDS:?}"));
        check(self.folio > 0, "folio", "must be 1 or more".to_owned());
        for (field, id) in [("issuer", &self.issuer), ("receiver", &self.receiver)] {
            let reason = "must be a RUT with its check digit, as in 76192083-9".to_owned();
            check(is_rut(id), field, reason);
        }
        let fits = (1..=ITEMS_MAX).contains(&self.items.len());
        check(fits, "items", format!("must be 1 to {ITEMS_MAX}"));
        let (net, vat, total) = (self.right_net(), self.right_vat(), self.right_total());
        check(self.net == net, "net", format!("the items are {net}"));
        check(self.vat == vat, "vat", format!("of net it is {vat}"));
        check(self.total == total, "total", format!("they are {total}"));
        faults
    }

    fn right_net(&self) -> u64 {
        let items = self.items.iter();
        let prices = items.map(|item| item.quantity.saturating_mul(item.unit_price));
        prices.fold(0, u64::saturating_add)
    }

    /// Rounded to whole pesos.
    fn right_vat(&self) -> u64 {
        if self.kind == EXEMPT {
            0
        } else {
            (self.net.saturating_mul(VAT_PERCENT).saturating_add(50)) / 100
        }
    }

    fn right_total(&self) -> u64 {
        self.net.saturating_add(self.vat)
    }
}

/// Whether `text` is a Chilean tax number with the right check digit: its digits from the last
/// one on are weighted 2, 3 … 7, 2 …, and the sum is completed to a multiple of 11.
fn is_rut(text: &str) -> bool {
    let Some((digits, check)) = text.split_once('-') else {
        return false;
    };
    if !(7..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let weighted = digits.bytes().rev().zip((2..=7).cycle());
    let sum: u32 = weighted
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let right = match 11 - sum % 11 {
        11 => "0".to_owned(),
        10 => "K".to_owned(),
        digit => digit.to_string(),
    };
    check == right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_digit_is_right_or_not() {
        for right in ["76192083-9", "12345678-5", "11111111-1", "1000005-K"] {
            assert!(is_rut(right), "{right}");
        }
        for wrong in ["76192083-8", "76192083", "761920839-9", "7619208a-9", ""] {
            assert!(!is_rut(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_tax_is_rounded_and_sums_do_not_overflow() {
        let text = r#"{ "kind": 33, "folio": 1, "issuer": "76192083-9", "receiver": "12345678-5",
            "items": [{ "quantity": 18446744073709551615, "unit_price": 2 }],
            "net": 3, "vat": 1, "total": 4 }"#;
        let document: Document = serde_json::from_str(text).expect("a document");
        let faults = document.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].field, "net");
    }
}
