//! The updates of a release, each as a part of one page; a rehearsal without `[[update]]` is one part.

use crate::{Report, UpdateReport};

/// An update.
pub struct Part<'r> {
    /// Its name; `None` where the rehearsal has one alone.
    pub name: Option<&'r str>,
    /// What came of it.
    pub update: &'r UpdateReport,
    /// When it began, in virtual seconds.
    pub from: f64,
    /// When it was over.
    pub to: f64,
}

/// The parts of a rehearsal, in order.
pub fn parts(report: &Report) -> Vec<Part<'_>> {
    if report.updates.is_empty() {
        return vec![Part {
            name: None,
            update: &report.update,
            from: 0.0,
            to: report.virtual_seconds,
        }];
    }
    let updates = report.updates.iter().map(|update| Part {
        name: Some(&update.report.name),
        update: &update.report,
        from: update.begins_at_seconds,
        to: update.begins_at_seconds + update.report.virtual_seconds,
    });
    updates.collect()
}
