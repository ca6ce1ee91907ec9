//! What an update does to callers that no deployment holds back: an alias, an API or a stage that comes or goes, and concurrency.

use std::collections::BTreeSet;

use rehearsal_template::stack::{Api, Stage};
use rehearsal_template::{Place, Stack, counted};

use super::changes::Action;
use super::findings::Finding;
use super::resources::Compared;
use super::versions::VersionAction;

/// Everything of the kind.
pub(super) fn of(live: &Stack, new: &Stack, compared: &Compared) -> Vec<Finding> {
    let mut findings = aliases_replaced(live, new, compared);
    findings.extend(apis_that_go(live, compared));
    findings.extend(apis_that_come(new, compared));
    findings.extend(stages_replaced(live, new));
    findings.extend(without_concurrency(new, compared));
    findings
}

/// An alias that a deployment would shift, and that is new beside one of its function that goes: its callers go over all at once.
fn aliases_replaced(live: &Stack, new: &Stack, compared: &Compared) -> Vec<Finding> {
    let aliases = new.aliases.iter();
    aliases.filter_map(|alias| {
            let function = alias.function.known_value()?;
            let own = compared.change(&alias.logical_id)?;
            let version = compared.version(alias.version.as_ref()?)?;
            let is_new = own.is_new()
                && version.action == VersionAction::Published
                && compared.change(function)?.action != Action::Replace;
            let goes = live.aliases.iter().find(|before| {
                let replaced = before.logical_id == alias.logical_id;
                before.function.is(function)
                    && (replaced || compared.change(&before.logical_id).is_none())
            })?;
            (is_new && alias.deployment.is_some()).then(|| {
                Finding::warning(
                    "plan::alias-replaced",
                    format!(
                        "the alias {} of {function} goes, and {} is new: no deployment runs, so no hook, no canary and no alarm is asked, and its callers meet the new code at once",
                        goes.name.known_value().map_or("of before", String::as_str),
                        alias.name.known_value().map_or("the one for it", String::as_str),
                    ),
                )
                .at(&alias.logical_id, own.place)
                .help("an update of its own, which brings no other code")
            })
        })
        .collect()
}

/// Functions that get no concurrency any more. It is of no version, so no deployment comes before it.
fn without_concurrency(new: &Stack, compared: &Compared) -> Vec<Finding> {
    const CONCURRENCY: &str = "ReservedConcurrentExecutions";
    let functions = new.functions.iter();
    functions
            .filter_map(|function| {
                let id = &function.logical_id;
                let change = compared.change(id)?;
                let property = new.resource(id)?.properties.get(CONCURRENCY)?;
                let is_none = property.value.to_text().is_some_and(|value| value == "0");
                (is_none && change.changes(CONCURRENCY) == Some(true)).then(|| {
                    Finding::warning(
                        "plan::throttled-at-once",
                        format!(
                            "{id} gets no concurrency ({CONCURRENCY} 0): every invocation of every version of it is throttled as soon as the update comes to it"
                        ),
                    )
                    .at(id, change.place)
                })
            })
            .collect()
}

/// An API that leaves goes with the update's clean-up, and its id, which is a part of its URL, with it.
fn apis_that_go(live: &Stack, compared: &Compared) -> Vec<Finding> {
    let leaves = |api: &&Api| {
        let mut changes = compared.changes.iter();
        changes.any(|change| {
            change.action == Action::Delete && change.logical_id == api.logical_id && !change.stays
        })
    };
    let goes = live.apis.iter().filter(leaves);
    goes.map(|api| {
        Finding::warning(
            "plan::api-deleted",
            format!(
                "{} leaves the stack: when the update is over, the URL that its callers have answers no one any more ({})",
                api.logical_id, routes_of(api)
            ),
        )
        .at(&api.logical_id, Place::default())
        .help("keep its logical id; or keep it beside the new one until no caller uses it")
    })
    .collect()
}

/// An API that comes has a URL of its own, and leads to what is there by then: no deployment comes before it.
fn apis_that_come(new: &Stack, compared: &Compared) -> Vec<Finding> {
    let comes = new.apis.iter().filter_map(|api| {
        let change = compared.change(&api.logical_id)?;
        (change.action == Action::Create).then_some((api, change))
    });
    comes
        .map(|(api, change)| {
            Finding::note(
                "plan::api-created",
                format!(
                    "{} is new, with a URL of its own ({})",
                    api.logical_id,
                    routes_of(api)
                ),
            )
            .at(&api.logical_id, change.place)
        })
        .collect()
}

/// An API's routes, by their number where they are many.
fn routes_of(api: &Api) -> String {
    const FEW: usize = 3;
    let names = api
        .routes
        .iter()
        .map(|route| format!("{} {}", route.method, route.path));
    match api.routes.len() {
        _ if api.routes_unknown.is_some() => "its routes are not known".to_owned(),
        0 => "without routes".to_owned(),
        1..=FEW => names.collect::<Vec<_>>().join(", "),
        many => counted(many, "route"),
    }
}

