//! What `rehearse` says of input that it cannot use.

use crate::Rehearse;

/// Runs what cannot be used, and gives what standard error says, without the frames' line breaks.
pub fn refused(rehearse: Rehearse) -> String {
    let finished = rehearse.run().with_code(2);
    assert_eq!(finished.kept, None, "nothing is written");
    assert_eq!(finished.stdout, "", "nothing is printed");
    finished.stderr
}

/// The text has these parts, wherever its lines are broken.
#[track_caller]
pub fn says(text: &str, parts: &[&str]) {
    // Long lines are wrapped, and paths with them.
    let unwrapped = |text: &str| {
        text.chars()
            .filter(|character| !character.is_whitespace() && *character != '│')
            .collect::<String>()
    };
    let all = unwrapped(text);
    for part in parts {
        assert!(all.contains(&unwrapped(part)), "{part:?} is not in\n{text}");
    }
}

/// The number of the line that has this text.
pub fn line(text: &str, part: &str) -> usize {
    1 + text
        .lines()
        .position(|line| line.contains(part))
        .expect("the text is there")
}
