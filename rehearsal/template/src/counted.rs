//! Counts with their nouns, for people.

/// A count and its noun: `1 check`, `15 checks`.
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
