//! What a check is given.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lambda_runtime::Error;
use serde_json::{Map, Value};

use crate::event::{HookEvent, LifecycleEvent};

/// A clean-up that has not run yet.
pub(crate) struct Cleanup {
    pub name: String,
    pub work: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

/// What a check knows about its event, and where it registers clean-up and figures. Cheap to clone.
///
/// ```
/// use lifecycle_hook::{Check, Error};
///
/// async fn creates_and_reads(cx: Check) -> Result<(), Error> {
///     let id = "018f"; // of an item just created
///     cx.on_cleanup(format!("item {id}"), async move {
///         // delete it
///         Ok::<(), Error>(())
///     });
///     cx.note("items", 1);
///     if cx.remaining().as_millis() < 500 {
///         return Err("no time left to read the item back".into());
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Check {
    inner: Arc<Inner>,
}

struct Inner {
    event: HookEvent,
    lifecycle_event: LifecycleEvent,
    version: Option<String>,
    ends: Instant,
    cleanups: Mutex<Vec<Cleanup>>,
    notes: Mutex<Map<String, Value>>,
}

impl Check {
    pub(crate) fn new(
        event: HookEvent,
        lifecycle_event: LifecycleEvent,
        version: Option<String>,
        ends: Instant,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                event,
                lifecycle_event,
                version,
                ends,
                cleanups: Mutex::default(),
                notes: Mutex::default(),
            }),
        }
    }

    /// The deployment's id, `d-…`.
    pub fn deployment_id(&self) -> &str {
        self.inner.event.deployment_id()
    }

    /// The event that is answered for.
    pub fn lifecycle_event(&self) -> LifecycleEvent {
        self.inner.lifecycle_event
    }

    /// The number of the version under test; nothing where `NEW_VERSION_ARN` is not set or ends with no version, as on local hosts.
    pub fn version(&self) -> Option<&str> {
        self.inner.version.as_deref()
    }

    /// How long this check may still take.
    pub fn remaining(&self) -> Duration {
        self.inner.ends.saturating_duration_since(Instant::now())
    }

    /// Registers what is to be undone, before it is done.
    ///
    /// The clean-ups of a check run once it is over, however it ended: passed, failed, timed out or panicked. The last registered runs
    /// first. All of them have until the guard's deadline; each gets an equal part of what is left then. What could not be cleaned
    /// is named in the verdict; it does not fail the check.
    pub fn on_cleanup<F, E>(&self, name: impl Into<String>, work: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        locked(&self.inner.cleanups).push(Cleanup {
            name: name.into(),
            work: Box::pin(async { work.await.map_err(Into::into) }),
        });
    }

    /// Notes a figure, which goes into the verdict and the log beside this check. A second value under one key replaces the first.
    pub fn note(&self, key: impl Into<String>, value: impl Into<Value>) {
        locked(&self.inner.notes).insert(key.into(), value.into());
    }

    pub(crate) fn take_notes(&self) -> Map<String, Value> {
        std::mem::take(&mut *locked(&self.inner.notes))
    }

    /// The clean-up registered last.
    pub(crate) fn next_cleanup(&self) -> Option<Cleanup> {
        locked(&self.inner.cleanups).pop()
    }

    pub(crate) fn cleanups_left(&self) -> usize {
        locked(&self.inner.cleanups).len()
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("event", &self.inner.event)
            .field("lifecycle_event", &self.inner.lifecycle_event)
            .field("version", &self.inner.version)
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

/// A check that panicked while it held a lock has left a whole list behind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
