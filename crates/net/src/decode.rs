//! Content codings taken off a body, when somebody looks at it.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// The most bytes that a decoded body may have: a small answer must not be
/// able to unfold into all memory.
const MAX_DECODED_BYTES: u64 = 1024 * 1024 * 1024;

/// The most codings on top of each other.
const MAX_CODINGS: usize = 5;
/// How a gzip member begins (RFC 1952 section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

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

impl DecodeError {
    /// The body is fine so far, but beyond the limit once decoded.
    pub fn is_too_large(&self) -> bool {
        self.source.kind() == io::ErrorKind::FileTooLarge
    }
}

/// Takes the codings of a `Content-Encoding` value off `body`, the last one
/// named first. A coding that is not known ends the work: the body stays as it is.
///
/// # Errors
/// A body that is not what its codings say, more than 5 codings, or more than
/// 1 GiB once decoded.
pub fn decode_body(codings: &str, body: &Bytes) -> Result<Bytes, DecodeError> {
    decode_within(MAX_DECODED_BYTES, codings, body)
}

/// The same for a body that may have `limit` bytes at most once decoded.
///
/// # Errors
/// As [`decode_body`], with that limit; [`DecodeError::is_too_large`] tells it from others.
pub fn decode_within(limit: u64, codings: &str, body: &Bytes) -> Result<Bytes, DecodeError> {
    if codings.split(',').count() > MAX_CODINGS {
        return Err(DecodeError {
            coding: codings.chars().take(64).collect(),
            source: io::Error::other("more than 5 codings"),
        });
    }
    let mut decoded = body.clone();
    for coding in codings.rsplit(',').map(str::trim) {
        if decoded.is_empty() {
            break;
        }
        let Some(decoder) = decoder(coding, &decoded) else {
            break;
        };
        decoded = collect(limit, decoder).map_err(|source| DecodeError {
            coding: coding.to_owned(),
            source,
        })?;
    }
    Ok(decoded)
}

/// How long `body` is once decoded; its own length where it cannot be decoded.
///
/// A gzip body tells its length in its last four bytes (RFC 1952 section 2.3.1,
/// modulo 2^32), so the usual case costs nothing.
pub fn decoded_length(codings: &str, body: &Bytes) -> u64 {
    let own_length = body.len() as u64;
    if codings.contains(',') {
        return decode_body(codings, body).map_or(own_length, |decoded| decoded.len() as u64);
    }
    let coding = codings.trim();
    if is_gzip(coding)
        && body.starts_with(&GZIP_MAGIC)
        && body.len() >= 18
        && let Some(trailer) = body.last_chunk::<4>()
    {
        return u64::from(u32::from_le_bytes(*trailer));
    }
    match decoder(coding, body).map(count) {
        Some(Ok(length)) if !body.is_empty() => length,
        _ => own_length,
    }
}

fn is_gzip(coding: &str) -> bool {
    coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip")
}

/// `None`: not a coding that we take off.
fn decoder<'a>(coding: &str, bytes: &'a [u8]) -> Option<Box<dyn Read + 'a>> {
    match coding.to_ascii_lowercase().as_str() {
        _ if is_gzip(coding) => Some(Box::new(Members(Some(GzDecoder::new(bytes))))),
        // Servers send both what the name says (zlib, RFC 1950) and bare deflate.
        "deflate" if begins_as_zlib(bytes) => Some(Box::new(ZlibDecoder::new(bytes))),
        "deflate" => Some(Box::new(DeflateDecoder::new(bytes))),
        "br" => Some(Box::new(brotli_decompressor::Decompressor::new(
            bytes, 4096,
        ))),
        "zstd" => Some(Box::new(zstd::Decoder::with_buffer(bytes).ok()?)),
        "identity" | "" => Some(Box::new(bytes)),
        _ => None,
    }
}

/// RFC 1950 section 2.2: method 8, a window of at most 32 KiB, a multiple of 31.
fn begins_as_zlib(bytes: &[u8]) -> bool {
    let Some(&[first, second]) = bytes.first_chunk::<2>() else {
        return false;
    };
    first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]) % 31 == 0
}

/// The members of a gzip body one after the other. What follows the last one and is
/// none is passed over, as Python's libraries do.
struct Members<'a>(Option<GzDecoder<&'a [u8]>>);

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.0.take().map_or(&[][..], GzDecoder::into_inner);
            if rest.starts_with(&GZIP_MAGIC) {
                self.0 = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Reads `decoder` to its end, at most `limit` bytes.
fn collect(limit: u64, decoder: impl Read) -> io::Result<Bytes> {
    let mut decoded = Vec::new();
    decoder.take(limit + 1).read_to_end(&mut decoded)?;
    if decoded.len() as u64 > limit {
        let what = format!("more than {limit} bytes once decoded");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(decoded.into())
}

/// How much `decoder` gives, kept nowhere.
fn count(decoder: impl Read) -> io::Result<u64> {
    io::copy(&mut decoder.take(MAX_DECODED_BYTES), &mut io::sink())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: u64, codings: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        decode_within(limit, codings, &Bytes::copy_from_slice(body))
            .map(|decoded| decoded.to_vec())
            .map_err(|fault| fault.to_string())
    }

    fn zeros(count: usize) -> Vec<u8> {
        zstd::encode_all(&vec![0; count][..], 0).expect("in memory")
    }

    #[test]
    fn a_body_that_unfolds_too_far_is_refused() {
        let bomb = zeros(1_000_000);
        assert!(bomb.len() < 1000);
        assert_eq!(check(1_000_000, "zstd", &bomb), Ok(vec![0; 1_000_000]));
        let refused = "cannot decode the body as zstd: more than 999999 bytes once decoded";
        assert_eq!(check(999_999, "zstd", &bomb), Err(refused.to_owned()));
    }

    #[test]
    fn a_long_row_of_codings_is_refused() {
        let mut body = b"five".to_vec();
        for _ in 0..5 {
            body = zstd::encode_all(&body[..], 0).expect("in memory");
        }
        assert_eq!(
            check(100, "zstd, zstd, zstd, zstd, zstd", &body),
            Ok(b"five".to_vec())
        );
        let refused = check(100, &["zstd"; 6].join(","), &body).expect_err("one too many");
        assert!(refused.ends_with("more than 5 codings"), "{refused}");
    }
}
