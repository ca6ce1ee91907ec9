//! A Parameter Store over real HTTP, a server that nobody trusts, and the settings to reach them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use aws_clients::{Environment, Signer};
use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::IntoResponse;
use contacts_testing::{CALLER, Server};
use http::{Method, StatusCode};
use lifecycle_hook::Https;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

pub const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";
pub const PARAMETER: &str = "/contacts/production/api-url";

pub fn environment(ssm: &str) -> Environment {
    Environment::from_variables(CALLER.into_iter().chain([("AWS_ENDPOINT_URL_SSM", ssm)]))
}

pub fn https(url: &str, signer: Option<Signer>) -> Https {
    let road = contacts_https::road(url, Environment::process()).unwrap();
    match signer {
        Some(signer) => road.signed(signer),
        None => road,
    }
}

pub fn a_read() -> lifecycle_hook::Request {
    lifecycle_hook::Request::new(Method::GET, "/contacts").query("limit", "1")
}

/// A Parameter Store with one parameter.
pub async fn parameter_store(value: String) -> Server {
    Server::start(move |request: Request| {
        let value = value.clone();
        async move {
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let asked: Value = serde_json::from_slice(&body).unwrap();
            if asked["Name"] == PARAMETER {
                Json(json!({"Parameter": {"Name": PARAMETER, "Type": "String", "Value": value}}))
                    .into_response()
            } else {
                (
                    StatusCode::BAD_REQUEST,
                    Json(json!({"__type": "ParameterNotFound"})),
                )
                    .into_response()
            }
        }
    })
    .await
}

/// A TLS server on a free port whose certificate nobody vouches for; its URL.
pub async fn self_signed() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("https://{}/live", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            // The client hangs up during the handshake.
            let _ = acceptor.accept(connection).await;
        }
    });
    url
}
