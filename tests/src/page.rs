//! What a page of the documentation tells its reader to type.

use std::path::Path;

/// A command of a `console` block, and what the page shows as its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What stands after `$ `.
    pub command: String,
    /// The lines up to the next command, as they are.
    pub output: String,
}

/// The steps of all `console` blocks of a page, in its order.
pub fn steps(page: &Path) -> Vec<Step> {
    let text = std::fs::read_to_string(page)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", page.display()));
    of(&text)
}

/// Whether the pages are to be written anew: `UPDATE_DOCS=1`.
pub fn are_written_anew() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Writes another output for a step into its page.
pub fn rewrite(page: &Path, step: &Step, output: &str) {
    let shown = |output: &str| format!("$ {}\n{}\n", step.command, output.trim_end());
    let text = std::fs::read_to_string(page).expect("the page was just read");
    let text = text.replace(&shown(&step.output), &shown(output));
    std::fs::write(page, text).expect("the page can be written");
}

fn of(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            inside = fence == "console";
            continue;
        }
        if !inside {
            continue;
        }
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                output: String::new(),
            }),
            (None, Some(step)) => step.output.extend([line, "\n"]),
            (None, None) => panic!("output without a command: {line}"),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_output_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let page = folder.path().join("page.md");
        std::fs::write(&page, "```console\n$ one\n1\n$ two\n1\n```\n").expect("it can be written");
        rewrite(&page, &steps(&page)[1], "2");
        let outputs: Vec<_> = steps(&page).into_iter().map(|step| step.output).collect();
        assert_eq!(outputs, ["1\n", "2\n"]);
    }

    #[test]
    fn commands_and_their_output_are_read_from_console_blocks_alone() {
        let text = "$ none\n```console\n$ one 1\nout\n\n$ two\n```\n```sh\n$ none\n```\n```console\n$ three\n```\n";
        let read: Vec<_> = of(text)
            .into_iter()
            .map(|step| (step.command, step.output))
            .collect();
        let expected = [("one 1", "out\n\n"), ("two", ""), ("three", "")];
        assert_eq!(
            read,
            expected.map(|(command, output)| (command.to_owned(), output.to_owned()))
        );
    }
}
