//! The connection to PostgreSQL, with TLS as libpq's `sslmode` asks for it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::legacy::error::LegacyError;

use super::postgres_message;

/// How long a server may take to answer, unless the address says otherwise.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `sslmode` and `sslrootcert` ask for.
#[derive(Debug, PartialEq, Eq)]
enum Trust {
    /// Encrypt, whoever it is: `prefer` and `require`, as libpq has it.
    Anybody,
    /// The certificate must be good for the host: `verify-full` (and `verify-ca`, which is no weaker here).
    Roots(Option<PathBuf>),
}

/// Connects to PostgreSQL and drives the connection in the background.
pub async fn connect(url: &str) -> Result<Client, LegacyError> {
    let (config, trust) = read(url)?;
    let tls = MakeRustlsConnect::new(client_config(&trust)?);
    let unreachable = |e: tokio_postgres::Error| LegacyError::Unreachable(postgres_message(&e));
    let (client, connection) = config.connect(tls).await.map_err(unreachable)?;
    tokio::spawn(connection);
    Ok(client)
}

/// Takes the parameters out that the PostgreSQL crate does not know.
fn read(url: &str) -> Result<(Config, Trust), LegacyError> {
    let wrong = LegacyError::DatabaseUrl;
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let mut trust = Trust::Anybody;
    let mut root = None;
    let mut rest = Vec::new();
    for parameter in parameters.split('&').filter(|p| !p.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => {
                trust = Trust::Roots(None);
                rest.push("sslmode=require");
            }
            Some(("sslmode", "allow")) => rest.push("sslmode=prefer"),
            Some(("sslrootcert", path)) => root = Some(PathBuf::from(path.replace("%2F", "/").replace("%2f", "/"))),
            _ => rest.push(parameter),
        }
    }
    if let Some(root) = root {
        // As libpq: who names a root wants it checked.
        trust = Trust::Roots(Some(root));
    }
    let text = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    let mut config = Config::from_str(&text).map_err(|e| {
        wrong(format!("{} (it looks like postgres://user:password@host:5432/database)", postgres_message(&e)))
    })?;
    if matches!(trust, Trust::Roots(_)) {
        config.ssl_mode(SslMode::Require);
    }
    config.application_name("migrate-legacy");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    Ok((config, trust))
}

fn client_config(trust: &Trust) -> Result<ClientConfig, LegacyError> {
    let wrong = |e: &dyn std::fmt::Display| LegacyError::DatabaseUrl(e.to_string());
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|e| wrong(&e))?;
    let builder = match trust {
        Trust::Anybody => builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider))),
        Trust::Roots(file) => {
            let mut roots = RootCertStore::empty();
            match file {
                None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
                Some(path) => {
                    let named = |e: &dyn std::fmt::Display| wrong(&format!("sslrootcert {}: {e}", path.display()));
                    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| named(&e))? {
                        roots.add(certificate.map_err(|e| named(&e))?).map_err(|e| named(&e))?;
                    }
                }
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(builder.with_no_client_auth())
}

/// Encrypts without asking who is there, which is what `sslmode=require` means.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sslmode_means_what_it_means_to_libpq() {
        let mode = |url: &str| {
            let (config, trust) = read(url).unwrap();
            (config.get_ssl_mode(), trust)
        };
        assert_eq!(mode("postgres://a@b/c"), (SslMode::Prefer, Trust::Anybody));
        assert_eq!(mode("postgres://a@b/c?sslmode=disable"), (SslMode::Disable, Trust::Anybody));
        assert_eq!(mode("postgres://a@b/c?sslmode=require"), (SslMode::Require, Trust::Anybody));
        assert_eq!(mode("postgres://a@b/c?sslmode=verify-full"), (SslMode::Require, Trust::Roots(None)));
        let root = Trust::Roots(Some("/etc/ca.crt".into()));
        assert_eq!(mode("postgres://a@b/c?sslmode=verify-full&sslrootcert=/etc/ca.crt"), (SslMode::Require, root));
        assert!(matches!(read("postgres://a@b/c?sslmode=perhaps"), Err(LegacyError::DatabaseUrl(_))));
        assert!(client_config(&Trust::Anybody).is_ok() && client_config(&Trust::Roots(None)).is_ok());
        let missing = client_config(&Trust::Roots(Some("/nowhere/ca.crt".into()))).unwrap_err().to_string();
        assert!(missing.contains("sslrootcert /nowhere/ca.crt"), "{missing}");
    }
}
