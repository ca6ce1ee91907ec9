//! `DynamoDB`: the way to a database that speaks its protocol.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Call, json as protocol};

/// A reverse proxy that keeps its connections.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

impl Proxy {
    pub(super) fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address,
        }
    }

    async fn forward(
        &self,
        call: Call,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let mut head = call.head;
        head.uri = Uri::try_from(format!("http://{}/", self.address))?;
        head.version = http::Version::HTTP_11;
        head.headers.remove(http::header::TRANSFER_ENCODING);
        head.headers
            .insert(http::header::CONTENT_LENGTH, call.body.len().into());
        let (mut answered, body) = self
            .client
            .request(Request::from_parts(head, Full::new(call.body)))
            .await?
            .into_parts();
        let body = body.collect().await?.to_bytes();
        answered.headers.remove(http::header::TRANSFER_ENCODING);
        answered.headers.remove(http::header::CONNECTION);
        Ok(Response::from_parts(answered, Full::new(body)))
    }
}

pub(super) async fn forward(proxy: Option<&Proxy>, call: Call) -> Response<Full<Bytes>> {
    let Some(proxy) = proxy else {
        return error(
            400,
            "UnknownOperationException",
            "no DynamoDB is served in this rehearsal",
        );
    };
    match proxy.forward(call).await {
        Ok(response) => response,
        Err(failure) => error(
            500,
            "InternalServerError",
            &format!("the embedded DynamoDB did not answer: {failure}"),
        ),
    }
}

/// An error with the checksum that SDKs verify, of the body as it is sent.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message }).to_string();
    let checksum = crc32fast::hash(body.as_bytes());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        protocol::with_request_id(crate::listener::answer(status, protocol::V1_0, body));
    response
        .headers_mut()
        .insert("x-amz-crc32", HeaderValue::from(checksum));
    response
}
