//! Pages of a server that is watched: one GET after the other over a kept connection.
//!
//! In: an address and headers. Out: the text, decoded, or why there is none. No load: nothing
//! is counted. Limits: time, and bytes of the page.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatecrash_net::{
    BodyUse, Client, Exchange, Fetched, Request, TlsSettings, Trust, Url, decode_within, now,
};

/// How long a server may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The largest page that is read, bytes.
pub(crate) const PAGE_MAX: u64 = 16 << 20;

/// Where the pages of one server come from.
#[derive(Debug)]
pub(crate) struct Fetch {
    client: Client,
    url: Url,
    headers: String,
}

impl Fetch {
    /// # Errors
    /// When the address is none, or a header cannot be sent.
    pub(crate) fn new(url: &str, headers: &[(String, String)]) -> Result<Fetch, String> {
        let parsed = Url::parse(url).map_err(|fault| fault.to_string())?;
        let mut lines = String::new();
        for (name, value) in headers {
            if [name, value].iter().any(|text| text.contains(['\r', '\n'])) {
                return Err(format!("the header {name} has a line break"));
            }
            lines += &format!("{name}: {value}\r\n");
        }
        Ok(Fetch {
            client: Client::new(),
            url: parsed,
            headers: lines,
        })
    }

    /// The page at the address itself.
    pub(crate) async fn text(&self) -> Result<String, String> {
        let exchange = self.get(&self.url.target).await?;
        match exchange.head.status {
            200 => text_of(&exchange),
            status => Err(format!("{} answered with status {status}", self.url)),
        }
    }

    /// Status and text at another path of the same server.
    pub(crate) async fn at(&self, target: &str) -> Result<(u16, String), String> {
        let base = self.url.target.trim_end_matches('/');
        let exchange = self.get(&format!("{base}{target}")).await?;
        Ok((exchange.head.status, text_of(&exchange)?))
    }

    async fn get(&self, target: &str) -> Result<Exchange, String> {
        let fetched = self.client.fetch(&self.request(target), now(), || ()).await;
        match fetched {
            Ok(Fetched::Whole(exchange) | Fetched::Streamed(exchange, _)) => Ok(exchange),
            Err(failure) => Err(format!("{}: {}", self.url, failure.error)),
        }
    }

    fn request(&self, target: &str) -> Request {
        let origin = Arc::new(self.url.origin(TlsSettings {
            trust: Trust::System,
            identity: None,
        }));
        let wire = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: gatecrash/{}\r\n\
             Accept: */*\r\nAccept-Encoding: gzip\r\n{}\r\n",
            origin.authority(),
            env!("CARGO_PKG_VERSION"),
            self.headers
        );
        let body_at = wire.len();
        let mut request = Request::new(origin, Bytes::from(wire), body_at);
        request.body = BodyUse::Keep {
            limit_bytes: PAGE_MAX,
        };
        request.total_timeout = Some(PATIENCE);
        request
    }
}

fn text_of(exchange: &Exchange) -> Result<String, String> {
    let codings = exchange.head.header("content-encoding").unwrap_or_default();
    let codings = String::from_utf8_lossy(codings);
    let body = decode_within(PAGE_MAX, &codings, &exchange.body);
    let body = body.map_err(|fault| format!("its body cannot be decoded: {fault}"))?;
    String::from_utf8(body.to_vec()).map_err(|_| "its body is no text".to_owned())
}
