//! What events of both versions are written from.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use rehearsal_aws::account::url_suffix;
use rehearsal_aws::apigateway::route::Api;
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_host::request_id;
use time::OffsetDateTime;

use super::parsed_request::ParsedRequest;

/// The last value of each name.
pub(super) type LastOfEach<'r> = BTreeMap<&'r str, &'r str>;
/// All values of each name.
pub(super) type AllOfEach<'r> = BTreeMap<&'r str, Vec<&'r str>>;

/// An API's host name.
pub fn domain(api: &Api) -> String {
    // An event has it: not by a format, which takes several times as long.
    match api.kind {
        ApiKind::Rest | ApiKind::Http => {
            let suffix = url_suffix(&api.region);
            [&api.id, ".execute-api.", &api.region, ".", suffix].concat()
        }
        ApiKind::FunctionUrl => [&api.id, ".lambda-url.", &api.region, ".on.aws"].concat(),
    }
}

/// The body as text, or in base64 where it is not; `None` where there is none.
///
/// A REST API gives in base64 what is of a type that it takes for binary, and everything else as text, which damages what is no text (API Gateway
/// developer guide, "Content type conversions in API Gateway"). Assumed: what has no type is JSON.
///
/// An HTTP API and a function URL give in base64 everything whose type they do not know for text, so forms, and what has no type. Seen: by
/// [ministack](https://github.com/ministackorg/ministack/pull/766) of HTTP APIs; of URLs, forms are
/// ([`CUDly`](https://github.com/LeanerCloud/CUDly/pull/1483)). A load balancer's documentation has the same types.
pub(super) fn body<'r>(api: &Api, request: &'r ParsedRequest) -> (Option<Cow<'r, str>>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    let in_base64 = || (Some(Cow::Owned(STANDARD.encode(&request.body))), true);
    let content_type = request.header("content-type");
    if api.kind == ApiKind::Rest {
        return if api.is_binary(content_type.unwrap_or("application/json")) {
            in_base64()
        } else {
            (Some(String::from_utf8_lossy(&request.body)), false)
        };
    }
    let text = std::str::from_utf8(&request.body).ok();
    match text.filter(|_| content_type.is_some_and(is_text)) {
        Some(text) => (Some(Cow::Borrowed(text)), false),
        None => in_base64(),
    }
}

/// Whether a body of this type is passed on as text.
fn is_text(content_type: &str) -> bool {
    const OTHERS: [&str; 3] = [
        "application/json",
        "application/javascript",
        "application/xml",
    ];
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let kind = media_type.split_once('/').map(|(kind, _)| kind);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("text"))
        || OTHERS
            .iter()
            .any(|one| one.eq_ignore_ascii_case(media_type))
}

/// Headers as names and values, sorted by their names, those of one name in their order.
pub(super) type Headers<'r> = [(&'r str, &'r str)];

/// Names whom a request came from, and through whom.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// What AWS itself says of a request, whatever a client sends.
const REPLACED: [&str; 3] = [FORWARDED_FOR, "X-Forwarded-Port", "X-Forwarded-Proto"];

/// The headers that a client sent, without those that AWS replaces.
pub(super) fn own_headers(request: &ParsedRequest) -> impl Iterator<Item = (&str, &str)> {
    let all = request.headers.iter();
    let all = all.map(|(name, value)| (name.as_str(), value.as_str()));
    all.filter(|(name, _)| !REPLACED.iter().any(|one| one.eq_ignore_ascii_case(name)))
}

/// The same with the headers that AWS adds, sorted.
pub(super) fn sorted_headers<'r>(
    request: &'r ParsedRequest,
    added: impl Iterator<Item = (&'r str, &'r str)>,
) -> Vec<(&'r str, &'r str)> {
    let mut headers: Vec<_> = own_headers(request).chain(added).collect();
    headers.sort_by_key(|(name, _)| *name);
    headers
}

/// What AWS adds to a request's headers on its way to a function (API Gateway developer guide, "Amazon API Gateway important notes"; the names as
/// published events have them), in the order of the names.
pub(super) struct Added {
    trace: String,
    /// How long the body is, which a REST API does not say.
    length: Option<String>,
    /// Who sent it.
    forwarded_for: Cow<'static, str>,
}

