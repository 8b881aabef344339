//! From an origin to a connected stream: resolve, connect, secure, each with
//! its instant. Also the stream itself, plain or TLS.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::resolve::resolve;
use crate::{Error, Origin, Scheme, Timings, now, tls};

/// Room for one read. All connections of a thread share it, so that an idle
/// connection owns no buffer at all.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
}

/// A connected stream.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Appends what can be read at once to `into`. 0 means that the peer closed.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        self.poll_read_with(cx, |bytes| {
            into.extend_from_slice(bytes);
            bytes.len()
        })
    }

    /// Shows what can be read at once to `take`: no bytes mean that the peer closed.
    pub(crate) fn poll_read_with<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let ready = match self {
                Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, &mut buffer),
                Stream::Tls(tls) => Pin::new(tls).poll_read(cx, &mut buffer).map(forgive_end),
            };
            ready.map_ok(|()| take(buffer.filled()))
        })
    }

    /// Whether the peer closed, or sent something nobody asked for, while the
    /// connection was idle. Costs no system call when nothing happened.
    pub(crate) fn is_stale(&mut self) -> bool {
        match self {
            // Without a task that would have to be noted, and woken.
            Stream::Plain(tcp) => match tcp.try_read(&mut [0]) {
                Err(fault) => fault.kind() != io::ErrorKind::WouldBlock,
                Ok(_) => true,
            },
            Stream::Tls(_) => {
                let mut cx = Context::from_waker(Waker::noop());
                self.poll_read_with(&mut cx, |_| ()).is_ready()
            }
        }
    }

    /// Hands bytes to the system that it takes at once; says how many it took. A stream
    /// that may have to wait for its peer before takes none.
    pub(crate) fn write_at_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Stream::Plain(tcp) => tcp.try_write(bytes),
            Stream::Tls(_) => Ok(0),
        };
        match written {
            Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    /// Ready when the system has all that was written.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }
}

/// A peer that closes without TLS's own goodbye has closed: whether something is
/// missing is what the framing knows.
fn forgive_end(read: io::Result<()>) -> io::Result<()> {
    match read {
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
        other => other,
    }
}

/// Resolves, connects and secures within `timeout`.
pub(crate) async fn connect(
    origin: &Origin,
    timeout: Option<Duration>,
    timings: &mut Timings,
) -> Result<Stream, Error> {
    let connecting = connect_untimed(origin, timings);
    match timeout {
        None => connecting.await,
        Some(limit) => tokio::time::timeout(limit, connecting)
            .await
            .unwrap_or(Err(Error::ConnectTimeout)),
    }
}

async fn connect_untimed(origin: &Origin, timings: &mut Timings) -> Result<Stream, Error> {
    // First, so that settings that cannot be used bother nobody.
    let security = match origin.scheme {
        Scheme::Http => None,
        Scheme::Https => Some((tls::client_config(&origin.tls)?, tls::server_name(origin)?)),
    };
    let addresses = resolve(origin).await?;
    timings.resolved = Some(now());
    let tcp = connect_tcp(&addresses).await?;
    timings.connected = Some(now());
    let Some((config, name)) = security else {
        return Ok(Stream::Plain(tcp));
    };
    // Boxed: most of what a connection is while it is made, and no part of a plain one.
    let securing = Box::pin(TlsConnector::from(config).connect(name, tcp));
    let secured = securing
        .await
        .map_err(|fault| Error::Tls(fault.to_string()))?;
    timings.secured = Some(now());
    Ok(Stream::Tls(Box::new(secured)))
}

/// Tries the addresses one after the other; the last failure counts.
async fn connect_tcp(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut failure = Error::Connect(io::ErrorKind::AddrNotAvailable.into());
    for &address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                tcp.set_nodelay(true).map_err(Error::Connect)?;
                return Ok(tcp);
            }
            Err(fault) => failure = why_not(address, fault),
        }
    }
    Err(failure)
}

fn why_not(address: SocketAddr, fault: io::Error) -> Error {
    match fault.raw_os_error() {
        Some(libc::EADDRNOTAVAIL) if has_way_to(address) => Error::NoPortLeft(fault),
        _ => Error::connecting(fault),
    }
}

/// Whether this machine has an address of its own towards `address`: where it has none
/// (no IPv6, say), the same error does not mean that the ports are used up. UDP has ports
/// of its own, and connecting it sends nothing.
fn has_way_to(address: SocketAddr) -> bool {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((any, 0)).is_ok_and(|socket| socket.connect(address).is_ok())
}

/// The address literal or name as TLS names it.
pub(crate) fn host_kind(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}
