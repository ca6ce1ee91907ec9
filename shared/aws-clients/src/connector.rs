//! One connector, built once.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::timeout::TimeoutConfig;

/// How long opening a connection may take: long enough for one lost SYN, which Linux repeats after 1 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one attempt of a call may take, connection included.
///
/// The services answer in milliseconds; an attempt that takes this long is lost, and a Lambda function's time is better
/// spent on the next one.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn timeout_config() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// An HTTP client whose every SDK client gets the same connector, and with it the same connections.
///
/// smithy's own `build_https()` builds a connector for each client, and twice at that: once to validate.
pub(crate) fn http_client(roots_pem: Vec<u8>) -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(roots_pem);
    let tls = TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .expect("a TLS context without server names has nothing to refuse");
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .sleep_impl(TokioSleep::new())
        .connector_settings(
            HttpConnectorSettings::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .build(),
        )
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_settings, _components| connector.clone())
}
