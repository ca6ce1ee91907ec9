//! What the SDK's retries leave untold: how many attempts a call took, how many of them were throttled, and when the last one was sent.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "invoke")]
use std::time::Duration;
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Watches the attempts of one call. Clones watch the same call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    made: AtomicU32,
    throttled: AtomicU32,
    last_sent: Mutex<Option<Instant>>,
}

impl Attempts {
    /// How many there were, those included that were never sent.
    pub(crate) fn count(&self) -> u32 {
        self.inner.made.load(Ordering::Relaxed)
    }

    /// How many were answered with a 429.
    #[cfg(feature = "invoke")]
    pub(crate) fn throttled(&self) -> u32 {
        self.inner.throttled.load(Ordering::Relaxed)
    }

    /// How long ago the last one was sent.
    #[cfg(feature = "invoke")]
    pub(crate) fn since_last(&self) -> Duration {
        let last = *self.last_sent();
        last.map_or(Duration::ZERO, |sent| sent.elapsed())
    }

    fn last_sent(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is locked.
        self.inner
            .last_sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.last_sent() = Some(Instant::now());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().as_u16() == 429 {
            self.inner.throttled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
