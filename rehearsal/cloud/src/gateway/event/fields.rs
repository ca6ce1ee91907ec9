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
pub(super) fn body(request: &ParsedRequest) -> (Option<Cow<'_, str>>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(&request.body) {
        Ok(text) => (Some(Cow::Borrowed(text)), false),
        Err(_) => (Some(Cow::Owned(STANDARD.encode(&request.body))), true),
    }
}

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

/// `09/Apr/2015:12:34:56 +0000`, the common log format.
pub(super) fn request_time(at: OffsetDateTime) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let two = |number: u8| [number / 10, number % 10].map(|digit| char::from(b'0' + digit));
    let year = u16::try_from(at.year()).unwrap_or_default();
    let [century, of_century] =
        [year / 100, year % 100].map(|part| u8::try_from(part).unwrap_or(99));
    let mut text = String::with_capacity(26);
    text.extend(two(at.day()));
    text.push('/');
    text.push_str(MONTHS[usize::from(u8::from(at.month())) - 1]);
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
