//! Text laid out in lines of a width: words that stay whole, with what follows the first line indented.

use console::Style;

/// What is never broken: a word, or a name with whatever is in it.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    text: String,
    style: Style,
}

impl Word {
    /// One in a style.
    pub(crate) fn styled(text: impl Into<String>, style: &Style) -> Self {
        Self {
            text: text.into(),
            style: style.clone(),
        }
    }

    /// Its text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// One as it is.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::styled(text, &Style::new())
    }
}

/// The words of a text, between its spaces.
pub(crate) fn words(text: &str, style: &Style) -> Vec<Word> {
    text.split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| Word::styled(word, style))
        .collect()
}

/// The lines of words, each with its end. The first begins with `first`, the others with so many spaces. A word that is wider than a line
/// has one of its own.
pub(crate) fn lines(first: &str, indent: usize, all: &[Word], width: usize) -> String {
    let count = |text: &str| text.chars().count();
    let mut text = first.to_owned();
    let (mut used, mut is_empty) = (count(first), true);
    for word in all {
        let length = count(&word.text);
        let space = usize::from(!is_empty);
        let has_more = !is_empty || used > indent;
        if has_more && used + space + length > width {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            (used, is_empty) = (indent, true);
        }
        if !is_empty {
            text.push(' ');
            used += 1;
        }
        text.push_str(&word.style.apply_to(&word.text).to_string());
        (used, is_empty) = (used + length, false);
    }
    text.push('\n');
    text
}

/// A text in lines of a width: the first begins with `first`, the others with so many spaces.
pub fn paragraph(first: &str, indent: usize, text: &str, width: usize) -> String {
    lines(first, indent, &words(text, &Style::new()), width)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(first: &str, indent: usize, text: &str, width: usize) -> String {
        lines(first, indent, &words(text, &Style::new()), width)
    }

    #[test]
    fn what_follows_the_first_line_is_indented_and_no_word_is_broken() {
        assert_eq!(
            plain("ab: ", 4, "one two three", 11),
            "ab: one two\n    three\n"
        );
        assert_eq!(
            plain("", 2, "a_very_long_name b", 6),
            "a_very_long_name\n  b\n"
        );
        assert_eq!(plain("x", 2, "", 6), "x\n");
    }

    proptest! {
        #[test]
        fn every_line_fits_unless_one_word_alone_does_not(
            words in prop::collection::vec("[a-z]{1,30}", 0..30),
            width in 10_usize..60,
        ) {
            let text = plain("  ", 4, &words.join(" "), width);
            for line in text.lines() {
                prop_assert!(line.chars().count() <= width || line.split_whitespace().count() == 1, "{:?}", line);
            }
            prop_assert_eq!(text.split_whitespace().collect::<Vec<_>>(), words);
        }
    }
}
