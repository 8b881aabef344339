//! TLS by rustls: whom to trust and what to show, as settings, and the
//! configurations made of them (one per distinct settings and thread, so that
//! sessions resume).

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::{Error, Origin};

/// Whom to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The roots of the system (`SSL_CERT_FILE` and `SSL_CERT_DIR` count).
    #[default]
    System,
    /// The certificates in this PEM file, or in the files of this folder.
    File(PathBuf),
    /// Anybody: the server's certificate is not verified.
    Anybody,
}

/// Settings of TLS towards one origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Whom to trust.
    pub trust: Trust,
    /// PEM files with the client's certificate chain and its key; the key may
    /// be in the same file.
    pub identity: Option<(PathBuf, PathBuf)>,
}

thread_local! {
    static CONFIGS: RefCell<HashMap<TlsSettings, Arc<ClientConfig>>> = RefCell::default();
}

/// The configuration for `settings`, made once per thread.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<Arc<ClientConfig>, Error> {
    if let Some(config) = CONFIGS.with_borrow(|configs| configs.get(settings).cloned()) {
        return Ok(config);
    }
    let config = Arc::new(build(settings)?);
    CONFIGS.with_borrow_mut(|configs| configs.insert(settings.clone(), config.clone()));
    Ok(config)
}

/// The name that the server's certificate must carry.
pub(crate) fn server_name(origin: &Origin) -> Result<ServerName<'static>, Error> {
    match crate::connect::host_kind(&origin.host) {
        Some(address) => Ok(ServerName::from(address)),
        None => ServerName::try_from(origin.host.clone())
            .map_err(|_| Error::Tls(format!("{:?} is no name that TLS can ask for", origin.host))),
    }
}

fn build(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|fault| Error::TlsSettings(fault.to_string()))?;
    let trusting = match &settings.trust {
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(VerifiesNothing(provider))),
        Trust::System => builder.with_root_certificates(system_roots()),
        Trust::File(path) => builder.with_root_certificates(roots_of(path)?),
    };
    let mut config = match &settings.identity {
        None => trusting.with_no_client_auth(),
        Some((chain, key)) => trusting
            .with_client_auth_cert(certificates(chain)?, private_key(key)?)
            .map_err(|fault| unusable(chain, &fault))?,
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots_of(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for file in pem_files(path)? {
        for certificate in certificates(&file)? {
            roots
                .add(certificate)
                .map_err(|fault| unusable(&file, &fault))?;
        }
    }
    Ok(roots)
}

fn pem_files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|fault| unusable(path, &fault))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|fault| unusable(path, &fault))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_file(path).map_err(|fault| unusable(path, &fault))
}

fn unusable(path: &Path, fault: &dyn std::fmt::Display) -> Error {
    Error::TlsSettings(format!("{}: {fault}", path.display()))
}

/// For `verify=False` and hosts with certificates of their own making: the
/// certificate is accepted whoever it names, only the handshake's signatures
/// are checked.
#[derive(Debug)]
struct VerifiesNothing(Arc<CryptoProvider>);

impl ServerCertVerifier for VerifiesNothing {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
