//! What Lambda refuses of provisioned concurrency, which an alias or a version has: an update of it may leave the function as it is.

use super::Subject;
use super::refusals::Refusal;
use crate::stack::{Condition, Function, Resource};
use crate::{Place, Value};

/// The aliases and versions of a function that exist for certain.
fn qualified<'s>(
    subject: &Subject<'s, '_>,
    function: &Function,
) -> impl Iterator<Item = &'s Resource> {
    let by_id = &subject.resolver.resources.by_id;
    let resources = subject.stack.resources.iter();
    resources.filter(move |resource| {
        ["AWS::Lambda::Alias", "AWS::Lambda::Version"].contains(&resource.r#type.as_str())
            && Condition::is_met(resource.condition.as_ref())
            && by_id
                .get(&resource.logical_id)
                .and_then(|written| written.properties.get("FunctionName"))
                .and_then(|name| subject.resolver.function_named_by(name))
                .is_some_and(|named| named == function.logical_id)
    })
}

/// Concurrency that is provisioned: how much, where that stands, and the alias or version.
type Provisioned<'s> = (u32, &'s Value, &'s Resource);

/// A refusal, with the resources at which Lambda refuses it: at the first of them that an update comes to.
pub(super) type At<'s> = (Refusal, Vec<&'s str>);

/// How much concurrency a function's aliases and versions ask for, each where it says so.
fn provisioned<'s>(subject: &Subject<'s, '_>, function: &Function) -> Vec<Provisioned<'s>> {
    qualified(subject, function)
        .filter_map(|resource| {
            let config = resource.properties.get("ProvisionedConcurrencyConfig")?;
            let asked = config.value.get("ProvisionedConcurrentExecutions")?;
            Some((asked.to_text()?.parse().ok()?, asked, resource))
        })
        .collect()
}

/// What Lambda refuses of a function's.
pub(super) fn refused<'s>(
    subject: &Subject<'s, '_>,
    function: &'s Function,
    resource: &'s Resource,
) -> Vec<At<'s>> {
    let provisioned = provisioned(subject, function);
    let none = provisioned.iter().filter_map(none_provisioned);
    let beside = snapshots_beside(resource, &provisioned);
    more_than_reserved(function, &provisioned)
        .into_iter()
        .chain(none)
        .chain(beside)
        .collect()
}

/// (Lambda API, `PutProvisionedConcurrencyConfig`: "Minimum value of 1".)
fn none_provisioned<'s>((asked, value, at): &Provisioned<'s>) -> Option<At<'s>> {
    (*asked == 0).then(|| {
        let message = "its provisioned concurrency is 0: Lambda refuses it".to_owned();
        let help = "provision 1 at least, or leave `ProvisionedConcurrencyConfig` out".to_owned();
        ((message, help, value.place), vec![at.logical_id.as_str()])
    })
}

/// Which of them an update comes to last depends on what it changes: the function's reserve, or what one of the others asks for.
fn more_than_reserved<'s>(
    function: &'s Function,
    provisioned: &[Provisioned<'s>],
) -> Option<At<'s>> {
    let reserved = *function.reserved_concurrency.as_ref()?.known_value()?;
    let together: u64 = provisioned
        .iter()
        .map(|(asked, ..)| u64::from(*asked))
        .sum();
    let is_more = together > u64::from(reserved);
    let (_, last, _) = provisioned.last().filter(|_| is_more)?;
    let others = provisioned.iter().map(|(.., at)| at.logical_id.as_str());
    let at = std::iter::once(function.logical_id.as_str()).chain(others);
    let message = format!(
        "its provisioned concurrency is {together}, and {reserved} are reserved: Lambda refuses it"
    );
    let help = format!("provision {reserved} at most, or reserve more");
    Some(((message, help, last.place), at.collect()))
}

/// Whether a function has snapshots of its published versions.
pub(super) fn takes_snapshots(resource: &Resource) -> bool {
    let snap_start = resource.properties.get("SnapStart");
    let apply_on = snap_start.and_then(|snap_start| snap_start.value.get("ApplyOn")?.as_str());
    apply_on == Some("PublishedVersions")
}

/// The refusal of something beside them.
pub(super) fn not_beside_snapshots(what: &str, place: Place) -> Refusal {
    let message = format!("`SnapStart` does not go with {what}: Lambda refuses it");
    (message, "remove one of them".to_owned(), place)
}

/// Concurrency that is provisioned beside snapshots.
fn snapshots_beside<'s>(resource: &'s Resource, provisioned: &[Provisioned<'s>]) -> Option<At<'s>> {
    if !takes_snapshots(resource) {
        return None;
    }
    let (_, asked, at) = provisioned.iter().find(|(asked, ..)| *asked > 0)?;
    let refusal = not_beside_snapshots("provisioned concurrency", asked.place);
    Some((refusal, vec![&resource.logical_id, &at.logical_id]))
}
