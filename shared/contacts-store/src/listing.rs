//! The page that a list answers: as many contacts as were asked for and as an answer holds.

use contacts::limits::ANSWER_BYTES;
use contacts::scanned::Listed;
use contacts::{Cursor, PageSize};
use serde_json::value::RawValue;

/// The most bytes of contacts on one page, as [`weight`] counts them. The rest of an answer is its envelope and its headers.
const PAGE_BYTES: usize = ANSWER_BYTES - 512 * 1024;

/// A page as it is filled, contact by contact. It holds the contacts as the answer's JSON, and nothing of them besides: a hundred
/// items of the largest kind would not fit into a function's memory.
#[derive(Debug)]
pub struct Listing {
    size: usize,
    room: usize,
    contacts: Vec<Box<RawValue>>,
    last: Option<String>,
    is_full: bool,
}

impl Listing {
    /// An empty page.
    pub fn new(size: PageSize) -> Self {
        Self {
            size: size.get(),
            room: PAGE_BYTES,
            contacts: Vec::new(),
            last: None,
            is_full: false,
        }
    }

    /// How many more contacts tell what is on the page and whether anything is behind it: one more than there is room for.
    pub fn wanted(&self) -> usize {
        (self.size + 1).saturating_sub(self.contacts.len())
    }

    /// Puts a contact on the page, which has at least one; or finds that the page is full, and the contact behind it.
    pub fn push(&mut self, contact: Listed) {
        if self.is_full {
            return;
        }
        // With its comma.
        let weight = weight(contact.json.get().as_bytes()) + 1;
        let has_room = self.contacts.is_empty() || weight <= self.room;
        if self.contacts.len() < self.size && has_room {
            self.room = self.room.saturating_sub(weight);
            self.contacts.push(contact.json);
            self.last = Some(contact.id);
        } else {
            self.is_full = true;
        }
    }

    /// Whether there is a contact behind the page.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The contacts, and where the next page begins: behind the last of them when the page is full, else where the scan stopped, if
    /// there is more.
    pub fn finish(self, stopped: Option<Cursor>) -> (Vec<Box<RawValue>>, Option<Cursor>) {
        let next = match self.last {
            Some(last) if self.is_full => Some(Cursor::after(last)),
            _ => stopped,
        };
        (self.contacts, next)
    }
}

/// How many bytes a text of JSON takes inside a string of JSON, which is how an answer holds it: its quotation marks and backslashes
/// are escaped again, and nothing else in it is.
pub fn weight(json: &[u8]) -> usize {
    // Counted in bytes, of which a processor adds many at once: a list of a hundred contacts is 20 KB, and weighed twice.
    let twice = json.chunks(usize::from(u8::MAX)).map(|chunk| {
        let escaped = |byte: &u8| u8::from(matches!(byte, b'"' | b'\\'));
        usize::from(chunk.iter().map(escaped).sum::<u8>())
    });
    json.len() + twice.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use contacts::{Attributes, Contact, limits};

    use super::*;

    fn contact(id: &str, bytes: usize) -> Contact {
        let body = format!("{{\"text\": \"{}\"}}", "x".repeat(bytes));
        let attributes = Attributes::parse(body.as_bytes()).unwrap();
        Contact::create(id.to_owned(), 0, attributes)
    }

    fn page(size: &str, contacts: &[Contact]) -> Listing {
        let mut page = Listing::new(PageSize::parse(size).unwrap());
        for contact in contacts {
            page.push(Listed::new(contact).unwrap());
        }
        page
    }

    #[test]
    fn a_page_holds_what_an_answer_does_and_says_where_it_goes_on() {
        let half = PAGE_BYTES / 2 - 1000;
        let contacts: Vec<_> = ["a", "b", "c", "d"].map(|id| contact(id, half)).into();
        let full = page("100", &contacts);
        assert!(full.is_full());
        let (listed, next) = full.finish(Some(Cursor::after("z")));
        assert_eq!((listed.len(), next), (2, Some(Cursor::after("b"))));

        let (listed, next) = page("100", &contacts[3..]).finish(None);
        assert_eq!((listed.len(), next), (1, None));
    }

    #[test]
    fn a_small_contact_behind_one_without_room_is_not_put_before_it() {
        let contacts = [contact("a", 10), contact("b", PAGE_BYTES), contact("c", 10)];
        let (listed, next) = page("100", &contacts).finish(None);
        assert_eq!((listed.len(), next), (1, Some(Cursor::after("a"))));
    }

    #[test]
    fn a_page_has_at_least_one_contact() {
        let (listed, next) = page("100", &[contact("a", PAGE_BYTES * 2)]).finish(None);
        assert_eq!((listed.len(), next), (1, None));
    }

    #[test]
    fn a_page_of_the_size_asked_for_is_full_when_there_is_one_more() {
        let contacts = ["a", "b", "c"].map(|id| contact(id, 1));
        let three = page("3", &contacts);
        assert_eq!((three.wanted(), three.is_full()), (1, false));
        let (listed, next) = three.finish(Some(Cursor::after("c")));
        assert_eq!((listed.len(), next), (3, Some(Cursor::after("c"))));
        let two = page("2", &contacts);
        assert!(two.is_full());
        let (listed, next) = two.finish(None);
        assert_eq!((listed.len(), next), (2, Some(Cursor::after("b"))));
    }

    #[test]
    fn no_contact_that_an_item_holds_is_longer_than_an_answer() {
        // How many bytes of an item a value takes in a list (DynamoDB developer guide, "DynamoDB item sizes and formats"): a
        // number one for two digits and one more, and each element of a list one.
        const ITEM_BYTES: usize = limits::ITEM_KILOBYTES * 1024;
        let list =
            |value: &str, bytes: usize| format!("[{}]", vec![value; ITEM_BYTES / bytes].join(","));
        let text = |letter: &str| serde_json::to_string(&letter.repeat(ITEM_BYTES)).unwrap();
        for value in [
            list("1e37", 3),
            list("-1e37", 4),
            list("12e36", 3),
            list("1.2e-130", 3),
            list("null", 2),
            list("false", 2),
            list("\"\"", 1),
            list(r#"{"\u0001":null}"#, 6),
            text("\u{1}"),
            text("\""),
            text("\\"),
        ] {
            let attributes = Attributes::parse(format!("{{\"a\": {value}}}").as_bytes()).unwrap();
            let contact = Contact::create("c".repeat(limits::ID_BYTES), i64::MAX, attributes);
            let json = serde_json::to_vec(&contact).unwrap();
            let room_for_the_envelope = 64 * 1024;
            assert!(
                weight(&json) < limits::ANSWER_BYTES - room_for_the_envelope,
                "{}: {}",
                weight(&json),
                &value[..20]
            );
        }
    }

    #[test]
    fn a_weight_is_the_length_inside_a_string_of_json() {
        for text in ["", "a\nb", "\"\\\u{1}\u{7f}é😀", "\\\\\"\""] {
            let json = serde_json::to_string(text).unwrap();
            let inside = serde_json::to_string(&json).unwrap();
            assert_eq!(
                weight(json.as_bytes()),
                inside.len() - "\"\"".len(),
                "{text:?}"
            );
        }
    }
}
