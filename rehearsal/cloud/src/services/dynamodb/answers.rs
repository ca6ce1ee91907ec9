//! The answers of the embedded database to reads, kept as long as they are what it would answer.
//!
//! A read that is asked again before anything was written has its answer kept: a list that a hundred callers ask for is read once. A page
//! of a table stays also after a write behind its last key, where clients append. Where the table ended with it, it has grown then, and
//! of the next answer only what is behind that key is read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::scan::{ScanRequest, ScanResponse};
use dynoxide::types::{AttributeValue, Item};
use serde_json::Value;

/// How many answers are kept at once, and how long one may be, in bytes.
const MOST_KEPT: usize = 64;
const LONGEST_KEPT: usize = 64 * 1024;

/// What an answer to a `Scan` begins with (DynamoDB API model 2012-08-10).
const ITEMS: &[u8] = b"{\"Items\":[";

/// The answers to reads that no write has touched since.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How often something was written.
    writes: u64,
    /// By operation and request.
    answers: HashMap<(String, Bytes), Kept>,
}

/// An answer to a read.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    body: Bytes,
    /// `None` for one that any write may change.
    page: Option<Page>,
}

/// What of a table is in an answer.
#[derive(Clone, Debug)]
struct Page {
    last: LastKey,
    /// Where the table ended with it; else nothing behind its last key is ever on it.
    open: Option<Open>,
}

/// A page behind which there was nothing, and of which no item was filtered out.
#[derive(Clone, Debug)]
struct Open {
    /// How many items it has.
    count: usize,
    /// Where the last of them ends in the body.
    items_end: usize,
    /// Whether anything was written behind it since.
    has_grown: bool,
}

/// The last key of a page of a table whose key is one text. The database reads such a table in the order of these texts.
#[derive(Clone, Debug)]
struct LastKey {
    table: String,
    attribute: String,
    text: String,
}

impl LastKey {
    /// The key of an item, or of what is the last that was looked at.
    fn of(request: &Value, attribute: &str, item: &Item) -> Option<Self> {
        match item.get(attribute)? {
            AttributeValue::S(text) => Some(Self {
                table: request.get("TableName")?.as_str()?.to_owned(),
                attribute: attribute.to_owned(),
                text: text.clone(),
            }),
            _ => None,
        }
    }

    /// Whether what a request writes is behind it.
    fn is_before(&self, request: &Value) -> bool {
        let table = request.get("TableName").and_then(Value::as_str);
        let attributes = request.get("Key").or_else(|| request.get("Item"));
        let key = attributes
            .and_then(|attributes| attributes.get(&self.attribute)?.get("S")?.as_str())
            .unwrap_or_default();
        table == Some(&self.table) && key > self.text.as_str()
    }
}

impl From<Bytes> for Kept {
    /// An answer that any write may change.
    fn from(body: Bytes) -> Self {
        Self { body, page: None }
    }
}

impl Kept {
    fn has_grown(&self) -> bool {
        let open = self.page.as_ref().and_then(|page| page.open.as_ref());
        open.is_some_and(|open| open.has_grown)
    }

    /// Whether it stays after what a request has written.
    fn outlasts(&mut self, request: &Value) -> bool {
        let Some(page) = self
            .page
            .as_mut()
            .filter(|page| page.last.is_before(request))
        else {
            return false;
        };
        if let Some(open) = &mut page.open {
            open.has_grown = true;
        }
        true
    }
}

impl Answers {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something may have been written. Called before the answer to that call is sent, for the next read must see it.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.writes += 1;
        state.answers.clear();
    }

    /// The same of the item that a request writes.
    pub(super) fn forget_what_changes(&self, request: &Value) {
        let mut state = self.state();
        state.writes += 1;
        state.answers.retain(|_, kept| kept.outlasts(request));
    }

    /// The answer to a read: kept, or read now, as far as it is not kept.
    pub(super) fn read(
        &self,
        operation: &str,
        body: &Bytes,
        read: impl Fn(Option<&Kept>) -> Option<Kept>,
    ) -> Option<Bytes> {
        let key = (operation.to_owned(), body.clone());
        let (writes, grown) = {
            let state = self.state();
            match state.answers.get(&key) {
                Some(kept) if !kept.has_grown() => return Some(kept.body.clone()),
                grown => (state.writes, grown.cloned()),
            }
        };
        let is_unwritten = || self.state().writes == writes;
        let grown = grown.and_then(|grown| read(Some(&grown)));
        let answer = grown.filter(|_| is_unwritten()).or_else(|| read(None))?;
        let body = answer.body.clone();
        let mut state = self.state();
        if state.writes != writes {
            return Some(body);
        }
        // What an answer has outgrown is asked for whole from now on.
        state.answers.remove(&key);
        if body.len() <= LONGEST_KEPT {
            if state.answers.len() >= MOST_KEPT {
                state.answers.clear();
            }
            state.answers.insert(key, answer);
        }
        Some(body)
    }
}

