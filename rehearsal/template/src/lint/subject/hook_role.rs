//! What CodeDeploy's role may invoke, as far as AWS's managed policies and the template tell.

use rehearsal_aws::lambda::function_name::FunctionName;

use super::Subject;
use super::policy::{Grants, INVOKE, Resource};
use crate::Place;
use crate::stack::Hook;

/// How the names of the functions begin that CodeDeploy's managed policies let it invoke.
pub(in crate::lint) const PREFIX: &str = "CodeDeployHook_";
/// Those policies (AWS managed policy reference).
pub(in crate::lint) const BY_PREFIX: [&str; 4] = [
    "AWSCodeDeployRoleForLambda",
    "AWSCodeDeployRoleForLambdaLimited",
    "AWSCodeDeployRoleForECS",
    "AWSCodeDeployRoleForECSLimited",
];
/// What a role's managed policies let it invoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Managed {
    /// Nothing.
    Nothing,
    /// Functions whose names begin with [`PREFIX`].
    ByPrefix,
    /// Perhaps more: a policy that is not known here.
    Unknown,
}

/// What a role's managed policies let it invoke.
pub(in crate::lint) fn managed(grants: &Grants) -> Managed {
    let mut names = grants.managed.iter();
    match grants.allowed_by_managed(INVOKE) {
        Some(false) if names.any(|name| BY_PREFIX.contains(&name.as_str())) => Managed::ByPrefix,
        Some(false) => Managed::Nothing,
        Some(true) | None => Managed::Unknown,
    }
}

/// A hook as CodeDeploy invokes it.
pub(in crate::lint) struct Invoked<'h> {
    /// What policies are held against.
    pub(in crate::lint) resource: Resource,
    /// Whether its name begins with [`PREFIX`].
    pub(in crate::lint) has_prefix: bool,
    /// Its logical id, where it is one of the template's.
    pub(in crate::lint) function: Option<&'h str>,
    /// The hook's name, where it is one of the template's; or else where the hook is named.
    pub(in crate::lint) place: Place,
}

/// A hook as CodeDeploy invokes it; `None` where its name is not known.
pub(in crate::lint) fn invoked<'h>(
    subject: &Subject<'_, '_>,
    hook: &'h Hook,
) -> Option<Invoked<'h>> {
    let text = hook.name.known_value()?;
    let called = FunctionName::parse(text)?;
    let inputs = &subject.stack.inputs;
    let arn = if text.starts_with("arn:") {
        text.clone()
    } else {
        let qualifier = called.qualifier.map(|qualifier| format!(":{qualifier}"));
        format!(
            "arn:{}:lambda:{}:{}:function:{}{}",
            inputs.partition(),
            inputs.region,
            inputs.account_id,
            called.name,
            qualifier.unwrap_or_default()
        )
    };
    let function = hook.function.as_deref();
    let resource = function.and_then(|id| subject.resolver.resources.by_id.get(id));
    let place = resource.map_or(hook.name.place, |resource| {
        let name = resource.properties.get("FunctionName");
        name.map_or(resource.place, |name| name.place)
    });
    Some(Invoked {
        resource: Resource::function(&arn),
        has_prefix: called.name.starts_with(PREFIX),
        function,
        place,
    })
}
