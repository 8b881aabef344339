//! What a request of the plan sends.
//!
//! In: the body of a step. Out: its content type and its content, with places to fill in.
//! Files are read once, when the plan is compiled.

use std::fs;
use std::path::Path;

use gatecrash_plan::model::{self, PartBody, Template};
use sha2::{Digest, Sha256};

use super::encode::Escape;
use super::template::{Pieces, Written};
use super::values::Names;

/// The largest file that a request sends: each lane keeps it in memory.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// A compiled body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) content_type: String,
    pub(super) content: Pieces,
}

impl Body {
    /// Compiles a body; `None` where there is none.
    ///
    /// # Errors
    /// What is wrong with it, or why its file cannot be read.
    pub(super) fn compile(
        body: &model::Body,
        names: &mut Names<'_>,
    ) -> Result<Option<Body>, String> {
        let mut content = Pieces::default();
        let content_type = match body {
            model::Body::None => return Ok(None),
            model::Body::Json(json) => {
                content.push_json(json, names)?;
                "application/json".to_owned()
            }
            model::Body::Form(fields) => {
                push_form(&mut content, fields, names)?;
                "application/x-www-form-urlencoded".to_owned()
            }
            model::Body::Text(text) => {
                content.push(text, Written::As(Escape::Text), names)?;
                "text/plain; charset=utf-8".to_owned()
            }
            model::Body::File(path) => {
                content.push_bytes(&read(path)?);
                "application/octet-stream".to_owned()
            }
            model::Body::Multipart(parts) => push_multipart(&mut content, parts, names)?,
        };
        Ok(Some(Body {
            content_type,
            content,
        }))
    }
}

fn push_form(
    content: &mut Pieces,
    fields: &[(String, Template)],
    names: &mut Names<'_>,
) -> Result<(), String> {
    for (at, (name, value)) in fields.iter().enumerate() {
        content.push_bytes(if at > 0 { b"&" } else { b"" });
        content.push_text(name, Written::As(Escape::Form))?;
        content.push_bytes(b"=");
        content.push(value, Written::As(Escape::Form), names)?;
    }
    Ok(())
}

/// RFC 7578. Gives the content type, which names the boundary.
fn push_multipart(
    content: &mut Pieces,
    parts: &[(String, PartBody)],
    names: &mut Names<'_>,
) -> Result<String, String> {
    let files: Vec<Vec<u8>> = parts
        .iter()
        .map(|(_, part)| match part {
            PartBody::Text(_) => Ok(Vec::new()),
            PartBody::File(path, _) => read(path),
        })
        .collect::<Result<_, _>>()?;
    let boundary = boundary(parts, &files);
    for ((name, part), file) in parts.iter().zip(&files) {
        content.push_bytes(format!("--{boundary}\r\n").as_bytes());
        content.push_bytes(b"Content-Disposition: form-data; name=\"");
        content.push_text(name, Written::As(Escape::Quoted))?;
        match part {
            PartBody::Text(text) => {
                content.push_bytes(b"\"\r\n\r\n");
                content.push(text, Written::As(Escape::Text), names)?;
            }
            PartBody::File(path, content_type) => {
                let file_name = path.file_name().unwrap_or_default().to_string_lossy();
                content.push_bytes(b"\"; filename=\"");
                content.push_text(&file_name, Written::As(Escape::Quoted))?;
                content.push_bytes(b"\"\r\nContent-Type: ");
                content.push_text(content_type, Written::Header)?;
                content.push_bytes(b"\r\n\r\n");
                content.push_bytes(file);
            }
        }
        content.push_bytes(b"\r\n");
    }
    content.push_bytes(format!("--{boundary}--\r\n").as_bytes());
    Ok(format!("multipart/form-data; boundary={boundary}"))
}

/// A line that stands in none of the parts, as far as a hash of them can know: the same
/// plan sends the same bytes.
fn boundary(parts: &[(String, PartBody)], files: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for ((name, part), file) in parts.iter().zip(files) {
        hash.update(format!("{name} {part:?} {}", file.len()).as_bytes());
        hash.update(file);
    }
    let digits: String = hash
        .finalize()
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("gatecrash-{digits}")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |fault: String| format!("{}: {fault}", path.display());
    let size = fs::metadata(path).map_err(|fault| told(fault.to_string()))?;
    if size.len() > MAX_FILE_BYTES {
        return Err(told("the file is larger than 256 MiB".to_owned()));
    }
    fs::read(path).map_err(|fault| told(fault.to_string()))
}
