//! What became of the attempts of one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// Watches the attempts of one call, which the SDK repeats by itself.
///
/// Only where the answer to an attempt was lost may a later one meet what an earlier one did.
#[derive(Debug, Clone, Default)]
pub struct Attempts {
    lost_answer: Arc<AtomicBool>,
}

impl Attempts {
    /// Whether an attempt may have been carried out although nobody was told: it timed out, its connection broke, its answer
    /// could not be read, or was a 5xx, which leaves open whether a write was done.
    pub fn has_lost_answer(&self) -> bool {
        self.lost_answer.load(Ordering::Relaxed)
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // With a 4xx the service says itself that it did nothing.
        let refused = context
            .response()
            .is_some_and(|response| response.status().is_client_error());
        let failed = matches!(context.output_or_error(), Some(Err(_)));
        if failed && !refused {
            self.lost_answer.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}
