//! One line for each answer.

use time::Time;

use crate::answer::Answer;
use crate::tally::Tally;

/// What the columns of a [`line()`] are.
pub const HEADING: &str = "UTC       status  version  code      latency  so far";

/// The line of the answer to a request that was sent `at` that time of day, with the shares of all answers so far.
///
/// ```
/// use std::time::Duration;
///
/// use contacts_probes::{Answer, FunctionVersion, Tally, line};
///
/// let answer = Answer {
///     status: Some(200),
///     function_version: Some(FunctionVersion::Published(9)),
///     code_version: Some("0.1.0".to_owned()),
///     latency: Duration::from_millis(41),
///     failure: None,
/// };
/// let mut so_far = Tally::default();
/// so_far.add(&answer);
/// assert_eq!(
///     line(time::Time::MIDNIGHT, &answer, &so_far),
///     "00:00:00  200     v9       0.1.0       41 ms  v9 100 % (1)"
/// );
/// ```
pub fn line(at: Time, answer: &Answer, so_far: &Tally) -> String {
    let (hour, minute, second) = at.as_hms();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let status = or_dash(answer.status.map(|status| status.to_string()));
    let version = or_dash(answer.function_version.as_ref().map(ToString::to_string));
    let code = answer.code_version.as_deref().unwrap_or("-");
    let latency = answer.latency.as_millis();
    let mut line = format!(
        "{hour:02}:{minute:02}:{second:02}  {status:<6}  {version:<7}  {code:<8}  {latency:>4} ms  {}",
        so_far.shares()
    );
    if let Some(failure) = &answer.failure {
        line += "  ! ";
        line += failure;
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use lifecycle_hook::{Response, TransportError};

    use super::*;

    fn response(status: StatusCode, body: &str) -> Response {
        let mut response = Response::new(status, body);
        response.latency = Duration::from_millis(41);
        response
    }

    fn lines(results: impl IntoIterator<Item = Result<Response, TransportError>>) -> String {
        let mut tally = Tally::default();
        let mut lines = vec![HEADING.to_owned()];
        for result in results {
            let answer = Answer::of(result, Duration::from_millis(12_003));
            tally.add(&answer);
            lines.push(line(Time::from_hms(9, 5, 7).unwrap(), &answer, &tally));
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
