//! HTTPS, with a certificate authority of the test's own.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::environment;
use aws_clients::ParameterStore;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Serves one parameter under a certificate for 127.0.0.1; the URL, and the authority's certificate as PEM.
async fn https() -> (String, String) {
    let (url, authority, _) = https_that_hangs_up_on(0).await;
    (url, authority)
}

/// The same, which hangs up on so many connections first; with the number of connections that came.
async fn https_that_hangs_up_on(first: usize) -> (String, String, Arc<AtomicUsize>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    // As a service that would rather speak HTTP/2: here it cannot.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if count.fetch_add(1, Ordering::SeqCst) < first {
                continue;
            }
            // A client that does not trust the authority hangs up here.
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let answer = service_fn(async |_request| {
                Ok::<_, Infallible>(hyper::Response::new(
                    r#"{"Parameter":{"Value":"over TLS"}}"#.to_owned(),
                ))
            });
            tokio::spawn(async move {
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await
            });
        }
    });
    (url, authority.pem(), came)
}

/// Asks for two parameters once a connection was opened ahead to `ahead`, or to where they are; gives how many connections there were.
async fn connections_with_one_ahead(hung_up_on: usize, ahead: Option<&str>) -> usize {
    let (url, authority, came) = https_that_hangs_up_on(hung_up_on).await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(authority.as_bytes()).unwrap();
    let environment = environment([
        ("AWS_ENDPOINT_URL_SSM", url.as_str()),
        ("AWS_ENDPOINT_URL_OTHER", ahead.unwrap_or(url.as_str())),
        ("AWS_CA_BUNDLE", bundle.path().to_str().unwrap()),
    ]);
    environment.open_connection("Other", "other");
    // What was begun before there is a request for it is under way.
    tokio::task::yield_now().await;
    let store = ParameterStore::new(&environment);
    for name in ["/a", "/b"] {
        assert_eq!(store.get(name).await.unwrap(), "over TLS");
    }
    came.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_connection_that_was_opened_ahead_is_the_first_requests() {
    assert_eq!(connections_with_one_ahead(0, None).await, 1);
}

#[tokio::test]
async fn where_a_connection_ahead_came_to_nothing_the_request_opens_another() {
    assert_eq!(connections_with_one_ahead(1, None).await, 2);
}

#[tokio::test]
async fn a_connection_ahead_to_another_server_is_not_taken() {
    let (other, _, _) = https_that_hangs_up_on(0).await;
    assert_eq!(connections_with_one_ahead(0, Some(&other)).await, 1);
}

#[tokio::test]
async fn a_ca_bundle_makes_an_authority_trusted_that_otherwise_is_not() {
    let (url, authority) = https().await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(authority.as_bytes()).unwrap();

    let trusting = environment([
        ("AWS_ENDPOINT_URL_SSM", url.as_str()),
        ("AWS_CA_BUNDLE", bundle.path().to_str().unwrap()),
    ]);
    assert_eq!(
        ParameterStore::new(&trusting).get("/a").await.unwrap(),
        "over TLS"
    );

    let doubting = environment([("AWS_ENDPOINT_URL_SSM", url.as_str())]);
    let error = ParameterStore::new(&doubting).get("/a").await.unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn the_http_client_trusts_the_bundle_too_and_only_then() {
    let (url, authority) = https().await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(authority.as_bytes()).unwrap();

    let trusting = environment([("AWS_CA_BUNDLE", bundle.path().to_str().unwrap())]);
    let client = aws_clients::http_client_from(&trusting)
        .unwrap()
        .build()
        .unwrap();
    let answer = client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("over TLS"), "{answer}");

    let doubting = aws_clients::http_client_from(&environment([]))
        .unwrap()
        .build()
        .unwrap();
    doubting.get(&url).send().await.unwrap_err();
}
