//! What a function URL that streams makes of an answer: it is sent whole here, and in its bytes as on Lambda.
//!
//! "Lambda streams all response payloads for invocations that come through the function's URL until you change the invoke mode to `BUFFERED`" (Lambda developer
//! guide, "Invoking a response streaming enabled function using Lambda function URLs"): nothing is looked into but a prelude. So a function that does not
//! stream has its JSON sent as the body, its `statusCode` in it (seen: [aws-lambda-go 565](https://github.com/aws/aws-lambda-go/issues/565)).

use bytes::Bytes;
use rehearsal_aws::lambda::invoke::Invoked;

/// The type of an answer that begins with its status and headers, in JSON. Source: AWS's runtime client of Node.js, `HttpResponseStream.js`.
pub const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";

/// What stands between these and the body (the same).
const DELIMITER: [u8; 8] = [0; 8];

/// The type of a body whose prelude has none: assumed, as of a stream for which no type is set (seen: [middy 1189](https://github.com/middyjs/middy/issues/1189)).
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// An answer, as it is passed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Streamed<'a> {
    /// Its status and headers, in JSON, and its body.
    WithPrelude(&'a [u8], Bytes),
    /// All of it is the body, of this type.
    Plain(&'a str),
    /// No function made it: a stub's or a fault's is read like one that is not streamed.
    MadeUp,
}

/// What an answer is; `None` where a prelude is announced and does not end, which is assumed to be refused as any answer is that is malformed.
pub(super) fn read(answer: &Invoked) -> Option<Streamed<'_>> {
    let payload = &answer.payload;
    let Some(content_type) = &answer.content_type else {
        return Some(Streamed::MadeUp);
    };
    if content_type != WITH_PRELUDE {
        return Some(Streamed::Plain(content_type));
    }
    let mut all = payload.windows(DELIMITER.len());
    let end = all.position(|bytes| bytes == DELIMITER)?;
    let body = payload.slice(end + DELIMITER.len()..);
    Some(Streamed::WithPrelude(&payload[..end], body))
}