impl Added {
    pub(super) fn to(request: &ParsedRequest, kind: ApiKind) -> Self {
        Self {
            trace: request_id::trace_root(&request.request_id),
            length: (kind != ApiKind::Rest).then(|| request.body.len().to_string()),
            forwarded_for: forwarded_for(request, kind),
        }
    }

    /// Each under the name that it has in a REST API's events. One that the client sent is not added, unless AWS replaces it.
    pub(super) fn to_headers<'r>(
        &'r self,
        request: &'r ParsedRequest,
    ) -> impl Iterator<Item = (&'r str, &'r str)> {
        let length = self.length.as_deref();
        let length = length.map(|length| ("Content-Length", length));
        let trace = [("X-Amzn-Trace-Id", &*self.trace)];
        let unless_sent = length.into_iter().chain(trace);
        let unless_sent = unless_sent.filter(move |(name, _)| request.header(name).is_none());
        let always = [&*self.forwarded_for, "443", "https"];
        unless_sent.chain(REPLACED.into_iter().zip(always))
    }
}

/// What of `X-Forwarded-For` reaches a function. An API appends who called to what was sent, and says by itself which port and protocol it was
/// (seen: [fireprox 12](https://github.com/ustayready/fireprox/issues/12), [serverless-wsgi 36](https://github.com/logandk/serverless-wsgi/issues/36));
/// of a function URL the first of them alone is left
/// ([seen](https://speedrun.nobackspacecrew.com/blog/2026/03/06/obtaining-caller-ip-address-with-lambda-furls.html)).
fn forwarded_for(request: &ParsedRequest, kind: ApiKind) -> Cow<'static, str> {
    let sent = request.headers.iter();
    let mut sent = sent.filter(|(name, _)| name.eq_ignore_ascii_case(FORWARDED_FOR));
    let Some((_, first)) = sent.next() else {
        return Cow::Borrowed(SOURCE_IP);
    };
    if kind == ApiKind::FunctionUrl {
        let first = first.split(',').next().unwrap_or_default();
        return Cow::Owned(first.trim().to_owned());
    }
    let others = sent.map(|(_, value)| value.as_str());
    let all = [first.as_str()]
        .into_iter()
        .chain(others)
        .chain([SOURCE_IP]);
    Cow::Owned(all.collect::<Vec<_>>().join(", "))
}

/// Where requests come from.
pub(super) const SOURCE_IP: &str = "127.0.0.1";

/// A query as names and values, decoded, in their order.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .collect()
}

/// The last value of each name; `None` where there is no name.
pub(super) fn last_of_each(pairs: &[(String, String)]) -> Option<LastOfEach<'_>> {
    let pairs = pairs.iter();
    let map: LastOfEach<'_> = pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    (!map.is_empty()).then_some(map)
}

/// All values of each name; `None` where there is no name.
pub(super) fn all_of_each(pairs: &[(String, String)]) -> Option<AllOfEach<'_>> {
    let mut map = AllOfEach::new();
    for (name, value) in pairs {
        map.entry(name).or_default().push(value);
    }
    (!map.is_empty()).then_some(map)
}

/// Milliseconds since 1970.
pub(super) fn epoch_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month(at: OffsetDateTime) -> &'static str {
    MONTHS[usize::from(u8::from(at.month())) - 1]
}

/// `Wed May 18 12:31:07 UTC 2022`, as Java writes a date.
pub(super) fn java_date(at: OffsetDateTime) -> String {
    let weekday = at.weekday().to_string();
    let month = month(at);
    let (hour, minute, second) = at.to_hms();
    let (day, year) = (at.day(), at.year());
    format!("{weekday:.3} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

/// `09/Apr/2015:12:34:56 +0000`, the common log format.
pub(super) fn request_time(at: OffsetDateTime) -> String {
    let two = |number: u8| [number / 10, number % 10].map(|digit| char::from(b'0' + digit));
    let year = u16::try_from(at.year()).unwrap_or_default();
    let [century, of_century] =
        [year / 100, year % 100].map(|part| u8::try_from(part).unwrap_or(99));
    let mut text = String::with_capacity(26);
    text.extend(two(at.day()));
    text.push('/');
    text.push_str(month(at));
    text.push('/');
    text.extend(two(century));
    text.extend(two(of_century));
    for part in [at.hour(), at.minute(), at.second()] {
        text.push(':');
        text.extend(two(part));
    }
    text.push_str(" +0000");
    text
}
