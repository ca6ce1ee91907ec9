//! What an update meets, each with its place.

use rehearsal_template::Place;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The update fails by it.
    Error,
    /// Its author hardly wants it.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something that an update meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name for this kind, such as `plan::table-replaced`.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is, in a sentence without a stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The resource that it concerns.
    pub logical_id: Option<String>,
    /// Where, in the new template; for a resource that leaves, nowhere.
    pub place: Place,
    /// What makes the update fail when it comes to it, where something does.
    pub failure: Option<Failure>,
}

/// A resource that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its logical id.
    pub resource: String,
    /// Why, in the words of CloudFormation.
    pub reason: String,
}

impl Finding {
    /// The update fails.
    pub(super) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            logical_id: None,
            place: Place::default(),
            failure: None,
        }
    }

    /// The update fails when it comes to this resource, for this reason in CloudFormation's words.
    pub(super) fn fails_at(mut self, resource: &str, reason: impl Into<String>) -> Self {
        self.failure = Some(Failure {
            resource: resource.to_owned(),
            reason: reason.into(),
        });
        self
    }

    /// Its author hardly wants it.
    pub(super) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Worth knowing.
    pub(super) fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, message)
        }
    }

    /// At this resource.
    pub(super) fn at(mut self, logical_id: &str, place: Place) -> Self {
        self.logical_id = Some(logical_id.to_owned());
        self.place = place;
        self
    }

    /// With what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The gravest first, then in the template's order.
pub(super) fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| (finding.severity, finding.place));
    findings.dedup();
}
