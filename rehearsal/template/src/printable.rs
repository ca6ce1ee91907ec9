//! Text of others, made fit to be shown.
//!
//! A template's names, a function's last line, an error's message may hold characters that a terminal, a browser or a reader's
//! eye obeys: they move the cursor, change the title, turn the direction of what follows. Whatever shows such text to people,
//! on a terminal, in Markdown or in HTML, shows it through this module, which writes each of these characters out. In [`json`] they
//! are JSON's own escapes, so that a reader of it gets every text exactly. Escaping for Markdown or HTML itself is another matter,
//! and comes after this.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character acts on what shows it, rather than being shown: C0, DEL and C1 controls; line and paragraph separators;
/// characters that set or override the direction of text (Unicode Standard Annex 9, "Directional Formatting Characters"); and
/// those that are never seen, with which one text passes for another. Joiners stay: scripts and emoji need them.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'                       // Arabic letter mark
            | '\u{200b}'                    // zero-width space
            | '\u{200e}'..='\u{200f}'       // left-to-right and right-to-left marks
            | '\u{2028}'..='\u{202e}'       // separators; embeddings and overrides
            | '\u{2060}'..='\u{206f}'       // invisible operators; isolates; deprecated format characters
            | '\u{feff}'                    // byte order mark
            | '\u{fff9}'..='\u{fffb}'       // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// A text for a place in a line: no character of it acts, line ends and tabs included.
///
/// ```
/// use rehearsal_template::printable::line;
///
/// assert_eq!(line("Orders\u{1b}[2J\nfake"), r"Orders\u{1b}[2J\nfake");
/// assert_eq!(line("käse – 奶酪"), "käse – 奶酪");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// A text of several lines: line feeds stay, and tabs.
///
/// ```
/// use rehearsal_template::printable::lines;
///
/// assert_eq!(lines("one\n\ttwo\r\u{202e}three"), "one\n\ttwo\\r\\u{202e}three");
/// ```
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| matches!(character, '\n' | '\t'))
}

/// Whether any character of a text that may act is one of these. What ASCII shows is passed over, which most of a text is.
fn has(text: &str, wanted: impl Fn(char) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(more) = bytes[at..]
        .iter()
        .position(|byte| !(b' '..=b'~').contains(byte))
    {
        at += more;
        let Some(character) = text[at..].chars().next() else {
            break;
        };
        if wanted(character) {
            return true;
        }
        at += character.len_utf8();
    }
    false
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |character: char| acts(character) && !stays(character);
    if !has(text, is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            escape(character, &mut out);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// As a Rust or JavaScript string literal has it: `\n`, `\u{1b}`.
fn escape(character: char, out: &mut String) {
    match character {
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        other => {
            // Writing to a String cannot fail.
            let _ = write!(out, r"\u{{{:x}}}", u32::from(other));
        }
    }
}

/// JSON in which no character acts: those that do are escaped as JSON itself escapes them. What is read from it is the same.
///
/// ```
/// use rehearsal_template::printable::json;
///
/// assert_eq!(json("[\n  \"\u{9b}31m \u{202e} \u{e0041}\"\n]"), "[\n  \"\\u009b31m \\u202e \\udb40\\udc41\"\n]");
/// ```
pub fn json(text: &str) -> Cow<'_, str> {
    // Outside of its strings JSON has line ends and tabs alone, and inside of them they are escaped (RFC 8259).
    let is_escaped = |character: char| acts(character) && !matches!(character, '\n' | '\r' | '\t');
    if !has(text, is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, r"\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// A text that was put together for a terminal: line feeds stay, and the colours (`ESC [ … m`) that this program put in. All
/// else that acts is escaped, should some text of others have come in without [`line`].
///
/// ```
/// use rehearsal_template::printable::coloured;
///
/// assert_eq!(coloured("\u{1b}[31mred\u{1b}[0m\n\u{1b}[2J"), "\u{1b}[31mred\u{1b}[0m\n\\u{1b}[2J");
/// ```
pub fn coloured(text: &str) -> Cow<'_, str> {
    if !has(text, |c| acts(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        out.push_str(&lines(before));
        let length = colour(from);
        match length {
            Some(length) => out.push_str(&from[..length]),
            None => escape('\u{1b}', &mut out),
        }
        rest = &from[length.unwrap_or(1)..];
    }
    out.push_str(&lines(rest));
    Cow::Owned(out)
}

/// The length of the colour sequence that a text begins with: `ESC [`, digits, semicolons and colons, `m` (ECMA-48, SGR).
fn colour(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
    parameters[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_control_character_is_written_out() {
        for code in (0..=0x1f).chain(0x7f..=0x9f) {
            let character = char::from_u32(code).unwrap();
            let shown = line(&format!("a{character}b")).into_owned();
            assert!(!shown.contains(character), "{code:x}");
            assert!(shown.starts_with(r"a\") && shown.ends_with('b'), "{shown}");
        }
    }

    #[test]
    fn what_turns_the_direction_or_is_never_seen_is_written_out() {
        for character in [
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2066}',
            '\u{2067}',
            '\u{2068}',
            '\u{2069}',
            '\u{200e}',
            '\u{200f}',
            '\u{61c}',
            '\u{2028}',
            '\u{2029}',
            '\u{200b}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let shown = lines(&character.to_string()).into_owned();
            assert_eq!(shown, format!(r"\u{{{:x}}}", u32::from(character)));
        }
    }

    #[test]
    fn scripts_and_emoji_stay_as_they_are() {
        for text in [
            "",
            "Größe",
            "数据",
            "می‌خواهم",
            "👩‍👩‍👧",
            "├─ │ ✓",
            r"C:\new\table",
        ] {
            assert_eq!(line(text), text);
            assert_eq!(coloured(text), text);
        }
    }

    #[test]
    fn nothing_but_colours_gets_through() {
        for (text, shown) in [
            ("\u{1b}[1;31mx\u{1b}[0m", "\u{1b}[1;31mx\u{1b}[0m"),
            ("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}"),
            ("\u{1b}[2J\u{1b}[m", "\\u{1b}[2J\u{1b}[m"),
            ("\u{1b}", r"\u{1b}"),
            ("\u{1b}[31", r"\u{1b}[31"),
            ("a\r\nb\u{9b}31m", "a\\r\nb\\u{9b}31m"),
        ] {
            assert_eq!(coloured(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_acts_once_it_is_printable(text in any::<String>(), controls in "[\\x00-\\x20\\x7f-\\xa0\u{202a}-\u{202e}\\[m;0-9]{0,40}") {
            let text = text + &controls;
            prop_assert!(!line(&text).chars().any(acts));
            prop_assert!(!lines(&text).chars().any(|c| acts(c) && !matches!(c, '\n' | '\t')));
            let written = serde_json::to_string_pretty(&[&text]).unwrap();
            let shown = json(&written);
            prop_assert!(!shown.chars().any(|c| acts(c) && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text.clone()]);
            let once = line(&text);
            prop_assert_eq!(line(&once), once.as_ref());
            let shown = coloured(&text);
            let without_colours: String = shown.split('\u{1b}').enumerate().map(|(number, part)| match number {
                0 => part,
                _ => part.split_once('m').map_or(part, |(_, rest)| rest),
            }).collect();
            prop_assert!(!without_colours.chars().any(|c| acts(c) && !matches!(c, '\n' | '\t')));
        }
    }
}
