//! TLS, as every client here speaks it.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// TLS 1.2 and 1.3 by ring, to servers whose certificates these roots vouch for.
pub(crate) fn client_config(roots: Arc<RootCertStore>) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for both versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
