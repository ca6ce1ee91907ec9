//! What came of one request.

use std::time::Duration;

use contacts_checks::{Response, TransportError};
use serde_json::Value;
use time::Time;

use crate::tally::Tally;

/// What the columns of a line are.
pub const HEADING: &str = "UTC       status  version  code      latency  so far";

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The function's version that says it answered.
    pub function_version: Option<String>,
    /// The version of its code.
    pub code_version: Option<String>,
    /// From the request's sending to the whole answer, or to the failure.
    pub latency: Duration,
    /// Why it is no success.
    pub failure: Option<String>,
}

impl Answer {
    /// What a request's result says. It took `taken`, failures included.
    pub fn of(result: Result<Response, TransportError>, taken: Duration) -> Self {
        let response = match result {
            Ok(response) => response,
            Err(error) => {
                let (status, failure) = match error {
                    TransportError::Throttled { reason, .. } => (Some(429), reason),
                    other => (None, other.to_string()),
                };
                return Self {
                    status,
                    function_version: None,
                    code_version: None,
                    latency: taken,
                    failure: Some(printable(&failure)),
                };
            }
        };
        let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let text = |pointer: &str| document.pointer(pointer)?.as_str().map(printable);
        // A problem document's, then API Gateway's own.
        let reason = ["/detail", "/title", "/message", "/Message"]
            .into_iter()
            .find_map(text);
        Self {
            status: Some(response.status.as_u16()),
            function_version: text("/metadata/function_version"),
            code_version: text("/metadata/code_version"),
            latency: response.latency,
            failure: (!response.status.is_success())
                .then(|| reason.unwrap_or_else(|| "it does not say why".to_owned())),
        }
    }

    /// Its line, with the shares of all answers so far.
    pub fn line(&self, at: Time, so_far: &Tally) -> String {
        let (hour, minute, second) = at.as_hms();
        let status = self
            .status
            .map_or_else(|| "-".to_owned(), |status| status.to_string());
        let version = self.function_version.as_deref().map(named);
        let version = version.as_deref().unwrap_or("-");
        let code = self.code_version.as_deref().unwrap_or("-");
        let latency = self.latency.as_millis();
        let mut line = format!(
            "{hour:02}:{minute:02}:{second:02}  {status:<6}  {version:<7}  {code:<8}  {latency:>4} ms  {}",
            so_far.shares()
        );
        if let Some(failure) = &self.failure {
            line += "  ! ";
            line += failure;
        }
        line
    }
}

/// A version as people write it: a number with a `v`, `$LATEST` as it is.
pub fn named(version: &str) -> String {
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
    format!("{}{version}", if is_number { "v" } else { "" })
}

/// The text in one line, without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use contacts_checks::Retries;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn response(status: StatusCode, body: &str) -> Response {
        Response {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            executed_version: None,
            request_id: None,
            latency: Duration::from_millis(41),
            retries: Retries::default(),
        }
    }

    fn lines(results: impl IntoIterator<Item = Result<Response, TransportError>>) -> String {
        let mut tally = Tally::default();
        let mut lines = vec![HEADING.to_owned()];
        for result in results {
            let answer = Answer::of(result, Duration::from_millis(12_003));
            tally.add(&answer);
            lines.push(answer.line(Time::from_hms(9, 5, 7).unwrap(), &tally));
        }
        lines.join("\n")
    }

    #[test]
    fn a_line_says_who_answered_and_the_shares_so_far() {
        let of = |version: &str, code: &str| {
            let body = serde_json::json!({"data": [], "metadata": {"function_version": version, "code_version": code}});
            Ok(response(StatusCode::OK, &body.to_string()))
        };
        insta::assert_snapshot!(
            lines([of("9", "0.1.0"), of("10", "0.2.0-rc.1"), of("9", "0.1.0"), of("$LATEST", "0.1.0")]),
            @r"
        UTC       status  version  code      latency  so far
        09:05:07  200     v9       0.1.0       41 ms  v9 100 % (1)
        09:05:07  200     v10      0.2.0-rc.1    41 ms  v9 50 % (1)  v10 50 % (1)
        09:05:07  200     v9       0.1.0       41 ms  v9 67 % (2)  v10 33 % (1)
        09:05:07  200     $LATEST  0.1.0       41 ms  v9 50 % (2)  v10 25 % (1)  $LATEST 25 % (1)
        "
        );
    }

    #[test]
    fn a_failure_is_a_line_with_its_reason_and_the_version_where_one_is_known() {
        let problem = r#"{"title": "Service Unavailable", "detail": "the table cannot be\nreached", "metadata": {"function_version": "8"}}"#;
        let unreachable = TransportError::Unreachable {
            target: "example.com".to_owned(),
            reason: "no route".to_owned(),
        };
        let throttled = TransportError::Throttled {
            attempts: 1,
            reason: "API Gateway answered 429 Too Many Requests".to_owned(),
            request_id: None,
        };
        insta::assert_snapshot!(
            lines([
                Ok(response(StatusCode::SERVICE_UNAVAILABLE, problem)),
                Ok(response(StatusCode::FORBIDDEN, r#"{"message": "Missing \u001b[2JAuthentication Token"}"#)),
                Ok(response(StatusCode::BAD_GATEWAY, "<html>")),
                Err(unreachable),
                Err(throttled),
            ]),
            @r"
        UTC       status  version  code      latency  so far
        09:05:07  503     v8       -           41 ms  v8 100 % (1)  ! the table cannot be reached
        09:05:07  403     -        -           41 ms  v8 100 % (1)  ! Missing  [2JAuthentication Token
        09:05:07  502     -        -           41 ms  v8 100 % (1)  ! it does not say why
        09:05:07  -       -        -         12003 ms  v8 100 % (1)  ! example.com could not be reached: no route
        09:05:07  429     -        -         12003 ms  v8 100 % (1)  ! API Gateway answered 429 Too Many Requests
        "
        );
    }
}
