//! What lies behind an error: a transport's own is often only "dispatch failure" or "error sending request".

use std::error::Error;
use std::io;

use hyper_util::client::legacy::Error as ClientError;

/// An error and all that caused it, in one line.
///
/// ```
/// let error = std::io::Error::other("the pipe burst");
/// assert_eq!(aws_clients::causes(&error), "the pipe burst");
/// ```
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in chain(error).skip(1) {
        let words = cause.to_string();
        // Some wrappers repeat what they wrap.
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
    }
    text
}

/// Whether TLS is what failed: rustls is among the causes.
pub fn is_tls(error: &(dyn Error + 'static)) -> bool {
    cause::<rustls::Error>(error).is_some()
}

/// Whether no connection was opened for an SDK client's call: nothing of it was sent, so nothing was done.
pub fn is_connect(error: &(dyn Error + 'static)) -> bool {
    cause::<ClientError>(error).is_some_and(ClientError::is_connect)
}

/// The first of an error and its causes that is a `T`.
///
/// ```
/// use aws_clients::{TooLong, cause};
///
/// let error = std::io::Error::other(TooLong { limit: 10 });
/// assert_eq!(cause::<TooLong>(&error).map(|too_long| too_long.limit), Some(10));
/// ```
pub fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(<dyn Error>::downcast_ref)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| next(*error))
}

fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // The `source` of an I/O error is that of the error it wraps, so it must be asked for that one itself.
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the request failed")]
    struct Outer(#[source] io::Error);

    #[test]
    fn tls_is_found_within_an_io_error() {
        let tls = Outer(io::Error::other(rustls::Error::HandshakeNotComplete));
        assert!(is_tls(&tls));
        assert_eq!(causes(&tls), "the request failed: handshake not complete");
        let refused = Outer(io::ErrorKind::ConnectionRefused.into());
        assert!(!is_tls(&refused));
        assert_eq!(causes(&refused), "the request failed: connection refused");
    }
}
