//! Root certificates.
//!
//! AWS services present certificates of Amazon Trust Services, which publishes the five roots built in here
//! (<https://www.amazontrust.com/repository/>, "Root CAs"). Five built-in roots spare a cold start the 1.4–2.1 ms
//! that reading some 145 system roots takes, and need no certificate store on the machine.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2, as PEM.
pub(crate) const AMAZON: &[u8] = include_bytes!("roots/amazon-trust-services.pem");

/// Reads a PEM bundle; the SDK's connector panics on one that does not parse, so it is checked here.
pub(crate) fn read_bundle(path: &str) -> Result<Vec<u8>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let certificates = certificates(&pem)
        .map_err(|error| format!("{path}: {error}; expected certificates in PEM"))?;
    let mut store = rustls::RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|error| format!("{path}: {error}; expected certificates in PEM"))?;
    }
    if certificates.is_empty() {
        return Err(format!("{path} holds no certificate in PEM"));
    }
    Ok(pem)
}

/// The certificates of a PEM text.
pub(crate) fn certificates(
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_built_in_roots_are_usable() {
        let roots = certificates(AMAZON).unwrap();
        assert_eq!(roots.len(), 5);
        let mut store = rustls::RootCertStore::empty();
        assert_eq!(store.add_parsable_certificates(roots), (5, 0));
    }

    #[test]
    fn a_bundle_without_a_certificate_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a certificate").unwrap();
        let reason = read_bundle(file.path().to_str().unwrap()).unwrap_err();
        assert!(reason.contains("no certificate in PEM"), "{reason}");
    }

    #[test]
    fn a_bundle_that_is_not_there_is_named() {
        let reason = read_bundle("/nowhere/bundle.pem").unwrap_err();
        assert!(reason.starts_with("/nowhere/bundle.pem: "), "{reason}");
    }
}