/// A stage whose name is another, which is a part of its URL: the old one goes with the update's clean-up.
fn stages_replaced(live: &Stack, new: &Stack) -> Vec<Finding> {
    let mut findings = Vec::new();
    for api in &new.apis {
        let mut before = live.apis.iter();
        let Some(before) = before.find(|before| before.logical_id == api.logical_id) else {
            continue;
        };
        let names = |stages: &[Stage]| -> Option<BTreeSet<String>> {
            let names = stages.iter().map(|stage| stage.name.known_value().cloned());
            names.collect()
        };
        let (Some(old), Some(now)) = (names(&before.stages), names(&api.stages)) else {
            continue;
        };
        for gone in old.difference(&now).filter(|_| !now.is_empty()) {
            findings.push(
                Finding::warning(
                    "plan::stage-replaced",
                    format!(
                        "the stage {gone} of {} goes when the update is over, and with it the URL that its callers have",
                        api.logical_id
                    ),
                )
                .at(&api.logical_id, api.place)
                .help("keep it beside the other one until no caller uses it"),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::super::{Action, Code, CodeChange, UpdatePlan};

    /// A function with an alias and an API; each name stands for what is written beside it.
    fn shop(changes: &[(&str, &str)]) -> String {
        let shop = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: s3://code/a
      Timeout: 3
      AutoPublishAlias: live
      DeploymentPreference: {Type: Canary10Percent5Minutes}
      Events:
        List: {Type: Api, Properties: {Path: /orders, Method: get, RestApiId: !Ref Api}}
";
        changes
            .iter()
            .fold(shop.to_owned(), |shop, (from, to)| shop.replace(from, to))
    }

    fn plan(live: &str, new: &str) -> UpdatePlan {
        let read = |text: &str| read_str("template.yaml", text, &Inputs::new("shop")).unwrap();
        UpdatePlan::between(Some(&read(live)), &read(new), &Code::all(CodeChange::Same))
    }

    fn codes(changes: &[(&str, &str)]) -> Vec<&'static str> {
        let plan = plan(&shop(&[]), &shop(changes));
        plan.findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn an_alias_with_another_name_is_new_and_its_callers_meet_new_code_at_once() {
        let renamed = ("Alias: live", "Alias: prod");
        let code = ("code/a", "code/b");
        assert!(codes(&[renamed, code]).contains(&"plan::alias-replaced"));
        assert!(!codes(&[renamed]).contains(&"plan::alias-replaced"));
        assert!(!codes(&[code]).contains(&"plan::alias-replaced"));
    }

    #[test]
    fn a_stage_with_another_name_takes_its_url_with_it() {
        assert_eq!(
            codes(&[("StageName: v1", "StageName: v2")]),
            ["plan::stage-replaced"]
        );
    }

    #[test]
    fn no_concurrency_is_of_no_version() {
        let none = (
            "Timeout: 3",
            "Timeout: 3\n      ReservedConcurrentExecutions: 0",
        );
        assert_eq!(codes(&[none]), ["plan::throttled-at-once"]);
        let plan = plan(&shop(&[]), &shop(&[none]));
        let why = &plan.versions[0].why;
        assert!(why.ends_with("holds for all of them at once"), "{why}");
    }

    #[test]
    fn a_stack_under_other_logical_ids_loses_its_url_and_its_items() {
        let table = |id: &str| {
            shop(&[])
                + &format!(
                    "  {id}: {{Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: {{BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}], KeySchema: [{{AttributeName: id, KeyType: HASH}}]}}}}\n"
                )
        };
        let other = table("Things")
            .replace("Api:", "Gateway:")
            .replace("!Ref Api", "!Ref Gateway")
            .replace("  Orders:", "  Requests:");
        let plan = plan(&table("Items"), &other);
        let said: Vec<_> = plan
            .findings
            .iter()
            .map(|finding| (finding.code, finding.message.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    "plan::api-deleted",
                    "Api leaves the stack: when the update is over, the URL that its callers have answers no one any more (GET /orders)"
                ),
                (
                    "plan::table-let-go",
                    "Items leaves the stack and stays outside it, with its items; Things is new, and empty"
                ),
                (
                    "plan::api-created",
                    "Gateway is new, with a URL of its own (GET /orders)"
                ),
            ]
        );
    }

    #[test]
    fn an_update_that_fails_before_its_deployments_starts_none_and_touches_nothing_after_that() {
        let parameter = |id: &str| {
            shop(&[("code/a", &format!("code/{id}"))])
                + &format!(
                    "  {id}: {{Type: AWS::SSM::Parameter, Properties: {{Name: /a, Type: String, Value: a}}}}\n"
                )
        };
        let plan = plan(&parameter("Before"), &parameter("After"));
        assert_eq!(plan.deployments[0].starts, Some(false));
        assert_eq!(plan.failures().next().unwrap().resource, "After");
        let changed: Vec<_> = plan
            .changes
            .iter()
            .filter(|change| change.action == Action::Update)
            .map(|change| change.logical_id.as_str())
            .collect();
        assert_eq!(changed, ["Orders", "OrdersAliaslive"]);
        // The parameter stands in the first step, beside the function: its role stays as it is.
        assert_eq!(plan.rollback.brings_back, ["Orders"]);
        for never in ["After", "OrdersAliaslive"] {
            assert!(
                plan.rollback.untouched.contains(&never.to_owned()),
                "{never}"
            );
        }
        assert!(plan.rollback.keeps.is_empty() && plan.rollback.retry.is_empty());
    }

    #[test]
    fn the_way_to_publish_is_that_of_who_names_the_version() {
        let help = |live: &str, new: &str| {
            let plan = plan(live, new);
            plan.findings
                .into_iter()
                .find_map(|finding| finding.help)
                .unwrap()
        };
        let timeout = ("Timeout: 3", "Timeout: 9");
        let with = |more: &'static str| ("Handler: index.handler", more);
        let sam = help(&shop(&[]), &shop(&[timeout]));
        assert!(sam.starts_with("AutoPublishAliasAllProperties"), "{sam}");
        let sha = with(
            "Handler: index.handler\n      AutoPublishCodeSha256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        );
        let sha = help(&shop(&[sha]), &shop(&[sha, timeout]));
        assert!(sha.starts_with("give AutoPublishCodeSha256"), "{sha}");
    }
}
