//! A database that always has one item, behind TLS 1.3.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::plan::Certificates;

/// What `GetItem` finds: an item as the contacts API keeps them.
const FOUND: &str = r#"{"Item":{"id":{"S":"01976b1c-7c1e-7c3a-9f0e-3b8a0c7b9d11"},"createdAt":{"N":"1"},"updatedAt":{"N":"1"},"revision":{"N":"1"},"attributes":{"M":{"name":{"S":"Ada"}}}}}"#;

/// Listens on a port of its own, in a thread of its own: it is to answer while the driver waits.
///
/// # Errors
/// Certificates that cannot be read, or do not fit the key.
pub fn start(certificates: &Certificates) -> anyhow::Result<SocketAddr> {
    let acceptor = TlsAcceptor::from(Arc::new(configuration(certificates)?));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || runtime.block_on(serve(listener, acceptor)));
    Ok(address)
}

fn configuration(certificates: &Certificates) -> anyhow::Result<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(&certificates.chain)
        .and_then(Iterator::collect)
        .with_context(|| certificates.chain.display().to_string())?;
    let key = PrivateKeyDer::from_pem_file(&certificates.key)
        .with_context(|| certificates.key.display().to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // DynamoDB speaks nothing newer.
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(configuration)
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that trusts no certificate of ours says so itself.
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(found));
            // It ends with the function that opened it, by a kill.
            connection.await.ok();
        });
    }
}

async fn found(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // All of it, so that the next request on this connection is read from its beginning.
    request.into_body().collect().await.ok();
    let answer = Response::builder()
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "x-amzn-requestid",
            "BENCHBENCHBENCHBENCHBENCHBENCHBENCHBENCHBENCHBENCHBE",
        )
        .header("x-amz-crc32", crc32fast::hash(FOUND.as_bytes()))
        .body(Full::from(FOUND))
        .expect("these headers are valid");
    Ok(answer)
}
