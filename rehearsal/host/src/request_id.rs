//! Ids of requests. Each request has several, so that none costs a system call: [`Uuid::now_v7`] makes two.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

/// This process's secret, which the operating system gives once.
static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
/// How many ids there have been.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A new id, a UUID of version 7. It names a request, and is no secret: what is to be guessed by no one takes [`Uuid::now_v7`].
pub fn new() -> Uuid {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [first, second] = [0_u8, 1].map(|half| SECRET.hash_one((count, half)).to_le_bytes());
    let mut random = [0; 10];
    random[..8].copy_from_slice(&first);
    random[8..].copy_from_slice(&second[..2]);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let milliseconds = since_epoch.unwrap_or_default().as_millis();
    // There is room for ten thousand years.
    let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}

/// The root of a trace, as headers name it, of the digits of a request's id (AWS X-Ray developer guide, "Tracing header").
///
/// ```
/// use rehearsal_host::request_id::trace_root;
///
/// let root = trace_root("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
/// assert_eq!(root, "Root=1-8476a536-e9f411e897392dfe598c3fcd");
/// ```
pub fn trace_root(request_id: &str) -> String {
    let digits = digits(request_id);
    ["Root=1-", &digits[..8], "-", &digits[8..]].concat()
}

/// The same with a parent, not sampled: the header `Lambda-Runtime-Trace-Id`. X-Ray's SDKs take none without a parent.
pub fn trace(request_id: &str) -> String {
    let root = trace_root(request_id);
    // A segment's id has 16 digits: the root's last.
    let parent = &root[root.len() - 16..];
    [&*root, ";Parent=", parent, ";Sampled=0"].concat()
}

/// 32 hexadecimal digits, which are those of the id where it is a UUID.
fn digits(request_id: &str) -> String {
    let mut digits = String::with_capacity(32);
    digits.extend(request_id.chars().filter(char::is_ascii_hexdigit).take(32));
    while digits.len() < 32 {
        digits.push('0');
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_ids_are_one_and_each_has_its_time() {
        let before = Uuid::now_v7().get_timestamp().unwrap().to_unix().0;
        let ids: Vec<_> = (0..10_000).map(|_| new()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        for id in ids {
            assert_eq!(id.get_version_num(), 7);
            let at = id.get_timestamp().unwrap().to_unix().0;
            assert!((before..before + 60).contains(&at), "{at}");
        }
    }
}
