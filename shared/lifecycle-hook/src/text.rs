//! Texts that others wrote, made fit for a log.

/// The text, or its first `longest` characters and an ellipsis.
pub(crate) fn cut(mut text: String, longest: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_long_is_cut_and_never_within_a_character() {
        assert_eq!(cut("für".to_owned(), 3), "für");
        assert_eq!(cut("für".to_owned(), 2), "fü…");
    }
}
