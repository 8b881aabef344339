//! The target over TLS.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

use gatecrash_target::{Server, TlsFiles, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{connect, plain, read_answer, settled, target};

pub(crate) type ClientIdentity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A connection over TLS of a client that trusts `ca_pem`.
pub(crate) fn connect_tls(
    server: &Server,
    ca_pem: &str,
    identity: Option<ClientIdentity>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).expect("PEM"))
        .expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match identity {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .expect("an identity"),
        None => builder.with_no_client_auth(),
    };
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    StreamOwned::new(connection, connect(server))
}

/// The status of `/json`, asked over TLS by a client that trusts `ca_pem`.
fn status(server: &Server, ca_pem: &str, identity: Option<ClientIdentity>) -> Result<u16, String> {
    let mut stream = connect_tls(server, ca_pem, identity);
    stream
        .write_all(b"GET /json HTTP/1.1\r\nHost: t\r\n\r\n")
        .and_then(|()| stream.flush())
        .and_then(|()| std::io::Read::read(&mut stream, &mut []).map(|_| ()))
        .map_err(|error| error.to_string())?;
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        read_answer(&mut stream).status
    }))
    .map_err(|_| "no answer".to_owned())
}

#[test]
fn a_fresh_certificate_is_good_for_who_trusts_its_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca_out = folder.path().join("ca.pem");
    let tls = TlsOptions {
        ca_out: Some(ca_out.clone()),
        ..TlsOptions::default()
    };
    let server = target(|options| options.tls = Some(tls));
    let ca_pem = std::fs::read_to_string(ca_out).expect("the authority");
    assert_eq!(server.ca_pem(), Some(ca_pem.as_str()));
    assert!(server.url().starts_with("https://127.0.0.1:"));
    assert_eq!(status(&server, &ca_pem, None), Ok(200));
    assert_eq!(settled(&server).routes["/json"].answered, 1);

    let other = target(|options| options.tls = Some(TlsOptions::default()));
    let error = status(&other, &ca_pem, None).expect_err("another authority");
    assert!(
        error.contains("UnknownIssuer") || error.contains("BadSignature"),
        "{error}"
    );
    assert_eq!(plain().ca_pem(), None);
}

#[test]
fn given_certificates_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&cert, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let identity = Some(TlsFiles { cert, key });
    let server = target(|options| {
        options.tls = Some(TlsOptions {
            identity,
            ..TlsOptions::default()
        })
    });
    assert_eq!(status(&server, &made.cert.pem(), None), Ok(200));
}

#[test]
fn a_client_certificate_can_be_required() {
    let folder = tempfile::tempdir().expect("a folder");
    let client_ca = folder.path().join("client-ca.pem");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("an authority");
    std::fs::write(&client_ca, authority.pem()).expect("a file");
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(["client".to_owned()]).expect("a name");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");

    let tls = TlsOptions {
        client_ca: Some(client_ca),
        ..TlsOptions::default()
    };
    let server = target(|options| options.tls = Some(tls));
    let ca_pem = server.ca_pem().expect("an authority").to_owned();
    assert_eq!(
        status(
            &server,
            &ca_pem,
            Some((vec![certificate.der().clone()], key))
        ),
        Ok(200)
    );
    status(&server, &ca_pem, None).expect_err("no certificate");
    assert_eq!(settled(&server).total.received, 1);
}

#[test]
fn unusable_files_are_named() {
    let files = TlsFiles {
        cert: "absent-cert.pem".into(),
        key: "absent-key.pem".into(),
    };
    let tls = TlsOptions {
        identity: Some(files),
        ..TlsOptions::default()
    };
    let options = gatecrash_target::TargetOptions {
        tls: Some(tls),
        port: 0,
        ..Default::default()
    };
    let error = format!(
        "{:#}",
        gatecrash_target::serve(options).expect_err("no files")
    );
    assert!(
        error.starts_with("cannot read the certificate absent-cert.pem: "),
        "{error}"
    );
}
