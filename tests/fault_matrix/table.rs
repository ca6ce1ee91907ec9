//! The matrix as a table, and the page that shows it.

use crate::CHECKS;
use crate::cell::Ended;
use crate::codedeploy::ReportFault;
use workspace_tests::places;

/// The page that holds the table.
const PAGE: &str = "docs/fault-matrix.md";

/// The matrix in Markdown: a row for each check, a column for each fault of the report.
pub fn of(cells: &[Ended]) -> String {
    let head = ReportFault::ALL.map(|fault| format!(" {fault} |")).concat();
    let rule = "---|".repeat(ReportFault::ALL.len());
    let rows = CHECKS.map(|check| {
        let ended = ReportFault::ALL.map(|fault| {
            let cell = cells
                .iter()
                .find(|cell| cell.check == check && cell.fault == fault);
            format!(" {} |", cell.map_or("**wrong**", |cell| cell.what))
        });
        format!("| {check} |{}\n", ended.concat())
    });
    format!(
        "| the check \\ the report |{head}\n|---|{rule}\n{}",
        rows.concat()
    )
}

/// The page shows this very table.
#[track_caller]
pub fn is_documented(table: &str) {
    let page = std::fs::read_to_string(places::root().join(PAGE)).expect("the page is there");
    assert!(page.contains(table), "{PAGE} does not hold this:\n{table}");
}
