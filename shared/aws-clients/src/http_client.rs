//! HTTPS to servers that are not AWS services: an API behind its own domain may have a certificate of any authority.

use std::sync::Arc;

use rustls::RootCertStore;

use crate::connector::CONNECT_TIMEOUT;
use crate::environment::{Environment, EnvironmentError};
use crate::limit::TooLong;
use crate::{roots, tls};

/// An HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpClientError {
    /// `AWS_CA_BUNDLE` cannot be used.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The client's settings do not go together.
    #[error("no HTTPS client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is longer than may be read.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The connection broke, or time ran out.
    #[error(transparent)]
    Broken(#[from] reqwest::Error),
}

/// An answer's body, of `limit` bytes at most. No more than that is read, whatever the server sends.
///
/// # Errors
/// The body is longer, the connection breaks, or the request's time is up.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let answer = aws_clients::http_client()?.build()?.get("https://example.com").send().await?;
/// let body = aws_clients::read_within(answer, 1 << 20).await?;
/// # Ok(()) }
/// ```
pub async fn read_within(
    mut answer: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > limit {
            return Err(TooLong { limit }.into());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// A client that trusts the system's roots and Amazon's, or those of `AWS_CA_BUNDLE` alone.
///
/// TLS is rustls with ring. Opening a connection may take [`CONNECT_TIMEOUT`]; how long an answer may take is the request's
/// matter (`RequestBuilder::timeout`). Nothing is retried, no redirect is followed and no proxy is asked: what a check
/// sees is what the server answered. The builder that comes back can still be changed.
///
/// # Errors
/// `AWS_CA_BUNDLE` names a file that cannot be used.
///
/// ```
/// let client = aws_clients::http_client()?.user_agent("smoke-test/1").build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn http_client() -> Result<reqwest::ClientBuilder, HttpClientError> {
    http_client_from(Environment::process())
}

/// The same with the `AWS_CA_BUNDLE` of a given environment.
///
/// # Errors
/// As [`http_client`].
pub fn http_client_from(
    environment: &Environment,
) -> Result<reqwest::ClientBuilder, HttpClientError> {
    Ok(builder(trusted(environment, None)?))
}

/// The same for a server whose URL is known. One of plain http needs no system's roots, and reading them takes longer than a request.
///
/// # Errors
/// As [`http_client`].
pub fn http_client_to(
    url: &reqwest::Url,
    environment: &Environment,
) -> Result<reqwest::ClientBuilder, HttpClientError> {
    Ok(builder(trusted(environment, Some(url))?))
}

fn builder(roots: Arc<RootCertStore>) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(roots))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
}

/// Whom a client trusts that is for one URL, or for any.
fn trusted(
    environment: &Environment,
    url: Option<&reqwest::Url>,
) -> Result<Arc<RootCertStore>, EnvironmentError> {
    let mut store = environment.roots()?;
    let is_plain = url.is_some_and(|url| url.scheme() == "http");
    if !is_plain && !environment.has_ca_bundle() {
        roots::add_system(Arc::make_mut(&mut store));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_roots_are_read_for_all_but_a_url_of_plain_http() {
        let environment = Environment::from_variables::<String, String>([]);
        let known = |url: Option<&str>| {
            let url = url.map(|url| url.parse().unwrap());
            trusted(&environment, url.as_ref()).unwrap().len()
        };
        let (amazons, system) = (
            known(Some("http://127.0.0.1:3000")),
            rustls_native_certs::load_native_certs().certs.len(),
        );
        assert_eq!(amazons, 5);
        for url in [None, Some("https://example.com")] {
            assert_eq!(known(url) > amazons, system > 0);
        }
    }
}
