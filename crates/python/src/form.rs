//! Parameters and forms as `requests` writes them: `urllib.parse.urlencode` with
//! `doseq`, after `requests` has left out what is None.
//!
//! In: a dict of plain values. Out: the encoded text, or None when a value is of
//! a kind that only the library knows how to write.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// The dict as `name=value&…`.
pub(crate) fn encode(fields: &Bound<'_, PyDict>) -> PyResult<Option<String>> {
    let mut encoded = String::new();
    for (name, value) in fields.iter() {
        let Ok(name) = name.cast_exact::<PyString>() else {
            return Ok(None);
        };
        let name = name.to_str()?;
        let written = if let Ok(list) = value.cast_exact::<PyList>() {
            push_all(&mut encoded, name, list.iter())?
        } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
            push_all(&mut encoded, name, tuple.iter())?
        } else {
            push(&mut encoded, name, &value)?
        };
        if !written {
            return Ok(None);
        }
    }
    Ok(Some(encoded))
}

fn push_all<'py>(
    encoded: &mut String,
    name: &str,
    values: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<bool> {
    for value in values {
        if !push(encoded, name, &value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Appends one field; says whether it could be written.
fn push(encoded: &mut String, name: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_none() {
        return Ok(true);
    }
    let is_plain = value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBool>();
    if !is_plain {
        return Ok(false);
    }
    if !encoded.is_empty() {
        encoded.push('&');
    }
    quote(encoded, name);
    encoded.push('=');
    quote(encoded, value.str()?.to_str()?);
    Ok(true)
}

/// `urllib.parse.quote_plus`: letters, digits and `_.-~` stay, a blank becomes a
/// plus, the rest of the UTF-8 is escaped.
fn quote(encoded: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) => {
                encoded.push(char::from(byte));
            }
            byte => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                encoded.push('%');
                encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
                encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}
