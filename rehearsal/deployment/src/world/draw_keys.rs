//! By which key an invocation or a call makes its draws.
//!
//! What runs at the same time, runs in no order. So a key is made of what something is, and of its number among its like, never
//! of its place among everything.

use rehearsal_aws::random::Key;

use super::command::Purpose;
use super::{InvocationId, World};
use crate::plan::Target;

/// An unqualified invocation's version.
pub(super) const LATEST: &str = "$LATEST";

impl World {
    /// The key of an invocation.
    pub(super) fn key_of_invocation(&mut self, target: &Target, purpose: &Purpose) -> Key {
        match purpose {
            Purpose::Request { index, .. } => Key {
                stream: "request".to_owned(),
                index: *index,
            },
            Purpose::Event { .. } | Purpose::Call(_) => {
                let qualifier = target.qualifier.as_deref().unwrap_or(LATEST);
                self.next_of_kind(format!("hook/{}/{qualifier}", target.function))
            }
        }
    }

    /// The key of a service call that is made on a live request's account: `calls` is its number among the request's own.
    pub(super) fn key_of_live_call(invocation: InvocationId, calls: u64) -> Key {
        Key {
            stream: "service".to_owned(),
            index: invocation.0 << 16 | calls,
        }
    }

    /// The key of something that is made on a hook's account: its kind, and its number among those. A hook's checks run at the
    /// same time.
    pub(super) fn next_of_kind(&mut self, kind: String) -> Key {
        let number = self.hook_calls.entry(kind.clone()).or_default();
        *number += 1;
        Key {
            stream: kind,
            index: *number,
        }
    }
}
