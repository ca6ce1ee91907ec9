//! An HTTP server for a test.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An HTTP server on a free port of 127.0.0.1 that lives as long as this.
#[derive(Debug)]
pub struct Server {
    authority: String,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Answers every request with what `answer` makes of it.
    pub async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let service = Router::new().fallback(answer);
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { authority, serving }
    }

    /// Answers with each of `answers` in turn, and with the last for good; and counts the requests.
    pub async fn answering(answers: Vec<Canned>) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let server = Self::start(move |_| {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            let answer = answers[number.min(answers.len() - 1)];
            std::future::ready(answer.into_response())
        })
        .await;
        (server, asked)
    }

    /// Breaks off its first answer and the connection with it, answers with `then` for good, and counts the requests.
    pub async fn breaking(then: Canned) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let server = Self::start(move |_| {
            let answer = match counted.fetch_add(1, Ordering::Relaxed) {
                0 => {
                    let pieces = [Ok("{"), Err(std::io::Error::other("gone"))];
                    Body::from_stream(futures::stream::iter(pieces)).into_response()
                }
                _ => then.into_response(),
            };
            std::future::ready(answer)
        })
        .await;
        (server, asked)
    }

    /// Says these words to whatever a client says first, without TLS, and closes the connection; and counts the connections.
    pub async fn closing_after(words: &'static str) -> (Self, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let opened = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&opened);
        let serving = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                // The client may be gone.
                let _ = connection.read(&mut [0; 16 << 10]).await;
                let _ = connection.write_all(words.as_bytes()).await;
            }
        });
        (Self { authority, serving }, opened)
    }

    /// Answers every request with a body that has no end, and counts them.
    pub async fn endless(header: (&'static str, &'static str)) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let server = Self::start(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            let piece = Ok::<_, std::convert::Infallible>(vec![b' '; 16 << 10]);
            let body = Body::from_stream(futures::stream::repeat(piece));
            std::future::ready(([header], body).into_response())
        })
        .await;
        (server, asked)
    }

    /// The host and the port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The server's URL, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }
}

/// An answer in JSON that was made before anyone asked, with the request id `request-1`.
#[derive(Debug, Clone, Copy)]
pub struct Canned {
    /// The HTTP status.
    pub status: u16,
    /// One more header.
    pub header: (&'static str, &'static str),
    /// The body.
    pub body: &'static str,
}

impl IntoResponse for Canned {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap();
        let headers = [
            self.header,
            ("x-amzn-requestid", "request-1"),
            ("content-type", "application/json"),
        ];
        (status, headers, self.body).into_response()
    }
}
