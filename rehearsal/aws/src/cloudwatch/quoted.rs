//! Text in quotation marks, as rules of composite alarms and filter patterns have it.

/// The text in the quotation marks that open at `at`, without them, and where what follows begins. `\\"` and `\\\\` are one character
/// inside them. `None` where they are not closed.
pub(super) fn quoted(characters: &[char], at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = at + 1;
    loop {
        let character = *characters.get(at)?;
        at += 1;
        match character {
            '"' => return Some((text, at)),
            '\\' if matches!(characters.get(at), Some('"' | '\\')) => {
                text.extend(characters.get(at));
                at += 1;
            }
            other => text.push(other),
        }
    }
}
