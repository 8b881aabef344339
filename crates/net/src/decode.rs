//! Content codings taken off a body, when somebody looks at it.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// The most bytes that a decoded body may have: a small answer must not be
/// able to unfold into all memory.
const MAX_DECODED_BYTES: u64 = 1024 * 1024 * 1024;

/// A body that is not what its `Content-Encoding` says.
#[derive(Debug, thiserror::Error)]
#[error("cannot decode the body as {coding}: {source}")]
pub struct DecodeError {
    /// The coding as the server named it.
    pub coding: String,
    /// What is wrong with it.
    #[source]
    pub source: io::Error,
}

/// Takes the codings of a `Content-Encoding` value off `body`, the last one
/// named first. A coding that is not known ends the work: the body stays as it is.
pub fn decode_body(codings: &str, body: &Bytes) -> Result<Bytes, DecodeError> {
    let mut decoded = body.clone();
    for coding in codings.rsplit(',').map(str::trim) {
        if decoded.is_empty() {
            break;
        }
        match decode_one(&coding.to_ascii_lowercase(), &decoded) {
            None => break,
            Some(result) => {
                decoded = result.map_err(|source| DecodeError {
                    coding: coding.to_owned(),
                    source,
                })?;
            }
        }
    }
    Ok(decoded)
}

/// How long `body` is once decoded; its own length where it cannot be decoded.
///
/// A gzip body tells its length in its last four bytes (RFC 1952 section 2.3.1,
/// modulo 2^32), so the usual case costs nothing.
pub fn decoded_length(codings: &str, body: &Bytes) -> u64 {
    let is_gzip = matches!(
        codings.trim().to_ascii_lowercase().as_str(),
        "gzip" | "x-gzip"
    );
    if let (true, Some(trailer)) = (is_gzip && body.len() >= 18, body.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*trailer));
    }
    decode_body(codings, body).map_or(body.len() as u64, |decoded| decoded.len() as u64)
}

/// `None`: not a coding we know.
fn decode_one(coding: &str, body: &Bytes) -> Option<io::Result<Bytes>> {
    let bytes = &body[..];
    match coding {
        "gzip" | "x-gzip" => Some(collect(MultiGzDecoder::new(bytes))),
        // Servers send both what the name says (zlib, RFC 1950) and bare deflate.
        "deflate" => {
            Some(collect(ZlibDecoder::new(bytes)).or_else(|_| collect(DeflateDecoder::new(bytes))))
        }
        "br" => Some(collect(brotli_decompressor::Decompressor::new(bytes, 4096))),
        "zstd" => Some(zstd::Decoder::new(bytes).and_then(collect)),
        "identity" | "" => Some(Ok(body.clone())),
        _ => None,
    }
}

fn collect(decoder: impl Read) -> io::Result<Bytes> {
    let mut decoded = Vec::new();
    decoder
        .take(MAX_DECODED_BYTES + 1)
        .read_to_end(&mut decoded)?;
    if decoded.len() as u64 > MAX_DECODED_BYTES {
        return Err(io::Error::other("more than 1 GiB once decoded"));
    }
    Ok(decoded.into())
}
