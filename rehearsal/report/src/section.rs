//! What came of one rehearsal of a call: its report, or why it has none. What is written for other tools has a part for each.

use crate::Report;

/// One rehearsal of a call.
#[derive(Clone, Copy, Debug)]
pub enum Section<'r> {
    /// It ran to its end.
    Ran(&'r Report),
    /// Its input cannot be used, or it could not be run to its end.
    Unusable {
        /// Its name, or its file's.
        name: &'r str,
        /// What is wrong, each in one or more lines.
        problems: &'r [String],
    },
    /// Nothing is wrong with it. It did not run, for another one of the call cannot.
    NotRun {
        /// Its name, or its file's.
        name: &'r str,
    },
}

impl<'r> Section<'r> {
    /// The parts of a call of which every rehearsal ran.
    pub fn all(reports: &'r [Report]) -> Vec<Self> {
        reports.iter().map(Self::Ran).collect()
    }

    /// The rehearsal's name.
    pub fn name(&self) -> &'r str {
        match self {
            Self::Ran(report) => &report.name,
            Self::Unusable { name, .. } | Self::NotRun { name } => name,
        }
    }

    /// Whether it ran and went as expected.
    pub fn is_as_expected(&self) -> bool {
        matches!(self, Self::Ran(report) if report.as_expected)
    }
}

/// The titles of all parts, which are their names; where several rehearsals have one name, with the seed that tells them apart.
pub(crate) fn titles(sections: &[Section<'_>]) -> Vec<String> {
    let is_alone = |name: &str| sections.iter().filter(|other| other.name() == name).count() == 1;
    let titles = sections.iter().map(|section| match section {
        Section::Ran(report) if !is_alone(&report.name) => {
            format!("{}, seed {}", report.name, report.seed)
        }
        section => section.name().to_owned(),
    });
    titles.collect()
}
