//! Makes the target speak TLS.
//!
//! In: [`TlsOptions`]. Out: an acceptor, and the certificate that a client has to trust.
//! Never: a connection.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::options::{TlsFiles, TlsOptions};

/// What a TLS server needs, and what its clients need.
pub(crate) struct Secrets {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    ca_pem: String,
}

pub(crate) fn prepare(options: &TlsOptions, host: &str) -> Result<Secrets> {
    let identity = match &options.identity {
        Some(files) => read_identity(files)?,
        None => make_identity(host).context("cannot make a certificate")?,
    };
    if let Some(path) = &options.ca_out {
        std::fs::write(path, &identity.ca_pem)
            .with_context(|| format!("cannot write the certificate to {}", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match &options.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(read_roots(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(identity.chain, identity.key)
        .context("the certificate and its key cannot be used")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Secrets {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        ca_pem: identity.ca_pem,
    })
}

/// A fresh authority, and a certificate of it for this machine.
fn make_identity(host: &str) -> Result<Identity> {
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "Gatecrash target authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Gatecrash target");
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    Ok(Identity {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?,
        ca_pem: authority.pem(),
    })
}

fn read_identity(files: &TlsFiles) -> Result<Identity> {
    let ca_pem = std::fs::read_to_string(&files.cert)
        .with_context(|| format!("cannot read the certificate {}", files.cert.display()))?;
    let chain = read_certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("cannot read a private key from {}", files.key.display()))?;
    Ok(Identity { chain, key, ca_pem })
}

fn read_roots(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        roots
            .add(certificate)
            .with_context(|| format!("{} holds an unusable authority", path.display()))?;
    }
    Ok(roots)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let told = || format!("cannot read certificates from {}", path.display());
    let certificates = CertificateDer::pem_file_iter(path)
        .with_context(told)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(told)?;
    ensure!(
        !certificates.is_empty(),
        "{} holds no certificate",
        path.display()
    );
    Ok(certificates)
}
