//! One connector, built once: hyper's client over rustls, as the SDK takes it.
//!
//! smithy's own connector is the same two, and speaks HTTP/2 and to proxies besides, which no AWS service asks of a function, and which cannot
//! be left out of it: a tenth of the function's size, and with that of its memory (docs/performance.md). It takes roots as PEM alone, too.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use aws_smithy_types::timeout::TimeoutConfig;
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{
    CaptureConnection, Connect, HttpConnector as TcpConnector, HttpInfo, capture_connection,
};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::RootCertStore;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tower::{ServiceExt, service_fn};

use crate::cause::cause;
use crate::tls;

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

/// An HTTP client whose every SDK client gets the same connector, and with it the same connections; and a way to open one ahead.
pub(crate) fn http_client(roots: Arc<RootCertStore>) -> (SharedHttpClient, Connections) {
    let mut tcp = TcpConnector::new();
    tcp.set_nodelay(true);
    // https is the layer's above.
    tcp.enforce_http(false);
    let mut tls = tls::client_config(roots);
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connections = Connections {
        https: HttpsConnector::from((tcp, tls)),
        ahead: Arc::default(),
    };
    let opened = connections.clone();
    let client = Client::builder(TokioExecutor::new())
        // Without it no idle connection is ever given up.
        .pool_timer(TokioTimer::new())
        .build(service_fn(move |uri| opened.for_request(uri)));
    let connector = SharedHttpConnector::new(HyperConnector { client });
    let client = http_client_fn(move |_settings, _components| connector.clone());
    (client, connections)
}

/// What opens connections. Clones are one.
#[derive(Clone)]
pub(crate) struct Connections {
    https: HttpsConnector<TcpConnector>,
    ahead: Arc<Mutex<Option<Ahead>>>,
}

/// A connection that was begun before a request asked for it.
struct Ahead {
    to: Uri,
    begun: Instant,
    connection: JoinHandle<Result<Connection, BoxError>>,
}

impl Connections {
    /// Begins to open a connection in the background, for the first request to this server. Over TLS alone: without a handshake there is nothing
    /// to gain.
    pub(crate) fn open_ahead(&self, to: Uri) {
        if to.scheme() != Some(&Scheme::HTTPS) {
            return;
        }
        let connection = tokio::spawn(connect(self.https.clone(), to.clone()));
        let ahead = Ahead {
            to,
            begun: Instant::now(),
            connection,
        };
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }

    /// The one that was opened ahead, where it is to the same server and young enough that nobody can have closed it; else another. Of one that
    /// came to nothing no word is said, for the other's error is the request's.
    fn for_request(&self, uri: Uri) -> Connecting {
        let ahead = self
            .ahead
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|ahead| ahead.to.authority() == uri.authority())
            .filter(|ahead| ahead.begun.elapsed() < CONNECT_TIMEOUT);
        let https = self.https.clone();
        Box::pin(async move {
            if let Some(ahead) = ahead
                && let Ok(Ok(connection)) = ahead.connection.await
            {
                return Ok(connection);
            }
            connect(https, uri).await
        })
    }
}

/// A connection was not open in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection to {host} within {CONNECT_TIMEOUT:?}")]
struct NotConnected {
    host: String,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;
type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens a connection, from the look-up of the name to the end of the handshake, in [`CONNECT_TIMEOUT`].
fn connect(connector: HttpsConnector<TcpConnector>, uri: Uri) -> Connecting {
    Box::pin(async move {
        let host = uri.host().unwrap_or_default().to_owned();
        tokio::time::timeout(CONNECT_TIMEOUT, connector.oneshot(uri))
            .await
            .unwrap_or_else(|_| Err(NotConnected { host }.into()))
    })
}

/// hyper's client as a connector of the SDK.
struct HyperConnector<C> {
    client: Client<C, SdkBody>,
}

impl<C> fmt::Debug for HyperConnector<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperConnector").finish_non_exhaustive()
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> HttpConnector for HyperConnector<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        // So that the SDK can give up a connection on which a service failed.
        let captured = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || metadata(&captured));
        }
        let answering = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answering.await.map_err(failure)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What is known of the connection that a request went out on.
fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extras = http::Extensions::new();
    captured
        .connection_metadata()
        .as_ref()?
        .get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let captured = captured.clone();
    let mut metadata = ConnectionMetadata::builder()
        .proxied(false)
        .poison_fn(move || {
            if let Some(connection) = captured.connection_metadata().as_ref() {
                connection.poison();
            }
        });
    metadata
        .set_local_addr(addresses.map(HttpInfo::local_addr))
        .set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(metadata.build())
}

/// A failure by its kind, which says whether the SDK tries again: as smithy's own connector has it (`aws-smithy-http-client`,
/// `client.rs`, `downcast_error` and `to_connector_error`).
fn failure(error: ClientError) -> ConnectorError {
    let top: &(dyn Error + 'static) = &error;
    if cause::<NotConnected>(top).is_some() {
        return ConnectorError::timeout(error.into());
    }
    let broken = cause::<std::io::Error>(top).is_some();
    let Some(hyper) = cause::<hyper::Error>(top) else {
        return if error.is_connect() || broken {
            ConnectorError::io(error.into())
        } else {
            ConnectorError::other(error.into(), None)
        };
    };
    if hyper.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if hyper.is_user() {
        ConnectorError::user(error.into())
    } else if hyper.is_closed() || hyper.is_canceled() || broken {
        ConnectorError::io(error.into())
    } else if hyper.is_incomplete_message() {
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error.into(), None)
    }
}
