//! The contacts API as the checks use it: at most a few requests at a time, each answer's version checked.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::Method;
use lifecycle_hook::{Check, Request, Retries, Transport, TransportError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::failure::{Reason, StepError};

/// How many requests are on their way at once, over all checks of a hook, unless more are asked for; see
/// [`Api::with_concurrency`].
///
/// The function under test shares the account's concurrency with the live version, and a new account has ten in all
/// (Lambda developer guide, "Understanding Lambda function scaling"): a hook must not throttle the users it protects.
pub const MAX_IN_FLIGHT: u32 = 3;

/// The most that is read of an answer: a page of one contact, which has 400 KB at most, if each of its bytes took six to write in JSON and one
/// more in the JSON around that. Three of them at once, or twenty, must fit into the hook's memory.
pub const LONGEST_ANSWER: usize = 3 << 20;

/// How long the first answer is waited for before the other checks begin all the same.
///
/// The contacts function's own time-out is 10 s; what takes longer is lost on the way, and not the version's cold start.
pub const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// The pause before another version's answer is asked for again.
pub(crate) const ASK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The contacts API over a transport, and the version that must answer. Clones are one API.
#[derive(Debug)]
pub struct Api<T> {
    transport: Arc<T>,
    live: Option<Arc<T>>,
    unsigned: Option<Arc<T>>,
    version: Option<String>,
    settle: Duration,
    in_flight: Arc<Semaphore>,
    first: Arc<OnceLock<Result<Answer, StepError>>>,
    /// Where it is noted that requests had to be sent again.
    retried: Option<Arc<Retried>>,
}

#[derive(Debug)]
struct Retried {
    check: Check,
    so_far: Mutex<Retries>,
}

impl<T> Clone for Api<T> {
    fn clone(&self) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            live: self.live.clone(),
            unsigned: self.unsigned.clone(),
            version: self.version.clone(),
            settle: self.settle,
            in_flight: Arc::clone(&self.in_flight),
            first: Arc::clone(&self.first),
            retried: self.retried.clone(),
        }
    }
}

impl<T: Transport> Api<T> {
    /// The API over `transport`. Every answer must come from `version`; `None` takes any, for a target that names none.
    ///
    /// `settle` is how long after a check's start an answer of another version is asked for again rather than taken for
    /// a finding: zero where a version is invoked directly, some seconds behind an alias that was just updated.
    pub fn new(transport: T, version: Option<String>, settle: Duration) -> Self {
        Self {
            transport: Arc::new(transport),
            live: None,
            unsigned: None,
            version,
            settle,
            in_flight: Arc::new(Semaphore::new(MAX_IN_FLIGHT as usize)),
            first: Arc::default(),
            retried: None,
        }
    }

    /// Adds the road to the live version, for [`Suite::old_data`](crate::Suite::old_data).
    #[must_use]
    pub fn with_live(mut self, transport: T) -> Self {
        self.live = Some(Arc::new(transport));
        self
    }

    /// Adds a road on which requests carry no signature, for [`Suite::unsigned_requests`](crate::Suite::unsigned_requests).
    #[must_use]
    pub fn with_unsigned(mut self, transport: T) -> Self {
        self.unsigned = Some(Arc::new(transport));
        self
    }

    /// Lets `requests` be on their way at once, and [`MAX_IN_FLIGHT`] at least.
    #[must_use]
    pub fn with_concurrency(mut self, requests: u32) -> Self {
        self.in_flight = Arc::new(Semaphore::new(requests.max(MAX_IN_FLIGHT) as usize));
        self
    }

