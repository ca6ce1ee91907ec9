//! A contact can be created, and reads back as it was written.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::varied;

pub(crate) async fn create_and_read<T: Transport>(
    cx: &Check,
    api: &Api<T>,
) -> Result<(), StepError> {
    let attributes = varied(cx);
    let created = api.create(cx, &attributes).await?;
    if created.contact.created_at != created.contact.updated_at {
        return Err(created.answer.unexpected(
            format!("updatedAt to be createdAt, {}", created.contact.created_at),
            created.contact.updated_at.to_string(),
        ));
    }
    created
        .answer
        .has_attributes(&attributes, &created.contact)?;

    let request = Request::new(Method::GET, created.path());
    let answer = api.send("read the contact back", request).await?;
    let (contact, _) = answer.contact(StatusCode::OK)?;
    answer.shows(&created.contact, &contact)
}
