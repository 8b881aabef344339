//! TLS by rustls: whom to trust and what to show, as settings, and the
//! configurations made of them (one per distinct settings and thread, so that
//! sessions resume).

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use crate::verifier::{TrustsAnybody, TrustsThese};
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
    let with_trust = match &settings.trust {
        Trust::System => builder.with_root_certificates(system_roots()),
        Trust::File(path) => builder
            .dangerous()
            .with_custom_certificate_verifier(trusting(path, provider)?),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(TrustsAnybody(provider))),
    };
    let mut config = match &settings.identity {
        None => with_trust.with_no_client_auth(),
        Some((chain, key)) => with_trust
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

/// Trusts the certificates in a PEM file or in the files of a folder. In a folder
/// other files may lie beside them.
fn trusting(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let named = if path.is_dir() {
        certificates_in(path)?
    } else {
        certificates(path)?
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(named.iter().cloned());
    let verifier = TrustsThese::new(roots, named, provider)
        .map_err(|_| unusable(path, &"no usable certificate is in it"))?;
    Ok(Arc::new(verifier))
}

fn certificates_in(folder: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|fault| unusable(folder, &fault))?;
    let files = entries.flatten().map(|entry| entry.path());
    Ok(files
        .filter(|path| path.is_file())
        .flat_map(|path| certificates(&path).unwrap_or_default())
        .collect())
}

/// The certificates of a PEM file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|fault| unusable(path, &fault))?;
    if found.is_empty() {
        return Err(unusable(path, &"no certificate is in it"));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_file(path).map_err(|fault| unusable(path, &fault))
}

fn unusable(path: &Path, fault: &dyn std::fmt::Display) -> Error {
    Error::TlsSettings(format!("{}: {fault}", path.display()))
}
