//! The credentials of this process.
//!
//! They are kept as pieces of twelve characters. A text is searched for the pieces, so that it gives away no part of a credential that
//! was cut, and a search takes as long as the text is and not as there are credentials.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_types::base64;

use super::spelled::Spelled;

/// The fewest characters of a credential. AWS's shortest, an access key id, has 16 (IAM API reference, "`AccessKey`").
const SHORTEST: usize = 8;

/// How many characters of a credential in a row are no chance: of base64's there are 2⁷² such pieces.
const PIECE: usize = 12;

static KNOWN: Mutex<Known> = Mutex::new(Known {
    values: BTreeSet::new(),
    pieces: None,
});

/// All credentials that were ever added. A process that renews its own every hour adds three an hour.
struct Known {
    values: BTreeSet<String>,
    /// Made when they are asked for: most processes never have anything to redact.
    pieces: Option<Arc<Pieces>>,
}

/// What is looked for, by its length. Hashes are enough: a text in which another piece has the same one loses twelve characters.
#[derive(Default)]
pub(super) struct Pieces(BTreeMap<usize, HashSet<u64>>);

pub(crate) fn add(value: &str) {
    let value = value.trim();
    if value.chars().count() < SHORTEST {
        return;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.values.insert(value.to_owned()) {
        known.pieces = None;
    }
}

pub(super) fn pieces() -> Arc<Pieces> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let Known { values, pieces } = &mut *known;
    Arc::clone(pieces.get_or_insert_with(|| Arc::new(Pieces::of(&*values))))
}

impl Pieces {
    fn of<'a>(values: impl IntoIterator<Item = &'a String>) -> Self {
        let mut pieces = Self::default();
        for value in values {
            pieces.add(&Spelled::of(value).characters);
            for encoded in in_base64(value) {
                pieces.add(&encoded.chars().collect::<Vec<_>>());
                let url_safe = encoded.replace('+', "-").replace('/', "_");
                pieces.add(&url_safe.chars().collect::<Vec<_>>());
            }
        }
        pieces
    }

    fn add(&mut self, characters: &[char]) {
        let length = characters.len().min(PIECE);
        if length < SHORTEST {
            return;
        }
        let of_length = self.0.entry(length).or_default();
        of_length.extend(characters.windows(length).map(hash));
    }

    /// Where there are pieces.
    pub fn found_in(&self, text: &Spelled) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (length, pieces) in &self.0 {
            for (at, window) in text.characters.windows(*length).enumerate() {
                if !pieces.contains(&hash(window)) {
                    continue;
                }
                match found.last_mut() {
                    Some(last) if last.start <= at && at <= last.end => last.end = at + length,
                    _ => found.push(at..at + length),
                }
            }
        }
        found
    }
}

fn hash(piece: &[char]) -> u64 {
    let mut hasher = DefaultHasher::new();
    piece.hash(&mut hasher);
    hasher.finish()
}

/// The value in base64, as it looks within a longer text: it may begin at any of the three bytes that four characters stand for. The
/// characters at its ends hold bits of its neighbours and are left out.
fn in_base64(value: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value.as_bytes());
        let encoded = base64::encode(&bytes);
        // Six bits to a character.
        let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        encoded[first..end].to_owned()
    })
}
