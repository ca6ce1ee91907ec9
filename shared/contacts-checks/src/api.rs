//! The contacts API as the checks use it: at most a few requests at a time, each answer's version checked,
//! every contact that is made also deleted.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use lifecycle_hook::Check;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::answer::{Answer, Contact};
use crate::failure::{Reason, StepError};
use crate::transport::{Request, Transport};

/// How many requests are on their way at once, over all checks of a hook.
///
/// The function under test shares the account's concurrency with the live version, and a new account has ten in all
/// (Lambda developer guide, "Understanding Lambda function scaling"): a hook must not throttle the users it protects.
pub const MAX_IN_FLIGHT: usize = 3;

/// How long a test contact lives when it could not be deleted, in seconds: longer than a hook can run (15 minutes),
/// and no longer than the API allows.
pub const TEST_TTL_SECONDS: u16 = 3600;

/// The header that makes a contact a test contact. Its value is a lifetime in seconds.
pub(crate) const TEST_TTL: HeaderName = HeaderName::from_static("x-test-ttl");

/// The pause before another version's answer is asked for again.
pub(crate) const ASK_AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The contacts API over a transport, and the version that must answer. Clones are one API.
#[derive(Debug)]
pub struct Api<T> {
    inner: Arc<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    transport: T,
    version: Option<String>,
    settle: Duration,
    in_flight: Semaphore,
}

impl<T> Clone for Api<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T: Transport> Api<T> {
    /// The API over `transport`. Every answer must come from `version`; `None` takes any, for a target that names none.
    ///
    /// `settle` is how long after a check's start an answer of another version is asked for again rather than taken for
    /// a finding: zero where a version is invoked directly, some seconds behind an alias that was just updated.
    pub fn new(transport: T, version: Option<String>, settle: Duration) -> Self {
        let in_flight = Semaphore::new(MAX_IN_FLIGHT);
        Self {
            inner: Arc::new(Inner {
                transport,
                version,
                settle,
                in_flight,
            }),
        }
    }

    /// The version that must answer, when one must.
    pub fn version(&self) -> Option<&str> {
        self.inner.version.as_deref()
    }

    /// Until when another version's answer is asked for again, for a check that starts now: the settling time, but
    /// no more than half the time that is left, so that the finding itself still gets out.
    pub(crate) fn settled_at(&self, cx: &Check) -> Instant {
        Instant::now() + self.inner.settle.min(cx.remaining() / 2)
    }

    /// Sends one request. Whatever the API answers comes back, once it is known to come from the right version.
    pub(crate) async fn send(
        &self,
        step: impl Into<Cow<'static, str>>,
        request: Request,
    ) -> Result<Answer, StepError> {
        let (answer, _) = self.send_timed(step, request).await?;
        Ok(answer)
    }

    /// Sends one request, and measures how long its answer took, without the wait for its turn.
    pub(crate) async fn send_timed(
        &self,
        step: impl Into<Cow<'static, str>>,
        request: Request,
    ) -> Result<(Answer, Duration), StepError> {
        let (answer, elapsed) = self.exchange(step.into(), request).await?;
        self.right_version(&answer)?;
        Ok((answer, elapsed))
    }

    /// Sends a request that may create a contact, refused or not as the contract wants it: whatever was created is
    /// deleted when the check is over, and by the table's TTL if the answer that would name it is lost.
    pub(crate) async fn send_creating(
        &self,
        cx: &Check,
        step: &'static str,
        request: Request,
    ) -> Result<(Answer, TestContact), StepError> {
        let request = request.header(TEST_TTL, HeaderValue::from(TEST_TTL_SECONDS));
        let (answer, _) = self.exchange(step.into(), request).await?;
        // Before anything that can fail, and without an await in between at which the check could be cancelled.
        let deleted = Arc::new(AtomicBool::new(false));
        if let Some(id) = answer.created_id() {
            let (api, deleted) = (self.clone(), Arc::clone(&deleted));
            cx.on_cleanup(format!("delete contact {id}"), async move {
                if deleted.load(Ordering::Relaxed) {
                    return Ok(());
                }
                api.delete(&id).await
            });
        }
        self.right_version(&answer)?;
        Ok((answer, TestContact { deleted }))
    }

    /// Creates a test contact with these attributes.
    pub(crate) async fn create(
        &self,
        cx: &Check,
        attributes: &Value,
    ) -> Result<Created, StepError> {
        let request = Request::new(Method::POST, "/contacts").json(attributes);
        let (answer, test_contact) = self.send_creating(cx, "create a contact", request).await?;
        let (contact, etag) = answer.contact(StatusCode::CREATED)?;
        Ok(Created {
            answer,
            contact,
            etag,
            test_contact,
        })
    }

    async fn exchange(
        &self,
        step: Cow<'static, str>,
        request: Request,
    ) -> Result<(Answer, Duration), StepError> {
        // Never closed; were it, the request would go out uncounted.
        let _turn = self.inner.in_flight.acquire().await.ok();
        let sent = Instant::now();
        match self.inner.transport.send(request).await {
            Ok(response) => Ok((Answer::new(step, response), sent.elapsed())),
            Err(error) => Err(StepError {
                step,
                request_id: error.request_id().map(str::to_owned),
                reason: Box::new(Reason::Transport(error)),
            }),
        }
    }

    fn right_version(&self, answer: &Answer) -> Result<(), StepError> {
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

    /// Deletes a contact, by whichever version answers.
    async fn delete(&self, id: &str) -> Result<(), StepError> {
        let request = Request::new(Method::DELETE, format!("/contacts/{id}"));
        let (answer, _) = self
            .exchange("delete the test contact".into(), request)
            .await?;
        answer.no_content()
    }
}

/// A contact that a check made, as its creation was answered.
#[derive(Debug)]
pub(crate) struct Created {
    pub answer: Answer,
    pub contact: Contact,
    pub etag: String,
    pub test_contact: TestContact,
}

impl Created {
    /// The contact's path.
    pub fn path(&self) -> String {
        format!("/contacts/{}", self.contact.id)
    }
}

/// What will be deleted when the check is over, unless the check has done so itself.
#[derive(Debug)]
pub(crate) struct TestContact {
    deleted: Arc<AtomicBool>,
}

impl TestContact {
    /// The check has deleted it, and the API has confirmed that it is gone.
    pub fn is_deleted(&self) {
        self.deleted.store(true, Ordering::Relaxed);
    }
}

/// The attributes of a test contact: who made it, should one be left over, and what a check adds.
pub(crate) fn attributes(cx: &Check, more: Value) -> Value {
    let maker = format!("test contact of deployment {}", cx.deployment_id());
    let mut attributes = Map::from_iter([("note".to_owned(), Value::String(maker))]);
    if let Value::Object(more) = more {
        attributes.extend(more);
    }
    Value::Object(attributes)
}
