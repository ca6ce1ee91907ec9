//! Texts that others wrote, made fit for a log.

/// The text, or its first `longest` characters and an ellipsis.
pub(crate) fn cut(mut text: String, longest: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The text with its control characters escaped: a terminal would obey them. Line breaks stay.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_long_is_cut_and_never_within_a_character() {
        assert_eq!(cut("für".to_owned(), 3), "für");
        assert_eq!(cut("für".to_owned(), 2), "fü…");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(printable("\u{1b}[2Jfür\n"), "\\u{1b}[2Jfür\n");
    }
}
