//! The table of contacts: the one module that calls DynamoDB.

use std::pin::Pin;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use contacts::contact::can_exist;
use contacts::scanned::Listed;
use contacts::{Attributes, Cursor, IfMatch, PageSize};
use serde_json::value::RawValue;

use crate::attempts::Attempts;
use crate::error::{StoreError, Unavailable, refused};
use crate::item::{self, Item, RequestToken, Stored, number, seconds};
use crate::listing::Listing;
use crate::scanned::Scanned;
use crate::update::{self, Refused};

/// How often a call is tried in all.
pub const ATTEMPTS: u32 = 3;
/// How long one attempt may take. DynamoDB answers within some ten milliseconds; a first attempt also opens the connection.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(800);
/// How long a call may take with its retries: well inside the function's time-out, so that the caller gets an answer.
pub const CALL_TIMEOUT: Duration = Duration::from_millis(2_600);
/// How long one attempt to scan may take. An answer of DynamoDB holds a megabyte of items, and 16 of them as JSON where somebody filled
/// contacts with numbers such as 1e37: a fifth of a second for a whole processor, of which a function with 256 MB has a
/// seventh (Lambda developer guide, "Configure Lambda function memory").
pub const SCAN_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a scan may take with its retries. With [`LIST_BUDGET`] before it, it is inside the function's time-out.
pub const SCAN_CALL_TIMEOUT: Duration = Duration::from_millis(4_500);
/// The first pause between attempts; the SDK doubles it, with jitter.
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);
/// When a list stops asking for more and returns what it has, with a cursor.
const LIST_BUDGET: Duration = Duration::from_secs(2);

/// What the store's functions return: the future of one call to the table, or of several.
///
/// Boxed, so that the SDK's generic code behind it is compiled in this crate alone. The future of an `async fn` would be compiled in the crate that
/// awaits it, again with each edit there.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Contacts in a DynamoDB table with the partition key `id`, a string.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
    /// What a scan does otherwise than the client's other calls.
    scan: Builder,
}

impl Store {
    /// The contacts of `table`. The endpoint, region and credentials are `config`'s; time-outs and retries are an API's:
    /// short, since a caller waits.
    pub fn new(config: &aws_types::SdkConfig, table: impl Into<String>) -> Self {
        let timeouts = |attempt, call| {
            TimeoutConfig::builder()
                .operation_attempt_timeout(attempt)
                .operation_timeout(call)
                .build()
        };
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(INITIAL_BACKOFF);
        let config = Builder::from(config)
            .timeout_config(timeouts(ATTEMPT_TIMEOUT, CALL_TIMEOUT))
            // It gives up what stalls for 5 s (aws-smithy-runtime, `defaults.rs`), and no attempt lasts half as long. It would watch each
            // body by a clock of its own.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(retries)
            .build();
        Self {
            scan: Builder::new().timeout_config(timeouts(SCAN_ATTEMPT_TIMEOUT, SCAN_CALL_TIMEOUT)),
            ..Self::from_client(Client::from_conf(config), table)
        }
    }

    /// The contacts of `table` through a client with time-outs and retries of its own.
    pub fn from_client(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            scan: Builder::new(),
        }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Has a connection to the table open, by reading a contact that cannot be: ids are UUIDs of version 7, and this one is of 1970. Where it
    /// fails, the first request that needs the table says why.
    pub async fn connect(&self) {
        let _ = self.get("00000000-0000-7000-8000-000000000000", 0).await;
    }

