//! What is wrong with a template, all of it at once, each at its line.

use std::fmt;

use miette::{LabeledSpan, NamedSource, SourceCode};

use crate::{Place, counted};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A fact that is good to know before the stack is deployed. It is never denied.
    Note,
    /// The template is valid, but does something that its author hardly wants.
    Warning,
    /// The template is refused.
    Error,
}

/// One thing that is wrong, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", logical_id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default())]
pub struct Diagnostic {
    /// A stable name for this kind of problem, such as `template::unknown-reference`.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The resource it concerns, when it concerns one.
    pub logical_id: Option<String>,
    /// Where AWS refuses it, if not at the resource that it concerns.
    pub refused_at: Option<Box<RefusedAt>>,
    /// Where.
    pub place: Place,
    /// Whether AWS does not permit something that the deployment needs: permissions are not checked in a rehearsal, so that it may succeed
    /// there and fails on AWS.
    pub is_not_permitted: bool,
    /// Whether AWS refuses what the template asks for, so that the update fails before any deployment: a rehearsal of it would show what
    /// can never be.
    pub is_refused: bool,
}

/// Where an update fails. A diagnostic holds it in a box, for it is an error that many functions give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusedAt {
    /// At the first of these that it comes to, which are others than the one that it concerns: what SAM makes of it, or what waits for it.
    Resources(Vec<String>),
    /// Before any: `CloudFormation` looks at the whole template first, also at what the update leaves as it is.
    Template,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            logical_id: None,
            refused_at: None,
            place,
            is_not_permitted: false,
            is_refused: false,
        }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message, place)
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says that AWS does not permit something that the deployment needs.
    #[must_use]
    pub fn not_permitted(self) -> Self {
        Self {
            is_not_permitted: true,
            ..self
        }
    }

    /// Says that AWS refuses it.
    #[must_use]
    pub fn refused(self) -> Self {
        Self {
            is_refused: true,
            ..self
        }
    }

    /// The resources at which an update fails where AWS refuses it; none where it fails whatever it changes.
    fn fails_at(&self) -> &[String] {
        match self.refused_at.as_deref() {
            Some(RefusedAt::Resources(ids)) => ids,
            Some(RefusedAt::Template) => &[],
            None => self.logical_id.as_slice(),
        }
    }

    /// Whether an update that comes to these resources fails by it. It does not come to what it leaves as it is.
    pub fn fails(&self, comes_to: impl Fn(&String) -> bool) -> bool {
        self.fails_at().is_empty() || self.fails_first_at(comes_to).is_some()
    }

    /// The first resource at which such an update fails.
    pub fn fails_first_at(&self, comes_to: impl Fn(&String) -> bool) -> Option<&String> {
        self.fails_at().iter().find(|id| comes_to(id))
    }

    /// Says at which resource AWS refuses it, where that is another than the one that it concerns; at several, any of which the update may come to.
    #[must_use]
    pub fn refused_at(mut self, logical_id: &str) -> Self {
        let id = logical_id.to_owned();
        match self.refused_at.as_deref_mut() {
            Some(RefusedAt::Resources(ids)) => ids.push(id),
            _ => self.refused_at = Some(Box::new(RefusedAt::Resources(vec![id]))),
        }
        self
    }

    /// Says that `CloudFormation` refuses the template for it, whatever an update changes.
    #[must_use]
    pub fn refuses_template(mut self) -> Self {
        self.refused_at = Some(Box::new(RefusedAt::Template));
        self.refused()
    }

    /// Says which resource it concerns.
    #[must_use]
    pub fn resource(mut self, logical_id: impl Into<String>) -> Self {
        self.logical_id = Some(logical_id.into());
        self
    }
}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // What is wrong with a whole file, such as that there is none, has no line to show.
        (self.place.line > 0).then(|| {
            let label = LabeledSpan::new_with_span(None, self.place.span());
            Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>
        })
    }
}

/// A template that cannot be read, with everything that is wrong with it.
///
/// Printed with `miette`, each problem shows the file, the line and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} is refused: {}", text.name(), self.counted())]
pub struct Refusal {
    /// The template's text, by its name.
    pub text: NamedSource<String>,
    /// What is wrong: at least one error, with the warnings found on the way, in the template's order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Refusal {
    /// How much is wrong: what is warned of is no reason.
    fn counted(&self) -> String {
        let of = |severity| {
            let all = self.diagnostics.iter();
            all.filter(|one| one.severity == severity).count()
        };
        let problems = counted(of(Severity::Error), "problem");
        match of(Severity::Warning) {
            0 => problems,
            warnings => format!("{problems}, and {}", counted(warnings, "warning")),
        }
    }
}

impl miette::Diagnostic for Refusal {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.diagnostics
                .iter()
                .map(|diagnostic| diagnostic as &dyn miette::Diagnostic),
        ))
    }
}
