//! One HTTP/1.1 listener on a free port of the loopback interface, with everything it started stopped when it is dropped.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::descriptors;

/// How long a listener waits after it could not accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What a listener does with requests.
pub trait Handler: Clone + Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Answers a request; `None` closes the connection without an answer.
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Option<Response<Self::Body>>> + Send;

    /// Called when a peer sends what is not HTTP.
    fn malformed(&self, _error: &hyper::Error) {}
}

/// A listener and its connections.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    connections: watch::Receiver<usize>,
    _accepting: Task,
}

impl Listener {
    /// Binds `127.0.0.1:0` and serves until dropped.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(handler: impl Handler) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let (count, connections) = watch::channel(0);
        let accepting = Task::spawn(accept(socket, handler, count));
        Ok(Self {
            address,
            connections,
            _accepting: accepting,
        })
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until no connection is open, and none waits to be accepted that was made before this was called.
    pub async fn quiet(&self) {
        // Connections are accepted in the order in which they were made, so the others have been once this one has ended.
        if let Ok(mut last) = TcpStream::connect(self.address).await {
            let _ = last.shutdown().await;
            let _ = last.read(&mut [0]).await;
        }
        let mut connections = self.connections.clone();
        // An error means that the accepting task is gone, and its connections with it.
        let _ = connections.wait_for(|open| *open == 0).await;
    }
}

async fn accept(socket: TcpListener, handler: impl Handler, count: watch::Sender<usize>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => {
                descriptors::look();
                match accepted {
                    Ok((stream, _)) => {
                        count.send_modify(|open| *open += 1);
                        connections.spawn(serve(stream, handler.clone()));
                    }
                    // The peer went away before it was accepted, or there are no file descriptors left: neither ends the
                    // listener, and the second must not spin.
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
            Some(_) = connections.join_next() => count.send_modify(|open| *open -= 1),
        }
    }
}

async fn serve(stream: TcpStream, handler: impl Handler) {
    // Without it Nagle's algorithm and delayed acknowledgements add 40 ms to some answers.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let handler = handler.clone();
        async move { handler.handle(request).await.ok_or(Closed) }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        && error.is_parse()
    {
        handler.malformed(&error);
    }
}

/// The handler chose to close the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection was closed without an answer")]
struct Closed;

/// A task that ends with its owner.
#[derive(Debug)]
pub struct Task(JoinHandle<()>);

impl Task {
    /// Begins it.
    pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }

    /// Waits for the end; dropping the future ends the task.
    pub async fn finished(mut self) {
        let _ = (&mut self.0).await;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a body could not be read.
#[derive(Debug)]
pub enum Unreadable {
    /// It is longer than allowed.
    TooLong,
    /// The peer went away, or sent what is not HTTP.
    Broken,
}

/// How much of a body that is too long is read before the answer, in bytes: a peer that is still sending would not see it.
const DISCARDED_BYTES: usize = 256 * 1024 * 1024;

/// A whole body of at most `limit` bytes, with the trailers that followed it.
///
/// # Errors
/// One that is longer, or did not come to its end.
pub async fn read(
    mut body: Incoming,
    limit: usize,
) -> Result<(Bytes, Option<HeaderMap>), Unreadable> {
    let (mut chunks, mut length, mut trailers) = (Vec::<Bytes>::new(), 0_usize, None);
    while let Some(frame) = body.frame().await {
        match frame.map_err(|_| Unreadable::Broken)?.into_data() {
            Ok(data) => {
                length += data.len();
                if length <= limit {
                    chunks.push(data);
                } else if length > limit + DISCARDED_BYTES {
                    break;
                }
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    match chunks.len() {
        _ if length > limit => Err(Unreadable::TooLong),
        1 => Ok((chunks.remove(0), trailers)),
        _ => Ok((chunks.concat().into(), trailers)),
    }
}

/// Reads a body to its end and keeps nothing of it, for a peer that is still sending would not see the answer.
pub async fn discard(body: Incoming) {
    // Whether it came to its end is nobody's concern.
    let _ = read(body, 0).await;
}

/// An answer with a body.
pub fn answer(
    status: http::StatusCode,
    content_type: &str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    if let Ok(value) = http::HeaderValue::from_str(content_type) {
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Bodies(Arc<Mutex<Vec<String>>>);

    impl Handler for Bodies {
        type Body = Full<Bytes>;

        async fn handle(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
            let body = request.into_body().collect().await.ok()?.to_bytes();
            self.0
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&body).into_owned());
            Some(Response::new(Full::default()))
        }
    }

    /// What is handled of a request whose peer is gone before anything of it is read.
    async fn handled(request: &str) -> Vec<String> {
        let handler = Bodies::default();
        let listener = Listener::start(handler.clone()).await.unwrap();
        // Nothing else runs in between: the runtime has this thread alone.
        let mut peer = TcpStream::connect(listener.address()).unwrap();
        peer.write_all(request.as_bytes()).unwrap();
        drop(peer);
        listener.quiet().await;
        handler.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn what_a_peer_said_before_it_ended_is_handled() {
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nlast";
        assert_eq!(handled(request).await, ["last"]);
    }

    #[tokio::test]
    async fn half_of_a_request_is_not_handled() {
        let half = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf";
        assert!(handled(half).await.is_empty());
    }
}
