//! Contacts that the checks make, and that are gone when the checks are over.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Contact};
use crate::api::Api;
use crate::failure::StepError;

/// How long a test contact lives when it could not be deleted, in seconds: longer than a hook can run (15 minutes),
/// and no longer than the API allows.
pub const TEST_TTL_SECONDS: u16 = 3600;

/// The header that makes a contact a test contact. Its value is a lifetime in seconds.
pub(crate) const TEST_TTL: HeaderName = HeaderName::from_static("x-test-ttl");

/// The path of a contact that no one has: contacts have ids of this form, and none is of the year 1970.
pub(crate) const NO_CONTACT: &str = "/contacts/00000000-0000-7000-8000-000000000000";

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

impl<T: Transport> Api<T> {
    /// Creates a test contact with these attributes.
    pub(crate) async fn create(
        &self,
        cx: &Check,
        attributes: &Value,
    ) -> Result<Created, StepError> {
        self.create_as(cx, "create a contact", attributes).await
    }

    /// The same as a step of another name.
    pub(crate) async fn create_as(
        &self,
        cx: &Check,
        step: impl Into<Cow<'static, str>>,
        attributes: &Value,
    ) -> Result<Created, StepError> {
        let request = Request::new(Method::POST, "/contacts").json(attributes);
        let (answer, test_contact) = self.send_creating(cx, step, request).await?;
        let (contact, etag) = answer.contact(StatusCode::CREATED)?;
        Ok(Created {
            answer,
            contact,
            etag,
            test_contact,
        })
    }

    /// Sends a request that may create a contact, refused or not as the contract wants it: whatever was created is
    /// deleted when the check is over, and by the table's TTL if the answer that would name it is lost.
    pub(crate) async fn send_creating(
        &self,
        cx: &Check,
        step: impl Into<Cow<'static, str>>,
        request: Request,
    ) -> Result<(Answer, TestContact), StepError> {
        let request = request.header(TEST_TTL, HeaderValue::from(TEST_TTL_SECONDS));
        let answer = self.exchange(step.into(), request).await?;
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

    /// Deletes a contact, by whichever version answers.
    async fn delete(&self, id: &str) -> Result<(), StepError> {
        let request = Request::new(Method::DELETE, format!("/contacts/{id}"));
        let answer = self
            .exchange("delete the test contact".into(), request)
            .await?;
        answer.no_content()
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

/// Attributes of every kind, for they are open: text beyond ASCII, nesting, a number that a 64-bit float would round.
pub(crate) fn varied(cx: &Check) -> Value {
    let more = json!({
        "name": "Ada Lovelace, née Byron",
        "phones": [{"kind": "home", "number": "+44 20 7946 0000"}],
        "account": 9_007_199_254_740_993_u64,
        "active": true,
    });
    attributes(cx, more)
}

/// `attributes` with one more, or another, for each member of `more`; `null` takes one away.
pub(crate) fn merged(attributes: &Value, more: &Value) -> Value {
    let mut merged = attributes.as_object().cloned().unwrap_or_default();
    for (name, value) in more.as_object().into_iter().flatten() {
        if value.is_null() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    Value::Object(merged)
}