/// What is known of a table before it is scanned: a page of it, from where the scan begins.
#[derive(Default)]
struct Known<'k> {
    items: &'k [u8],
    count: usize,
    last: Option<&'k LastKey>,
}

impl<'k> Known<'k> {
    fn of(grown: &'k Kept) -> Option<Self> {
        let page = grown.page.as_ref()?;
        let open = page.open.as_ref()?;
        Some(Self {
            items: grown.body.get(ITEMS.len()..open.items_end)?,
            count: open.count,
            last: Some(&page.last),
        })
    }

    /// It with what a scan has found behind it; `None` where that left something out, for then the database alone knows how far the whole
    /// reaches, or where the key of the last item is not known.
    fn and(self, answer: &ScanResponse, request: &Value, attribute: &str) -> Option<Kept> {
        let found = answer.items.as_ref()?;
        if answer.count != answer.scanned_count || answer.consumed_capacity.is_some() {
            return None;
        }
        let last = match (found.last(), self.last) {
            (Some(item), _) => LastKey::of(request, attribute, item)?,
            (None, last) => last?.clone(),
        };
        let found = serde_json::to_vec(found).ok()?;
        let found = found.strip_prefix(b"[")?.strip_suffix(b"]")?;
        let mut body = [ITEMS, self.items].concat();
        if !self.items.is_empty() && !found.is_empty() {
            body.push(b',');
        }
        body.extend_from_slice(found);
        let items_end = body.len();
        let count = self.count + answer.count;
        body.extend_from_slice(format!("],\"Count\":{count},\"ScannedCount\":{count}").as_bytes());
        if let Some(key) = &answer.last_evaluated_key {
            body.extend_from_slice(b",\"LastEvaluatedKey\":");
            serde_json::to_writer(&mut body, key).ok()?;
        }
        body.push(b'}');
        let open = answer.last_evaluated_key.is_none().then_some(Open {
            count,
            items_end,
            has_grown: false,
        });
        Some(Kept {
            body: body.into(),
            page: Some(Page { last, open }),
        })
    }
}

/// The answer to a `Scan`, of which `grown` is known already, if anything is; `None` where the whole has to be asked for, or the database
/// refuses it.
pub(super) fn scan(
    database: &Database,
    (body, request): (&Bytes, &Value),
    grown: Option<&Kept>,
) -> Option<Kept> {
    let mut asked: ScanRequest = serde_json::from_slice(body).ok()?;
    if let Some(grown) = grown {
        let known = Known::of(grown)?;
        let last = known.last?;
        let key = AttributeValue::S(last.text.clone());
        asked.exclusive_start_key = Some(HashMap::from([(last.attribute.clone(), key)]));
        asked.exclusive_start_key_raw = None;
        asked.limit = asked.limit.map(|limit| limit - known.count);
        let answer = database.scan(asked).ok()?;
        let together = known.and(&answer, request, &last.attribute)?;
        // Far below the megabyte at which an answer ends.
        return (together.body.len() <= LONGEST_KEPT).then_some(together);
    }
    let answer = database.scan(asked).ok()?;
    let is_of_index = request.get("IndexName").is_some() || request.get("Segment").is_some();
    let key = (!is_of_index)
        .then(|| only_key(database, request))
        .flatten();
    let whole = key
        .as_ref()
        .and_then(|key| Known::default().and(&answer, request, key));
    if whole.is_some() {
        return whole;
    }
    let last = key.and_then(|key| LastKey::of(request, &key, answer.last_evaluated_key.as_ref()?));
    Some(Kept {
        body: serde_json::to_vec(&answer).ok()?.into(),
        page: last.map(|last| Page { last, open: None }),
    })
}

/// The one attribute that is a table's key; `None` where there are two.
fn only_key(database: &Database, request: &Value) -> Option<String> {
    let table = request.get("TableName")?.as_str()?;
    let metadata = database.get_table_metadata(table).ok()??;
    let schema: Vec<Value> = serde_json::from_str(&metadata.key_schema).ok()?;
    match schema.as_slice() {
        [key] => Some(key.get("AttributeName")?.as_str()?.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_something_is_written_and_none_that_was_read_before() {
        let answers = Answers::default();
        let body = Bytes::from_static(b"{}");
        let whole = |text: &'static str| Some(Kept::from(Bytes::from_static(text.as_bytes())));
        let read = |text: &'static str| {
            let answer = answers.read("Scan", &body, |_| whole(text));
            answer.unwrap()
        };
        assert_eq!([read("1"), read("2")], ["1", "1"]);
        assert_eq!(
            answers.read("Query", &body, |_| whole("3")),
            Some(Bytes::from_static(b"3")),
            "another operation is another read"
        );
        answers.forget();
        assert_eq!(read("4"), "4");
        answers.forget();
        let late = answers.read("Scan", &body, |_| {
            answers.forget();
            whole("5")
        });
        assert_eq!(late, Some(Bytes::from_static(b"5")));
        assert_eq!(read("6"), "6");
    }
}
