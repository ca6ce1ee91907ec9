//! Tables for people. Cells are shown printable, and no cell makes its table slow.

use comfy_table::{ColumnConstraint, ContentArrangement, Width};
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
pub struct Table {
    table: comfy_table::Table,
    /// Of each column the longest word, and the longest cell.
    longest: Vec<(usize, usize)>,
}

impl Table {
    /// A table that is at most so many characters wide, or as wide as its words need: none is broken.
    pub fn fitted(preset: &str, width: usize) -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_preset(preset)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX));
        Self {
            table,
            longest: Vec::new(),
        }
    }

    /// Names the columns.
    pub fn header(&mut self, names: &[&str]) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        self.note(&names);
        self.table.set_header(names);
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cells = cells.map(|text| cell(&text));
        self.note(&cells);
        self.table.add_row(cells);
    }

    /// Remembers the longest words of these cells, and how long they are.
    fn note(&mut self, cells: &[String]) {
        let columns = self.longest.len().max(cells.len());
        self.longest.resize(columns, (0, 0));
        for ((word, cell), text) in self.longest.iter_mut().zip(cells) {
            let words = text.split(' ').map(|word| word.chars().count());
            *word = words.fold(*word, usize::max);
            *cell = text.chars().count().max(*cell);
        }
    }
}

impl Table {
    /// Its lines, each with its end.
    pub fn text(mut self) -> String {
        for (column, (word, cell)) in self.table.column_iter_mut().zip(&self.longest) {
            let padding = column.padding_width();
            // The table counts in 16 bits, padding included: of a cell that is nearly that long, words may be broken.
            let fits = u16::try_from(*cell).is_ok_and(|cell| cell.checked_add(padding).is_some());
            let least = u16::try_from(*word)
                .ok()
                .and_then(|word| word.checked_add(padding));
            if let Some(least) = least.filter(|_| fits) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
        format!("{}\n", self.table)
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

    #[test]
    fn a_table_fits_and_where_a_word_does_not_it_is_wider() {
        let of = |width: usize, name: &str| {
            let mut table = Table::fitted(comfy_table::presets::UTF8_BORDERS_ONLY, width);
            table.header(&["what", "why"]);
            table.row([
                name.to_owned(),
                "a reason of some words that takes more than a line of forty".to_owned(),
            ]);
            table.text()
        };
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max();
        assert!(widest(&of(40, "Short")) <= Some(40), "{}", of(40, "Short"));
        let name = "N".repeat(60);
        let shown = of(40, &name);
        assert!(shown.contains(&name), "{shown}");
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
        let text = table.text();
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{:?}",
            began.elapsed()
        );
        assert!(text.len() < 4_000_000);
    }
}
