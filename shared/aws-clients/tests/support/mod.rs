//! An AWS JSON endpoint over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test's helper fails its test"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_clients::Environment;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub from: SocketAddr,
    pub headers: HeaderMap,
    pub body: String,
}

/// Answers call by call as it was told to; the last answer stays.
pub struct Endpoint {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub type Answer = (StatusCode, &'static str);

impl Endpoint {
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let handler =
            move |ConnectInfo(from): ConnectInfo<SocketAddr>, headers: HeaderMap, body: Bytes| {
                seen.lock().unwrap().push(Asked {
                    from,
                    headers,
                    body: String::from_utf8(body.to_vec()).unwrap(),
                });
                let mut answers = answers.lock().unwrap();
                let answer = if answers.len() > 1 {
                    answers.pop_front().unwrap()
                } else {
                    answers[0]
                };
                async move { answer }
            };
        let app = axum::Router::new()
            .fallback(handler)
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// The variables that a function on Lambda has, and `more`.
pub fn environment<'a>(more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
    let lambda = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_SESSION_TOKEN", "session"),
    ];
    Environment::from_variables(lambda.into_iter().chain(more))
}