    /// Stores a contact under its fresh id.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::Unavailable`].
    pub fn create<'a>(&'a self, stored: &'a Stored) -> Call<'a, ()> {
        Box::pin(async move {
            let attempts = Attempts::default();
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(stored.to_item()))
                .condition_expression("attribute_not_exists(#i)")
                .expression_attribute_names("#i", item::ID)
                .customize()
                .interceptor(attempts.clone());
            match put.send().await {
                Ok(_) => Ok(()),
                // The id was made for this contact alone. So where an attempt's answer was lost and the id is taken, that attempt has stored the
                // contact, even if it was changed since.
                Err(error)
                    if attempts.has_lost_answer()
                        && matches!(
                            error.as_service_error(),
                            Some(PutItemError::ConditionalCheckFailedException(_))
                        ) =>
                {
                    Ok(())
                }
                Err(error) => Err(refused("PutItem", &error)),
            }
        })
    }

    /// Reads a contact, consistently.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub fn get<'a>(&'a self, id: &'a str, now_ms: i64) -> Call<'a, Stored> {
        Box::pin(async move {
            if !can_exist(id) {
                return Err(StoreError::Missing);
            }
            let get = self
                .client
                .get_item()
                .table_name(&self.table)
                .key(item::ID, key(id))
                .consistent_read(true);
            let output = get
                .send()
                .await
                .map_err(|error| refused("GetItem", &error))?;
            let stored = read("GetItem", output.item)?;
            if stored.is_expired(now_ms) {
                Err(StoreError::Missing)
            } else {
                Ok(stored)
            }
        })
    }

    /// Reads a page of contacts, in no order that means anything, expired ones left out: each as JSON, and where the next page
    /// begins.
    ///
    /// A page may be shorter than asked for although there is more: large contacts fill an answer sooner, and a scan over many
    /// expired items is cut off. The cursor says whether there is more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Unwritable`].
    pub fn list<'a>(
        &'a self,
        size: PageSize,
        from: Option<&'a Cursor>,
        now_ms: i64,
    ) -> Call<'a, (Vec<Box<RawValue>>, Option<Cursor>)> {
        Box::pin(async move {
            let started = Instant::now();
            let mut page = Listing::new(size);
            let mut start = from.map(|cursor| item::key(cursor.id()));
            loop {
                let scan = self
                    .client
                    .scan()
                    .table_name(&self.table)
                    .limit(i32::try_from(page.wanted()).unwrap_or(i32::MAX))
                    .set_exclusive_start_key(start.take())
                    .filter_expression("attribute_not_exists(#e) OR #e > :e")
                    .expression_attribute_names("#e", item::EXPIRES_AT)
                    .expression_attribute_values(":e", number(seconds(now_ms)));
                let scanned = Scanned::default();
                let scan = scan
                    .customize()
                    .config_override(self.scan.clone())
                    .interceptor(scanned.clone());
                let output = scan.send().await.map_err(|error| refused("Scan", &error))?;
                for contact in scanned.take() {
                    page.push(contact);
                }
                for item in output.items.unwrap_or_default() {
                    match Stored::from_item(item) {
                        Ok(stored) => page.push(Listed::new(&stored.contact)?),
                        // One item of someone else's must not hide all the contacts.
                        Err(error) => Unavailable::foreign("Scan", &error).log(None),
                    }
                }
                start = output.last_evaluated_key;
                if start.is_none() || page.is_full() || started.elapsed() > LIST_BUDGET {
                    break;
                }
            }
            let stopped = start.and_then(|key| key.get(item::ID)?.as_s().ok().cloned());
            Ok(page.finish(stopped.map(Cursor::after)))
        })
    }

    /// Merges attributes over a stored contact and returns the whole of it, as it is now.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], [`StoreError::Unknown`], [`StoreError::TooLarge`],
    /// [`StoreError::Unavailable`].
    pub fn merge<'a>(
        &'a self,
        id: &'a str,
        attributes: &'a Attributes,
        if_match: Option<&'a IfMatch>,
        now_ms: i64,
    ) -> Call<'a, Stored> {
        Box::pin(async move {
            if !can_exist(id) {
                return Err(StoreError::Missing);
            }
            let (token, attempts) = (RequestToken::new(), Attempts::default());
            let merge = update::merge(attributes, if_match, &token, now_ms);
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .key(item::ID, key(id))
                .update_expression(merge.update)
                .condition_expression(merge.condition)
                .set_expression_attribute_names(Some(merge.names))
                .set_expression_attribute_values(Some(merge.values))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .customize()
                .interceptor(attempts.clone());
            let error = match update.send().await {
                Ok(output) => return read("UpdateItem", output.attributes),
                Err(error) => error,
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) =
                error.as_service_error()
            else {
                return Err(refused("UpdateItem", &error));
            };
            let stored = read("UpdateItem", failed.item().cloned())?;
            if stored.is_expired(now_ms) {
                return Err(StoreError::Missing);
            }
            match update::refused(&stored, &token, if_match, attempts.has_lost_answer()) {
                Refused::Applied => Ok(stored),
                Refused::Stale => Err(StoreError::Stale {
                    revision: stored.revision,
                }),
                Refused::Unknown => Err(StoreError::Unknown),
            }
        })
    }

    /// Deletes a contact. One that is gone already, or has expired, counts as deleted.
    ///
    /// # Errors
    /// [`StoreError::Stale`], [`StoreError::Unavailable`].
    pub fn delete<'a>(
        &'a self,
        id: &'a str,
        if_match: Option<&'a IfMatch>,
        now_ms: i64,
    ) -> Call<'a, ()> {
        Box::pin(async move {
            if !can_exist(id) {
                return Ok(());
            }
            let mut delete = self
                .client
                .delete_item()
                .table_name(&self.table)
                .key(item::ID, key(id));
            if let Some(deletion) = update::deletion(if_match, now_ms) {
                delete = delete
                    .condition_expression(deletion.condition)
                    .set_expression_attribute_names(Some(deletion.names))
                    .set_expression_attribute_values(Some(deletion.values))
                    .return_values_on_condition_check_failure(
                        ReturnValuesOnConditionCheckFailure::AllOld,
                    );
            }
            let Err(error) = delete.send().await else {
                return Ok(());
            };
            match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Err(StoreError::Stale {
                        revision: read("DeleteItem", failed.item().cloned())?.revision,
                    })
                }
                _ => Err(refused("DeleteItem", &error)),
            }
        })
    }
}

fn key(id: &str) -> AttributeValue {
    AttributeValue::S(id.to_owned())
}

fn read(operation: &'static str, item: Option<Item>) -> Result<Stored, StoreError> {
    let item = item.ok_or(StoreError::Missing)?;
    Stored::from_item(item).map_err(|error| Unavailable::foreign(operation, &error).into())
}
