//! hello, and one `GetItem` over TLS: the handshake and the request with nothing around them, no SDK, no signature, no retries, no time-outs.
//! What the contacts API takes beyond it is its own; what this takes beyond hello is TLS's, the resolver's and the server's.
//!
//! It trusts who the contacts API trusts, by the same library, and keeps its connection for the next event as that does.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

/// The contacts API's.
const ROOTS: [&[u8]; 5] = [
    include_bytes!("../../../../shared/aws-clients/src/roots/amazon-root-ca-1.der"),
    include_bytes!("../../../../shared/aws-clients/src/roots/amazon-root-ca-2.der"),
    include_bytes!("../../../../shared/aws-clients/src/roots/amazon-root-ca-3.der"),
    include_bytes!("../../../../shared/aws-clients/src/roots/amazon-root-ca-4.der"),
    include_bytes!("../../../../shared/aws-clients/src/roots/starfield-services-root-ca-g2.der"),
];

/// The database, and the connection to it once there is one.
struct Database {
    tls: TlsConnector,
    /// Its address as `host:port`.
    address: String,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let database = Database::from_environment()?;
    let database = &database;
    runtime.block_on(lambda_runtime::run(service_fn(
        move |event: LambdaEvent<Value>| async move {
            let id = event.payload["pathParameters"]["id"]
                .as_str()
                .unwrap_or_default();
            let found = database.get(id).await?;
            Ok::<_, Error>(json!({"statusCode": 200, "body": found}))
        },
    )))
}

impl Database {
    /// Everything that can be done before there is an event.
    fn from_environment() -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        if let Some(bundle) = std::env::var_os("AWS_CA_BUNDLE") {
            for root in CertificateDer::pem_file_iter(bundle)? {
                roots.add(root?)?;
            }
        } else {
            roots.add_parsable_certificates(ROOTS.map(CertificateDer::from));
        }
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Only the driver's server answers without a signature.
        let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").unwrap_or_default();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(tls)),
            address: endpoint.trim_start_matches("https://").to_owned(),
            connection: Mutex::new(None),
        })
    }

    /// The item of this id, as the database has it in JSON.
    async fn get(&self, id: &str) -> Result<String, Error> {
        let mut connection = self.connection.lock().await;
        let sender = match connection.as_mut() {
            Some(sender) => sender,
            None => connection.insert(self.connect().await?),
        };
        let body =
            json!({"TableName": "contacts", "Key": {"id": {"S": id}}, "ConsistentRead": true});
        let request = Request::post("/")
            .header("host", &self.address)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.GetItem")
            .body(Full::from(body.to_string()))?;
        let answer = sender.send_request(request).await?;
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(body.into())?)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        let host = self.address.split(':').next().unwrap_or_default();
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self
            .tls
            .connect(ServerName::try_from(host.to_owned())?, stream)
            .await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
