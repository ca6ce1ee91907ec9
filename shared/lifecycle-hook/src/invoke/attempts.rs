//! What the SDK's retries leave untold: how often an invocation was throttled before its answer, and when it was sent
//! for the last time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Watches the attempts of one call. Clones watch the same call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sent: AtomicU32,
    throttled: AtomicU32,
    last_sent: Mutex<Option<Instant>>,
}

impl Attempts {
    /// How often the call was sent.
    pub fn sent(&self) -> u32 {
        self.inner.sent.load(Ordering::Relaxed)
    }

    /// How often it was answered with a 429.
    pub fn throttled(&self) -> u32 {
        self.inner.throttled.load(Ordering::Relaxed)
    }

    /// How long ago it was sent for the last time.
    pub fn since_last(&self) -> Duration {
        let last = *self.last_sent();
        last.map_or(Duration::ZERO, |sent| sent.elapsed())
    }

    fn last_sent(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is locked.
        self.inner
            .last_sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.sent.fetch_add(1, Ordering::Relaxed);
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
