//! What Lambda refuses of a function, and what it may take after all.

use super::found_with;

/// What is found of a function with this property: the message, whether it is refused, and whether it is not permitted.
#[track_caller]
fn of_function(property: &str) -> Vec<(String, bool, bool)> {
    let more = format!(
        "      {property}
  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Version: '2012-10-17', Statement: []}}}}}}
  Layer: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: layer}}}}
"
    );
    let found = found_with(&more).into_iter();
    found
        .map(|found| (found.message, found.is_refused, found.is_not_permitted))
        .collect()
}

#[test]
fn what_lambda_refuses_of_a_function_is_refused() {
    for (property, message) in [
        (
            "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 0}",
            "its provisioned concurrency is 0: Lambda refuses it",
        ),
        (
            "Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l']",
            "the ARN of its layer `l` names no version: Lambda refuses it",
        ),
        (
            "KmsKeyArn: !Ref Key",
            "`KmsKeyArn` is the id of the key `Key`, which is no ARN: CloudFormation refuses it",
        ),
    ] {
        assert_eq!(of_function(property), [(message.to_owned(), true, false)]);
    }
    for property in [
        "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
        "Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1', !Ref Layer]",
        "KmsKeyArn: !GetAtt Key.Arn",
        "Role: 'arn:aws:iam::123456789012:role/orders'",
        "Role: '<role>'",
        "Policies: [AWSLambdaBasicExecutionRole, 'arn:aws:iam::123456789012:policy/own']",
        // SAM throws away the role that it makes beside another one.
        "Policies: [NoSuchPolicy]\n      Role: 'arn:aws:iam::123456789012:role/orders'",
        "Policies: [!If [IsProduction, NoSuchPolicy, !Ref AWS::NoValue]]",
        "Policies: [!Ref Stage]",
        "Timeout: 3\n  Absent: {Type: AWS::Serverless::Function, Condition: IsProduction, Properties: {Policies: [NoSuchPolicy]}}",
    ] {
        assert_eq!(of_function(property), [], "{property}");
    }
}

#[test]
fn a_name_that_may_be_newer_or_a_placeholder_is_not_permitted_as_it_stands() {
    for (property, message) in [
        (
            "Role: my-role",
            "its `Role` is `my-role`, and a function has the ARN of one",
        ),
        (
            "Policies: [!If [IsProduction, AWSLambdaBasicExecutionRole, 'own=policy,1']]",
            "AWS has no managed policy `own=policy,1` that is known here: SAM takes it for an ARN, which IAM refuses",
        ),
        (
            "Policies: [NoSuchPolicy]\n      Role: !If [IsProduction, 'arn:aws:iam::123456789012:role/orders', !Ref AWS::NoValue]",
            "AWS has no managed policy `NoSuchPolicy` that is known here: SAM takes it for an ARN, which IAM refuses",
        ),
        (
            "Timeout: 3\n  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: '*'}]}, ManagedPolicyArns: [AWSLambdaBasicExecutionRole]}}",
            "`AWSLambdaBasicExecutionRole` is no ARN of a managed policy: IAM refuses the role",
        ),
        (
            "Policies: [AWSLambdaBasicExecutionRol]",
            "AWS has no managed policy `AWSLambdaBasicExecutionRol` that is known here: SAM takes it for an ARN, which IAM refuses",
        ),
    ] {
        assert_eq!(of_function(property), [(message.to_owned(), false, true)]);
    }
}
