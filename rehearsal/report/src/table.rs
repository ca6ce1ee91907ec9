//! Tables for people. Cells are shown printable, and no cell makes its table slow.

use comfy_table::ContentArrangement;
use console::Term;
use rehearsal_template::printable;

/// The longest word that is shown whole, in characters: twice a name. To lay a word out over lines takes time by the square of its
/// length.
const LONGEST_WORD: usize = 512;
/// The longest cell that is shown whole, in characters: the names of all resources that a template may have.
const LONGEST_CELL: usize = 128 * 1024;
/// What stands for the rest.
const REST: char = '…';

/// A table.
#[derive(Debug)]
pub struct Table(comfy_table::Table);

impl Table {
    /// A table that is fitted to the terminal on standard output, and where there is none, to this many characters.
    pub fn fitted(preset: &str, width: u16) -> Self {
        let mut table = comfy_table::Table::new();
        let terminal = Term::stdout().size_checked();
        table
            .load_preset(preset)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(terminal.map_or(width, |(_, columns)| columns));
        Self(table)
    }

    /// A table that is as wide as what it holds.
    pub fn wide(preset: &str) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_preset(preset);
        Self(table)
    }

    /// Names the columns.
    pub fn header(&mut self, names: &[&str]) {
        self.0.set_header(names);
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.add_row(cells.map(|text| cell(&text)));
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A text, printable and with its longest words cut.
fn cell(text: &str) -> String {
    let mut shown = String::new();
    let (mut word, mut length) = (0, 0);
    for character in printable::line(text).chars() {
        if length == LONGEST_CELL {
            shown.push(REST);
            break;
        }
        word = if character == ' ' { 0 } else { word + 1 };
        if word > LONGEST_WORD {
            if word == LONGEST_WORD + 1 {
                shown.push(REST);
            }
            continue;
        }
        shown.push(character);
        length += 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn names_stay_whole_and_what_is_no_name_is_cut() {
        let name = "N".repeat(255);
        assert_eq!(cell(&name), name);
        let long = "x".repeat(10_000);
        let shown = cell(&format!("{long} and {long}"));
        let cut = format!("{}…", "x".repeat(LONGEST_WORD));
        assert_eq!(shown, format!("{cut} and {cut}"));
        let shown = cell(&"word ".repeat(1_000_000));
        assert_eq!(shown.chars().count(), LONGEST_CELL + 1);
        assert_eq!(cell("a\nb\u{1b}c"), r"a\nb\u{1b}c");
    }

    /// Ten times the text, ten times the time: it takes well under a second, and by the square it would be hours.
    #[test]
    fn a_table_is_laid_out_in_linear_time() {
        let mut table = Table::fitted(comfy_table::presets::UTF8_BORDERS_ONLY, 80);
        table.header(&["what", "why"]);
        for text in ["x".repeat(5_000_000), "x y ".repeat(1_000_000)] {
            table.row([text.clone(), text]);
        }
        let began = Instant::now();
        let text = table.to_string();
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{:?}",
            began.elapsed()
        );
        assert!(text.len() < 4_000_000);
    }
}
