//! People who do not exist.
//!
//! In: the number of a row. Out: its person's names, every time the same, and rows of them. Never:
//! two people for one number; different numbers may share a name.

use rusqlite::{Transaction, params};

use crate::sqlite::{pick, pick_text};

const FIRST_NAMES: [&str; 20] = [
    "Ada", "Amir", "Bo", "Carla", "Chidi", "Dana", "Emil", "Fatima", "Goran", "Hana", "Ines",
    "Jonas", "Kofi", "Lena", "Mateo", "Noor", "Olga", "Priya", "Ravi", "Sofia",
];
const LAST_NAMES: [&str; 25] = [
    "Adeyemi", "Berg", "Castro", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito",
    "Jensen", "Kowalski", "Larsen", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi",
    "Silva", "Tanaka", "Usman", "Varga", "Weber", "Yilmaz", "Zhang",
];

/// The first and the last name of the person in row `row`.
pub(crate) fn name(row: u32) -> (&'static str, &'static str) {
    (
        pick_text(row, 0, &FIRST_NAMES),
        pick_text(row, 1, &LAST_NAMES),
    )
}

/// Puts patients 1 to `last` into the table `patients` (id, name, birth date).
pub(crate) fn seed_patients(transaction: &Transaction<'_>, last: u32) -> rusqlite::Result<()> {
    let mut patient = transaction.prepare(
        "INSERT INTO patients VALUES (?1, ?2, date('1930-01-01', '+' || ?3 || ' days'))",
    )?;
    for id in 1..=last {
        let (first, last) = name(id);
        patient.execute(params![id, format!("{first} {last}"), pick(id, 2, 33_000)])?;
    }
    Ok(())
}
