//! What a fault makes of a call to a service.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;

use super::refused::Refused;
use crate::backend::Interference;

/// What errors look like to a service's callers.
pub(super) trait ErrorForm {
    /// An error.
    fn error(&self, status: u16, code: &str, message: &str) -> Response<Full<Bytes>>;

    /// What it answers when it is asked too often. SDKs know each of these as a throttle.
    fn throttled(&self) -> Response<Full<Bytes>>;
}

/// What becomes of a call that something may go wrong with.
pub(super) enum Course {
    /// It is served.
    GoesOn,
    /// It gets this answer.
    Answered(Box<Response<Full<Bytes>>>),
    /// Its connection is closed.
    Closed,
}

impl Interference {
    /// What becomes of a call to a service whose errors look like this. Waits where it is delayed.
    pub(super) async fn act(&self, form: &(dyn ErrorForm + Sync)) -> Course {
        let mut answer = match self {
            Self::None | Self::DropAnswer | Self::Corrupt { .. } => return Course::GoesOn,
            Self::Delay(wall) => {
                tokio::time::sleep(*wall).await;
                return Course::GoesOn;
            }
            Self::Drop => return Course::Closed,
            Self::Throttle => form.throttled(),
            Self::Error {
                status,
                code,
                message,
            } => form.error(*status, code, message),
        };
        // A fault's, and no refusal of the service's.
        answer.extensions_mut().remove::<Refused>();
        Course::Answered(Box::new(answer))
    }
}
