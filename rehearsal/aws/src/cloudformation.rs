//! How long CloudFormation is about a resource, from its beginning to the moment at which what refers to it is begun, and how long it may be.
//!
//! No document has the times that it takes. They are those of outputs that people have published of `cdk deploy`, which has a line with its time
//! for each resource that is begun, and for each that is complete (`docs/fidelity.md`, "How long a resource takes", has what was seen).

/// From the creation of a table, or of one that takes another's place, to its being `ACTIVE`, in milliseconds. Assumed.
pub const TABLE_IS_CREATED_AFTER_MS: i64 = 30_000;

/// A deployment of a REST API, with the second in which CloudFormation goes on to what refers to it, in milliseconds. Assumed.
pub const API_DEPLOYMENT_TAKES_MS: i64 = 2_000;

/// A stage of a REST API that is given another deployment, in milliseconds. Its callers meet the routes of before until then. Assumed.
pub const STAGE_CHANGES_AFTER_MS: i64 = 3_000;

/// Any other resource, in milliseconds: in an instant, assumed. Functions, versions, alarms, parameters and the rest take between one and
/// some seconds, nearly always before a deployment is created, and minutes are counted from its first shift.
pub const OTHERS_CHANGE_AFTER_MS: i64 = 0;

/// How long CloudFormation gives the update of an alias, with the whole deployment that shifts it, in minutes: `timeoutInMinutes` of the
/// update handler in the resource provider schema of `AWS::Lambda::Alias`, which is "the timeout for the entire operation to be interpreted
/// by the invoker of the handler" (CloudFormation CLI user guide, "Resource type schema").
pub const ALIAS_UPDATE_MINUTES: u32 = 120;

/// How long it is about a resource of this type, in milliseconds. `is_new` where the resource comes, or takes another's place.
pub fn takes_ms(r#type: &str, is_new: bool) -> i64 {
    match r#type {
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" if is_new => {
            TABLE_IS_CREATED_AFTER_MS
        }
        "AWS::ApiGateway::Deployment" if is_new => API_DEPLOYMENT_TAKES_MS,
        "AWS::ApiGateway::Stage" => STAGE_CHANGES_AFTER_MS,
        _ => OTHERS_CHANGE_AFTER_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_its_time_when_it_comes_and_none_when_it_changes() {
        assert_eq!(takes_ms("AWS::DynamoDB::Table", true), 30_000);
        assert_eq!(takes_ms("AWS::DynamoDB::Table", false), 0);
    }
}
