//! What an answer must look like: pure, no I/O.
//!
//! The wire format is read here a second time, on purpose, rather than with the types that the API writes it with:
//! those would agree with any mistake they make themselves.

mod contact;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, ETAG};
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value};

use crate::failure::{Reason, StepError};
use lifecycle_hook::{Response, Retries};

pub(crate) use contact::Contact;
use contact::difference;
use words::{excerpt, kind, mentions};

/// No contact was created before September 2020; a smaller time is one in seconds.
const EARLIEST_MS: u64 = 1_600_000_000_000;

/// An answer, with the step it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    step: Cow<'static, str>,
    response: Response,
    /// The body, when it is JSON.
    document: Option<Value>,
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub contacts: Vec<Contact>,
    pub next_cursor: Option<String>,
}

impl Answer {
    pub fn new(step: Cow<'static, str>, response: Response) -> Self {
        let document = serde_json::from_slice(&response.body).ok();
        Self {
            step,
            response,
            document,
        }
    }

    /// The versions that the answer says it comes from: the transport's word first, then the envelope's.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        let executed = self.response.executed_version.as_deref();
        executed
            .into_iter()
            .chain(self.metadata("function_version"))
    }

    /// How long it took to come.
    pub fn latency(&self) -> Duration {
        self.response.latency
    }

    /// What came of the attempts before the one that it answers.
    pub fn retries(&self) -> Retries {
        self.response.retries
    }

    /// Whether the function itself failed and says so: a 5xx in its envelope.
    pub fn is_functions_failure(&self) -> bool {
        self.response.status.is_server_error() && self.metadata("function_version").is_some()
    }

    /// The table that the envelope names.
    pub fn table(&self) -> Option<&str> {
        self.metadata("table")
    }

    /// The package version that the envelope names.
    pub fn code_version(&self) -> Option<&str> {
        self.metadata("code_version")
    }

    fn metadata(&self, name: &str) -> Option<&str> {
        self.document.as_ref()?.get("metadata")?.get(name)?.as_str()
    }

    /// The id of a contact in a successful answer, however broken the rest of it is: what was created must be deleted.
    pub fn created_id(&self) -> Option<String> {
        if !self.response.status.is_success() {
            return None;
        }
        let in_body = || {
            Some(
                self.document
                    .as_ref()?
                    .get("data")?
                    .get("id")?
                    .as_str()?
                    .to_owned(),
            )
        };
        let in_location = || {
            Some(
                self.text_header(&http::header::LOCATION)?
                    .rsplit_once("/contacts/")?
                    .1
                    .to_owned(),
            )
        };
        in_body().or_else(in_location).filter(|id| !id.is_empty())
    }

    /// A header's value, when it is there and text.
    pub fn text_header(&self, name: &HeaderName) -> Option<&str> {
        self.response.headers.get(name)?.to_str().ok()
    }

    /// A failure of this answer's step.
    pub fn unexpected(&self, expected: impl Into<String>, got: impl Into<String>) -> StepError {
        self.failed(Reason::Unexpected {
            expected: expected.into(),
            got: got.into(),
        })
    }

    pub fn failed(&self, reason: Reason) -> StepError {
        StepError {
            step: self.step.clone(),
            reason: Box::new(reason),
            request_id: self.response.request_id.clone(),
        }
    }

    /// A successful answer with one contact and its entity tag.
    pub fn contact(&self, status: StatusCode) -> Result<(Contact, String), StepError> {
        let data = self.data(status)?;
        let contact = self.read_contact(data)?;
        Ok((contact, self.etag()?))
    }

    /// A successful answer with a page of at most `limit` contacts.
    pub fn page(&self, limit: usize) -> Result<Page, StepError> {
        let data = self.data(StatusCode::OK)?;
        let Value::Array(items) = data else {
            return Err(self.unexpected("an array in data", kind(data)));
        };
        if items.len() > limit {
            return Err(self.unexpected(
                format!("at most {limit} contacts"),
                format!("{}", items.len()),
            ));
        }
        let contacts = items
            .iter()
            .map(|item| self.read_contact(item))
            .collect::<Result<_, _>>()?;
        let cursor = self
            .document
            .as_ref()
            .and_then(|d| d.get("metadata")?.get("next_cursor"));
        let next_cursor = match cursor {
            None | Some(Value::Null) => None,
            Some(Value::String(cursor)) if !cursor.is_empty() => Some(cursor.clone()),
            Some(other) => {
                return Err(self.unexpected(
                    "metadata.next_cursor to be a text, or absent on the last page",
                    kind(other),
                ));
            }
        };
        Ok(Page {
            contacts,
            next_cursor,
        })
    }

    /// A contact is in every member what it must be.
    pub fn shows(&self, expected: &Contact, got: &Contact) -> Result<(), StepError> {
        self.differ(difference(&expected.members(), &got.members()))
    }

    /// A contact has these attributes and no others.
    pub fn has_attributes(&self, expected: &Value, got: &Contact) -> Result<(), StepError> {
        let empty = Map::new();
        let expected = expected.as_object().unwrap_or(&empty);
        self.differ(difference(expected, &got.attributes))
    }

    fn differ(&self, difference: Option<(String, String)>) -> Result<(), StepError> {
        match difference {
            None => Ok(()),
            Some((expected, got)) => Err(self.unexpected(expected, got)),
        }
    }

    /// A refusal of the method, with an `Allow` that names `methods`, and not the one that was refused.
    pub fn method_refused(&self, refused: &str, methods: &[&str]) -> Result<(), StepError> {
        self.problem(StatusCode::METHOD_NOT_ALLOWED, None)?;
        let allow = self.text_header(&ALLOW).unwrap_or_default();
        let allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
        if methods.iter().all(|method| allowed.contains(method)) && !allowed.contains(&refused) {
            return Ok(());
        }
        let got = if allow.is_empty() {
            "none"
        } else {
            &excerpt(allow)
        };
        Err(self.unexpected(
            format!(
                "an Allow header with {}, without {refused}",
                methods.join(", ")
            ),
            got,
        ))
    }

    /// A status, whoever answers it.
    pub fn has_status(&self, status: StatusCode) -> Result<(), StepError> {
        if self.response.status == status {
            return Ok(());
        }
        Err(self.unexpected(format!("status {}", status.as_u16()), self.summary()))
    }

    /// An answer without content.
    pub fn no_content(&self) -> Result<(), StepError> {
        self.has_status(StatusCode::NO_CONTENT)?;
        match self.response.body.len() {
            0 => Ok(()),
            length => Err(self.unexpected("no body", format!("one of {length} bytes"))),
        }
    }

    /// A refusal as RFC 9457 has it, which names what was wrong where `names` says so.
    pub fn problem(&self, status: StatusCode, names: Option<&str>) -> Result<(), StepError> {
        self.has_status(status)?;
        self.has_content_type("application/problem+json")?;
        let document = self.json()?;
        if document.get("status").and_then(Value::as_u64) != Some(u64::from(status.as_u16())) {
            let got = document
                .get("status")
                .map_or("none".into(), Value::to_string);
            return Err(self.unexpected(
                format!("status {} in the problem document", status.as_u16()),
                got,
            ));
        }
        let title = document
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if title.is_empty() {
            return Err(self.unexpected("a title in the problem document", "none"));
        }
        self.has_envelope()?;
        let Some(name) = names else { return Ok(()) };
        // Where in the document it is named is the document's own affair; the envelope's words do not count.
        let found = document
            .as_object()
            .into_iter()
            .flatten()
            .any(|(member, value)| member != "metadata" && mentions(value, name));
        if found {
            Ok(())
        } else {
            Err(self.unexpected(
                format!("a problem document that names {name:?}"),
                self.summary(),
            ))
        }
    }

    /// A strong entity tag.
    fn etag(&self) -> Result<String, StepError> {
        let tag = self.text_header(&ETAG);
        match tag {
            Some(tag) if tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"') => {
                Ok(tag.to_owned())
            }
            Some(tag) => Err(self.unexpected("a strong entity tag in ETag", excerpt(tag))),
            None => Err(self.unexpected("an ETag header", "none")),
        }
    }

    fn data(&self, status: StatusCode) -> Result<&Value, StepError> {
        self.has_status(status)?;
        self.has_content_type("application/json")?;
        let data = self.json()?.get("data");
        self.has_envelope()?;
        data.ok_or_else(|| self.unexpected("the envelope's data", "none"))
    }

    fn has_content_type(&self, expected: &str) -> Result<(), StepError> {
        let got = self.text_header(&CONTENT_TYPE).unwrap_or("none");
        let essence = got.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(expected) {
            return Ok(());
        }
        Err(self.unexpected(format!("content type {expected}"), excerpt(got)))
    }

    fn json(&self) -> Result<&Value, StepError> {
        self.document.as_ref().ok_or_else(|| {
            self.unexpected(
                "a JSON body",
                format!("{} bytes that are none", self.response.body.len()),
            )
        })
    }

    /// The metadata that tells which version answered, on every body.
    fn has_envelope(&self) -> Result<(), StepError> {
        let metadata = self.json()?.get("metadata");
        let Some(Value::Object(metadata)) = metadata else {
            return Err(self.unexpected("the envelope's metadata", metadata.map_or("none", kind)));
        };
        for name in ["code_version", "function_version", "table"] {
            match metadata.get(name) {
                Some(Value::String(text)) if !text.is_empty() => {}
                other => {
                    let got = other.map_or("none", kind);
                    return Err(self.unexpected(format!("a text in metadata.{name}"), got));
                }
            }
        }
        match metadata.get("api_key_id") {
            Some(Value::Null | Value::String(_)) => Ok(()),
            other => {
                let got = other.map_or("none", kind);
                Err(self.unexpected("a text or null in metadata.api_key_id", got))
            }
        }
    }

    fn read_contact(&self, value: &Value) -> Result<Contact, StepError> {
        let Value::Object(members) = value else {
            return Err(self.unexpected("a contact, an object", kind(value)));
        };
        let mut attributes = members.clone();
        let id = match attributes.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => id,
            other => {
                let got = other.as_ref().map_or("none", kind);
                return Err(self.unexpected("a text as the contact's id", got));
            }
        };
        let mut time = |name: &str| match attributes.remove(name).as_ref().map(Value::as_u64) {
            Some(Some(ms)) if ms >= EARLIEST_MS => Ok(ms),
            Some(Some(small)) => Err(self.unexpected(
                format!("milliseconds since 1970 in {name}"),
                small.to_string(),
            )),
            Some(None) => {
                Err(self.unexpected(format!("a whole number in {name}"), "something else"))
            }
            None => Err(self.unexpected(format!("a contact with {name}"), "none")),
        };
        Ok(Contact {
            id,
            created_at: time("createdAt")?,
            updated_at: time("updatedAt")?,
            attributes,
        })
    }

    /// The status, and the server's own words where it gave any. Never a body: a list's belongs to other people.
    pub fn summary(&self) -> String {
        let status = self.response.status;
        let mut text = format!("status {}", status.as_u16());
        if status.is_server_error() && self.metadata("function_version").is_none() {
            text = format!("{text} without the function's envelope");
        }
        let words = |name: &str| self.document.as_ref()?.get(name)?.as_str();
        // Problem documents have title and detail; API Gateway's own answers have message.
        let found: Vec<&str> = ["title", "detail", "message"]
            .into_iter()
            .filter_map(words)
            .collect();
        if !found.is_empty() {
            text = format!("{text} ({})", excerpt(&found.join(": ")));
        }
        text
    }
}
