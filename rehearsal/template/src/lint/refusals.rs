//! What AWS refuses of a resource, as the lints report it that look for no more than that.

use super::{Lint, Subject};
use crate::resource::Resource;
use crate::stack::{Alarm, Condition, Function};
use crate::{Diagnostic, Field, Place};

/// What is wrong, what to do, and where.
pub(super) type Refusal = (String, String, Place);

impl Lint {
    /// Reports what AWS refuses of a resource.
    pub(super) fn refuse(
        &self,
        refusals: impl IntoIterator<Item = Refusal>,
        logical_id: &str,
        found: &mut Vec<Diagnostic>,
    ) {
        for (message, help, place) in refusals {
            let finding = self.report(message, place).help(help).refused();
            self.add(finding.resource(logical_id), found);
        }
    }

    /// The same of a resource that SAM may make of another one, which is named.
    pub(super) fn refuse_of(
        &self,
        refusals: impl IntoIterator<Item = Refusal>,
        written: &Resource,
        found: &mut Vec<Diagnostic>,
    ) {
        for (message, help, place) in refusals {
            let finding = self.report(message, place).help(help).refused();
            self.add(of_written(finding, written), found);
        }
    }

    /// The same of what AWS refuses at other resources than the one that it concerns: at the first of them that an update comes to.
    pub(super) fn refuse_at<'i>(
        &self,
        (message, help, place): Refusal,
        logical_id: &str,
        at: impl IntoIterator<Item = &'i str>,
        found: &mut Vec<Diagnostic>,
    ) {
        let finding = self.report(message, place).help(help).refused();
        let finding = finding.resource(logical_id);
        self.add(at.into_iter().fold(finding, Diagnostic::refused_at), found);
    }

    /// Reports what AWS does not permit, or cannot serve: the verdict names it, and the rest is rehearsed.
    pub(super) fn not_permit(
        &self,
        refusals: impl IntoIterator<Item = Refusal>,
        logical_id: &str,
        found: &mut Vec<Diagnostic>,
    ) {
        for (message, help, place) in refusals {
            let finding = self.report(message, place).help(help).not_permitted();
            self.add(finding.resource(logical_id), found);
        }
    }
}

/// Whether a text is what IAM has names of, with their paths: it is no ARN, and no placeholder in brackets (IAM user guide, "IAM and AWS STS quotas", "IAM
/// name requirements").
pub(super) fn is_iam_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    !text.is_empty() && text.chars().all(is_of_name)
}

/// Says which resource a finding concerns: the one that the template writes. AWS refuses what SAM makes of it.
pub(super) fn of_written(finding: Diagnostic, written: &Resource) -> Diagnostic {
    let finding = finding.resource(written.owner());
    match written.generated_for {
        Some(_) => finding.refused_at(&written.logical_id),
        None => finding,
    }
}

/// A resource that may have a name of its own.
pub(super) trait Named {
    /// The property that gives it.
    const PROPERTY: &str;
    /// Its logical id, its name, and the condition it exists under.
    fn parts(&self) -> (&str, &Field<String>, Option<&Condition>);
}

impl Named for Alarm {
    const PROPERTY: &str = "AlarmName";

    fn parts(&self) -> (&str, &Field<String>, Option<&Condition>) {
        (&self.logical_id, &self.name, self.condition.as_ref())
    }
}

impl Named for Function {
    const PROPERTY: &str = "FunctionName";

    fn parts(&self) -> (&str, &Field<String>, Option<&Condition>) {
        (&self.logical_id, &self.name, self.condition.as_ref())
    }
}

/// A name that another one of the template has, where it is certain that both exist. Of two, the later is refused (CloudFormation user
/// guide, "Name type").
pub(super) fn taken_name<N: Named>(
    subject: &Subject<'_, '_>,
    all: &[N],
    named: &N,
) -> Option<Refusal> {
    let (logical_id, name, condition) = named.parts();
    let name = name
        .known_value()
        .filter(|_| Condition::is_met(condition))?;
    let by_id = &subject.resolver.resources.by_id;
    let node = |id: &str| by_id.get(id)?.properties.get(N::PROPERTY);
    let written = node(logical_id)?;
    // A name with the stack's is another where the stack is called otherwise.
    let is_alike =
        |id: &str| node(id).is_some_and(|node| node.is_of_stack() == written.is_of_stack());
    let (earlier, ..) = all
        .iter()
        .map(Named::parts)
        .take_while(|(other, ..)| *other != logical_id)
        .find(|(id, other, condition)| {
            Condition::is_met(*condition) && other.is(name) && is_alike(id)
        })?;
    let place = written.place;
    let message = format!("`{earlier}` has its name too, `{name}`");
    Some((message, "give it another name, or none".to_owned(), place))
}
