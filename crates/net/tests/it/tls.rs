//! TLS: whom a client trusts, and what it shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatecrash_net::{Client, Error, Origin, Scheme, TlsSettings, Trust};
use gatecrash_target::{Server, TlsFiles, TlsOptions};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::{fetch, get, origin, request, run, target};

/// A target over TLS and the file of the authority that vouches for it.
fn secured(change: impl FnOnce(&mut TlsOptions, &Path)) -> (Server, PathBuf, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    let mut tls = TlsOptions {
        ca_out: Some(ca.clone()),
        ..TlsOptions::default()
    };
    change(&mut tls, folder.path());
    let server = target(|options| options.tls = Some(tls));
    (server, ca, folder)
}

fn trusting(trust: Trust) -> TlsSettings {
    TlsSettings {
        trust,
        identity: None,
    }
}

/// The status of `/json` for who has these settings.
fn status(server: &Server, settings: TlsSettings) -> Result<u16, Error> {
    status_at(&origin(Scheme::Https, server.address(), settings))
}

fn status_at(origin: &Arc<Origin>) -> Result<u16, Error> {
    run(fetch(&Client::new(), get(origin, "/json"))).map(|exchange| exchange.head.status)
}

/// The words of a failed handshake.
fn refusal(result: Result<u16, Error>) -> String {
    match result {
        Err(Error::Tls(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unknown_authority_is_refused() {
    let (server, _, _folder) = secured(|_, _| {});
    let words = refusal(status(&server, trusting(Trust::System)));
    assert!(words.contains("UnknownIssuer"), "{words}");
    let (_other, foreign, _folder) = secured(|_, _| {});
    let words = refusal(status(&server, trusting(Trust::File(foreign))));
    assert!(words.contains("certificate"), "{words}");
    assert_eq!(server.truth().total.received, 0);
}

#[test]
fn who_is_named_is_trusted() {
    let (server, ca, folder) = secured(|_, _| {});
    assert_eq!(
        status(&server, trusting(Trust::File(ca))).expect("200"),
        200
    );
    // In a folder anything may lie beside it.
    std::fs::write(folder.path().join("README"), "no certificate").expect("a file");
    let named = Trust::File(folder.path().to_owned());
    assert_eq!(status(&server, trusting(named)).expect("200"), 200);
}

#[test]
fn anybody_may_be_trusted() {
    let (server, _, _folder) = secured(|_, _| {});
    assert_eq!(status(&server, trusting(Trust::Anybody)).expect("200"), 200);
}

#[test]
fn the_name_must_fit() {
    let (server, ca, _folder) = secured(|_, _| {});
    let settings = trusting(Trust::File(ca));
    assert_eq!(
        status_at(&named("localhost", &server, &settings)).expect("200"),
        200
    );
    let words = refusal(status_at(&named("elsewhere.test", &server, &settings)));
    assert!(words.contains("not valid for name"), "{words}");
}

/// The server under a name that no resolver needs to know.
fn named(host: &str, server: &Server, settings: &TlsSettings) -> Arc<Origin> {
    let port = server.address().port();
    let mut origin = Origin::new(Scheme::Https, host, port, settings.clone());
    origin.address = Some(server.address().ip());
    Arc::new(origin)
}

#[test]
fn kept_connections_carry_on_and_new_ones_have_all_phases() {
    let (server, ca, _folder) = secured(|_, _| {});
    let origin = origin(Scheme::Https, server.address(), trusting(Trust::File(ca)));
    run(async {
        let client = Client::new();
        let first = fetch(&client, get(&origin, "/json")).await.expect("JSON");
        let times = first.timings;
        assert!(times.connected.is_some() && times.connected <= times.secured);
        assert!(times.secured <= times.sent);
        // The server's session tickets, sent after the handshake, are no stale bytes.
        for _ in 0..3 {
            let again = fetch(&client, get(&origin, "/json")).await.expect("JSON");
            assert!(again.reused);
            assert_eq!(again.timings.secured, None);
        }
        let body = vec![b'x'; 4 << 20];
        let echo = fetch(&client, request(&origin, "POST", "/echo", &body)).await;
        assert!(echo.expect("an echo").body.len() > body.len());
        fetch(&client, get(&origin, "/close"))
            .await
            .expect("the last one");
        let fresh = fetch(&client, get(&origin, "/json")).await.expect("JSON");
        assert!(!fresh.reused);
        assert_eq!(server.truth().connections, 2);
    });
}

#[test]
fn faults_are_told_over_tls_too() {
    let (server, _, _folder) = secured(|_, _| {});
    let origin = origin(Scheme::Https, server.address(), trusting(Trust::Anybody));
    run(async {
        let fault = async |path| {
            let failed = fetch(&Client::new(), get(&origin, path)).await;
            failed.expect_err(path)
        };
        assert!(matches!(
            fault("/fault/short-body").await,
            Error::ShortBody { missing: 900, .. }
        ));
        assert!(matches!(
            fault("/fault/close-before-answer").await,
            Error::ClosedBeforeAnswer
        ));
    });
}

fn write_pem(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// A self-made authority and a client certificate of it, as files: authority, chain, key.
fn client_identity(folder: &Path) -> [PathBuf; 3] {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(["client".to_owned()]).expect("a name");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    [
        write_pem(folder, "client-ca.pem", &authority.pem()),
        write_pem(folder, "client.pem", &certificate.pem()),
        write_pem(folder, "client-key.pem", &key.serialize_pem()),
    ]
}

#[test]
fn a_client_certificate_is_shown() {
    let mut files = None;
    let (server, ca, folder) = secured(|tls, folder| {
        let [authority, chain, key] = client_identity(folder);
        tls.client_ca = Some(authority);
        files = Some((chain, key));
    });
    let (chain, key) = files.expect("files");
    let with = |identity| TlsSettings {
        trust: Trust::File(ca.clone()),
        identity,
    };
    let shown = with(Some((chain.clone(), key.clone())));
    assert_eq!(status(&server, shown).expect("200"), 200);
    // Both in one file.
    let both = [&chain, &key].map(|path| std::fs::read_to_string(path).expect("PEM"));
    let both = write_pem(folder.path(), "both.pem", &both.concat());
    let shown = with(Some((both.clone(), both)));
    assert_eq!(status(&server, shown).expect("200"), 200);

    status(&server, with(None)).expect_err("no certificate");
    assert_eq!(server.truth().total.received, 2);
}

#[test]
fn a_certificate_that_vouches_for_itself_is_trusted_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, is_ca) in [
        ("plain", IsCa::NoCa),
        ("authority", IsCa::Ca(BasicConstraints::Unconstrained)),
    ] {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("names");
        params.is_ca = is_ca;
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        let cert = write_pem(folder.path(), &format!("{name}.pem"), &made.pem());
        let key = write_pem(folder.path(), &format!("{name}.key"), &key.serialize_pem());
        let (server, _, _folder) = secured(|tls, _| {
            tls.identity = Some(TlsFiles {
                cert: cert.clone(),
                key,
            });
        });
        let settings = trusting(Trust::File(cert));
        assert_eq!(status(&server, settings.clone()).expect(name), 200);
        let words = refusal(status_at(&named("elsewhere.test", &server, &settings)));
        assert!(words.contains("not valid for name"), "{name}: {words}");
        refusal(status(&server, trusting(Trust::System)));
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let text = write_pem(folder.path(), "text.pem", "no certificate");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let broken = write_pem(folder.path(), "broken.pem", broken);
    let [authority, chain, key] = client_identity(folder.path());
    std::fs::create_dir(path("empty")).expect("a folder");
    let (server, _, _folder) = secured(|_, _| {});
    let check = |trust: Trust, identity, named: &Path, why: &str| match status(
        &server,
        TlsSettings { trust, identity },
    ) {
        Err(Error::TlsSettings(words)) => {
            let start = format!("{}: ", named.display());
            assert!(words.starts_with(&start), "{words}");
            assert!(words[start.len()..].contains(why), "{words}");
        }
        other => panic!("{}: {other:?}", named.display()),
    };
    for (named, why) in [
        (path("absent.pem"), "No such file"),
        (text.clone(), "no certificate is in it"),
        (broken, "no usable certificate is in it"),
        (path("empty"), "no usable certificate is in it"),
    ] {
        check(Trust::File(named.clone()), None, &named, why);
    }
    let trust = || Trust::File(authority.clone());
    let with = |chain: &PathBuf, key: &PathBuf| Some((chain.clone(), key.clone()));
    check(
        trust(),
        with(&path("absent.pem"), &key),
        &path("absent.pem"),
        "No such file",
    );
    check(trust(), with(&text, &key), &text, "no certificate is in it");
    check(
        trust(),
        with(&chain, &path("absent.key")),
        &path("absent.key"),
        "No such file",
    );
    check(trust(), with(&chain, &chain), &chain, "no");
    // A key that belongs to another certificate.
    let other = KeyPair::generate().expect("a key").serialize_pem();
    let other = write_pem(folder.path(), "other.key", &other);
    check(trust(), with(&chain, &other), &chain, "KeyMismatch");
    assert_eq!(server.truth().connections, 0, "files are looked at first");
}

/// Shows a certificate whatever it is.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// A server whose certificate cannot be parsed, as those of X.509 version 1; it answers
/// `raw` and hangs up without TLS's goodbye.
async fn odd_server(raw: &'static str) -> std::net::SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = KeyPair::generate().expect("a key").serialize_der();
    let key = PrivateKeyDer::try_from(key).expect("a key");
    let signer = provider.key_provider.load_private_key(key);
    let chain = vec![CertificateDer::from(&b"no X.509 that we know"[..])];
    let shown = CertifiedKey::new(chain, signer.expect("a key to sign with"));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(shown))));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::task::spawn_local(async move {
        loop {
            let (tcp, _) = listener.accept().await.expect("a connection");
            // Who does not trust it leaves.
            let Ok(mut stream) = acceptor.accept(tcp).await else {
                continue;
            };
            let mut request = [0; REQUEST.len()];
            stream.read_exact(&mut request).await.expect("a request");
            stream.write_all(raw.as_bytes()).await.expect("written");
            stream.flush().await.expect("flushed");
        }
    });
    address
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

#[test]
fn who_trusts_anybody_takes_any_certificate() {
    run(async {
        let address = odd_server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let client = Client::new();
        let anybody = origin(Scheme::Https, address, trusting(Trust::Anybody));
        let exchange = fetch(&client, get(&anybody, "/")).await.expect("an answer");
        assert_eq!(exchange.body, "ok");
        let system = origin(Scheme::Https, address, trusting(Trust::System));
        let failed = fetch(&client, get(&system, "/")).await;
        assert!(matches!(failed, Err(Error::Tls(_))), "{failed:?}");
    });
}

#[test]
fn a_hang_up_without_goodbye_is_a_close() {
    run(async {
        let address = odd_server("HTTP/1.1 200 OK\r\n\r\nto the end").await;
        let anybody = origin(Scheme::Https, address, trusting(Trust::Anybody));
        let exchange = fetch(&Client::new(), get(&anybody, "/")).await;
        assert_eq!(exchange.expect("an answer").body, "to the end");

        let address = odd_server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
        let anybody = origin(Scheme::Https, address, trusting(Trust::Anybody));
        let failed = fetch(&Client::new(), get(&anybody, "/")).await;
        assert!(matches!(failed, Err(Error::ShortBody { missing: 5, .. })));
    });
}
