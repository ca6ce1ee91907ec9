//! By which key an invocation or a call makes its draws.
//!
//! What runs at the same time, runs in no order. So a key is made of what something is, and of its number among its like, never
//! of its place among everything.

use rehearsal_aws::random::Key;

use super::World;
use super::command::Purpose;
use super::invocation::Open;
use crate::plan::Target;

/// An unqualified invocation's version.
pub(super) const LATEST: &str = "$LATEST";

impl World {
    /// The key of an invocation that is made on a deployment's account.
    pub(super) fn key_of_hooks_call(&mut self, target: &Target) -> Key {
        let qualifier = target.qualifier.as_deref().unwrap_or(LATEST);
        self.next_of_kind(format!("hook/{}/{qualifier}", target.function))
    }

    /// The key of something that is made on a deployment's account: its kind, and its number among those. A hook's checks run at the
    /// same time.
    pub(super) fn next_of_kind(&mut self, kind: String) -> Key {
        let number = self.running.hook_calls.entry(kind.clone()).or_default();
        *number += 1;
        Key {
            stream: kind,
            index: *number,
        }
    }
}

/// The key of a live request.
pub(super) fn key_of_request(index: u64) -> Key {
    Key {
        stream: "request".to_owned(),
        index,
    }
}

/// Keys of what is asked for on a live request's account: by its number among what the same invocation asks for.
impl Open {
    /// The key of the next invocation that it makes.
    pub(super) fn key_of_call(&mut self) -> Key {
        self.invoked += 1;
        Key {
            stream: format!("{}/{}", self.key.stream, self.invoked),
            index: self.key.index,
        }
    }

    /// The key of the next service call that it makes.
    pub(super) fn key_of_service_call(&mut self) -> Key {
        self.calls += 1;
        match self.invoke.purpose {
            Purpose::Request { .. } => Key {
                stream: "service".to_owned(),
                index: self.invoke.invocation.0 << 16 | self.calls,
            },
            Purpose::Event { .. } | Purpose::Call(_) => Key {
                stream: format!("service/{}", self.key.stream),
                index: self.key.index << 16 | self.calls,
            },
        }
    }
}