    /// The version that must answer, when one must.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Sends one request by itself, before any check does, and keeps its answer for
    /// [`Suite::cold_start`](crate::Suite::cold_start).
    ///
    /// A version that was just published has no execution environment yet, so its first invocation starts one. It is
    /// measured alone: beside others it would share the hook's processor with them.
    pub async fn ask_first(&self) {
        const STEP: &str = "start cold and answer a first request";
        if self.first.get().is_some() {
            return;
        }
        let request = Request::new(Method::GET, "/contacts").query("limit", "1");
        let answer = tokio::time::timeout(FIRST_ANSWER_TIMEOUT, self.send(STEP, request)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(StepError {
                step: STEP.into(),
                request_id: None,
                reason: Box::new(Reason::Transport(TransportError::TimedOut {
                    target: "the version".to_owned(),
                    after: FIRST_ANSWER_TIMEOUT,
                })),
            })
        });
        // Set before only by another first request, whose answer is as good.
        let _ = self.first.set(answer);
    }

    /// The answer that [`ask_first`](Self::ask_first) got, when it was called.
    pub(crate) fn first(&self) -> Option<&Result<Answer, StepError>> {
        self.first.get()
    }

    /// The same API for one check, in whose notes stands how often requests were sent again.
    pub(crate) fn of_check(&self, cx: &Check) -> Self {
        Self {
            retried: Some(Arc::new(Retried {
                check: cx.clone(),
                so_far: Mutex::default(),
            })),
            ..self.clone()
        }
    }

    /// The API as the live version serves it, where there is a road to it. Any version may answer.
    pub(crate) fn live(&self) -> Option<Self> {
        let transport = Arc::clone(self.live.as_ref()?);
        Some(Self {
            transport,
            version: None,
            ..self.clone()
        })
    }

    /// The API as callers without a signature meet it, where there is a road for them. Any version may answer.
    pub(crate) fn unsigned(&self) -> Option<Self> {
        let transport = Arc::clone(self.unsigned.as_ref()?);
        Some(Self {
            transport,
            version: None,
            ..self.clone()
        })
    }

    /// The same API, of which `version` must answer.
    pub(crate) fn of_version(&self, version: &str) -> Self {
        Self {
            version: Some(version.to_owned()),
            ..self.clone()
        }
    }

    /// Waits until `requests` may go out at once, and gives an API for these alone. The permit keeps all others waiting.
    pub(crate) async fn at_once(&self, requests: u32) -> (Self, Option<SemaphorePermit<'_>>) {
        // Never closed; were it, the requests would go out uncounted.
        let permit = self.in_flight.acquire_many(requests).await.ok();
        let api = Self {
            in_flight: Arc::new(Semaphore::new(requests as usize)),
            ..self.clone()
        };
        (api, permit)
    }

    /// Until when another version's answer is asked for again, for a check that starts now: the settling time, but
    /// no more than half the time that is left, so that the finding itself still gets out.
    pub(crate) fn settled_at(&self, cx: &Check) -> Instant {
        Instant::now() + self.settle.min(cx.remaining() / 2)
    }

    /// Sends one request. Whatever the API answers comes back, once it is known to come from the right version.
    pub(crate) async fn send(
        &self,
        step: impl Into<Cow<'static, str>>,
        request: Request,
    ) -> Result<Answer, StepError> {
        let answer = self.exchange(step.into(), request).await?;
        self.right_version(&answer)?;
        Ok(answer)
    }

    /// Sends one request. Whatever the API answers comes back, whichever version it comes from.
    pub(crate) async fn exchange(
        &self,
        step: Cow<'static, str>,
        request: Request,
    ) -> Result<Answer, StepError> {
        // Never closed; were it, the request would go out uncounted.
        let _turn = self.in_flight.acquire().await.ok();
        match self.transport.send(request).await {
            Ok(response) => {
                self.note(response.retries);
                Ok(Answer::new(step, response))
            }
            Err(TransportError::OtherVersion {
                expected,
                got,
                request_id,
            }) => Err(StepError {
                step,
                reason: Box::new(Reason::OtherVersion { expected, got }),
                request_id,
            }),
            Err(error) => {
                if let TransportError::Throttled { attempts, .. } = error {
                    let mut retries = Retries::default();
                    retries.throttled = attempts;
                    self.note(retries);
                }
                Err(StepError {
                    step,
                    request_id: error.request_id().map(str::to_owned),
                    reason: Box::new(Reason::Transport(error)),
                })
            }
        }
    }

    /// The answer is one of the version that must answer.
    pub(crate) fn right_version(&self, answer: &Answer) -> Result<(), StepError> {
        let Some(expected) = self.version() else {
            return Ok(());
        };
        match answer.versions().find(|version| *version != expected) {
            None => Ok(()),
            Some(other) => Err(answer.failed(Reason::OtherVersion {
                expected: expected.to_owned(),
                got: other.to_owned(),
            })),
        }
    }

    fn note(&self, more: Retries) {
        let Some(noted) = &self.retried else { return };
        // Nothing here panics while it is locked.
        let mut all = noted.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        all.throttled += more.throttled;
        all.gateway_errors += more.gateway_errors;
        if all.throttled > 0 {
            noted.check.note("throttled", all.throttled);
        }
        if all.gateway_errors > 0 {
            noted.check.note("gateway_errors", all.gateway_errors);
        }
    }
}
