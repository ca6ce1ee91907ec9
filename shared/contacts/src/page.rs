//! Walking the list of contacts, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::limits::PAGE_SIZE;
use crate::problem::quoted;

/// How many bytes of the checksum a cursor carries.
const CHECKSUM_BYTES: usize = 8;

/// How many contacts a page may have: from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u8);

/// A `limit` that is no whole number from 1 to 100.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit must be a whole number from 1 to {PAGE_SIZE}, not {0:?}.")]
pub struct PageSizeError(String);

impl PageSize {
    /// Reads a `limit`.
    ///
    /// # Errors
    /// When it is anything but a whole number from 1 to 100.
    pub fn parse(text: &str) -> Result<Self, PageSizeError> {
        whole_number(text)
            .and_then(|size| u8::try_from(size).ok())
            .filter(|size| (1..=PAGE_SIZE).contains(size))
            .map(Self)
            .ok_or_else(|| PageSizeError(quoted(text).into_owned()))
    }

    /// The size as a count.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(PAGE_SIZE)
    }
}

/// A place in the list of one table: just behind the contact with this id.
///
/// Callers see an opaque text. A checksum over the place and the table tells a cursor that was cut, edited or taken
/// from another table from a real one. It keeps no secret, and needs none: a cursor can name nothing but a place in a
/// list that its bearer may read from the beginning.
///
/// ```
/// use contacts::Cursor;
///
/// let cursor = Cursor::after("0190…");
/// let text = cursor.encode("contacts");
/// assert_eq!(Cursor::decode(&text, "contacts"), Ok(cursor));
/// assert!(Cursor::decode(&text, "others").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    id: String,
}

/// A cursor that this API did not hand out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cursor is none of this list's; pass the metadata.next_cursor of the page before, unchanged."
)]
pub struct CursorError;

impl Cursor {
    /// The place behind a contact.
    pub fn after(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }

    /// The id of the contact before it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text for callers.
    pub fn encode(&self, table: &str) -> String {
        let mut bytes = checksum(table, self.id.as_bytes()).to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`encode`](Self::encode) wrote for the same table.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn decode(text: &str, table: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (sum, id) = bytes.split_at_checked(CHECKSUM_BYTES).ok_or(CursorError)?;
        if sum != checksum(table, id) {
            return Err(CursorError);
        }
        let id = String::from_utf8(id.to_vec()).map_err(|_| CursorError)?;
        if crate::contact::can_exist(&id) {
            Ok(Self { id })
        } else {
            Err(CursorError)
        }
    }
}

fn checksum(table: &str, id: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new()
        .chain_update("contacts cursor 1\0")
        .chain_update(table)
        .chain_update("\0")
        .chain_update(id)
        .finalize();
    std::array::from_fn(|index| digest[index])
}

/// A whole number in plain digits: no sign, no point, no space.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_has_from_one_to_a_hundred_contacts() {
        assert_eq!(PageSize::parse("1").unwrap().get(), 1);
        assert_eq!(PageSize::parse("100").unwrap().get(), 100);
        assert_eq!(PageSize::default().get(), 100);
        for text in [
            "0",
            "-1",
            "101",
            "x",
            "",
            "1.0",
            "+1",
            " 1",
            "1e2",
            "99999999999999999999",
        ] {
            assert!(PageSize::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back(id in ".{1,60}", table in "[a-zA-Z0-9_.-]{3,20}") {
            let cursor = Cursor::after(id);
            prop_assert_eq!(Cursor::decode(&cursor.encode(&table), &table), Ok(cursor));
        }

        #[test]
        fn a_forged_cursor_is_refused(text in "[A-Za-z0-9_=+/-]{0,80}") {
            prop_assert_eq!(Cursor::decode(&text, "contacts"), Err(CursorError));
        }

        #[test]
        fn an_edited_cursor_is_refused(at in 0_usize..40, letter in "[A-Za-z0-9_-]") {
            let text = Cursor::after(crate::contact::new_id()).encode("contacts");
            let at = at.min(text.len() - 1);
            let mut edited = text.clone();
            edited.replace_range(at..=at, &letter);
            if edited != text {
                prop_assert_eq!(Cursor::decode(&edited, "contacts"), Err(CursorError));
            }
        }
    }
}
