//! A template as large as CloudFormation takes.

use std::fmt::Write;

/// How many resources CloudFormation takes (CloudFormation user guide, "Understand CloudFormation quotas").
pub const MOST_RESOURCES: usize = 500;

/// What the services share: the application and CodeDeploy's role.
const SHARED: &str = "  Application:
    Type: AWS::CodeDeploy::Application
    Properties: {ComputePlatform: Lambda}
  CodeDeployRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: codedeploy.amazonaws.com}, Action: 'sts:AssumeRole'}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda']
";

/// One service: ten resources, and a deployment with a hook and an alarm. `%` stands for its number.
const SERVICE: &str = "  Function%:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Code: {S3Bucket: code, S3Key: function%.zip}
      Role: !GetAtt Role%.Arn
      Environment: {Variables: {TABLE: !Ref Table%, STAGE: !If [IsProduction, production, !Ref Stage]}}
  Role%:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
      Policies:
        - PolicyName: table
          PolicyDocument:
            Statement: {Effect: Allow, Action: 'dynamodb:*Item', Resource: !Sub '${Table%.Arn}'}
  Version%:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Function%}
  Alias%:
    Type: AWS::Lambda::Alias
    Properties:
      Name: live
      FunctionName: !Ref Function%
      FunctionVersion: !GetAtt Version%.Version
    UpdatePolicy:
      CodeDeployLambdaAliasUpdate:
        ApplicationName: !Ref Application
        DeploymentGroupName: !Ref Group%
        BeforeAllowTrafficHook: !Ref Hook%
  Group%:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref Application
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent5Minutes
      ServiceRoleArn: !GetAtt CodeDeployRole.Arn
      AlarmConfiguration: {Enabled: true, Alarms: [{Name: !Ref Errors%}]}
      AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
  Errors%:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - {Name: FunctionName, Value: !Ref Function%}
        - {Name: Resource, Value: !Sub '${Function%}:live'}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 3
      DatapointsToAlarm: 2
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Hook%:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub 'CodeDeployHook_${AWS::StackName}_%'
      Runtime: provided.al2023
      Handler: bootstrap
      Code: {S3Bucket: code, S3Key: hook%.zip}
      Role: !GetAtt HookRole%.Arn
      Environment: {Variables: {NEW_VERSION_ARN: !Ref Version%}}
  HookRole%:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
      Policies:
        - PolicyName: report
          PolicyDocument:
            Statement: {Effect: Allow, Action: 'codedeploy:PutLifecycleEventHookExecutionStatus', Resource: '*'}
  Logs%:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub '/aws/lambda/${Function%}', RetentionInDays: 30}
  Table%:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
";

/// A template of this many resources: services of ten resources each, a deployment in each service, and topics for the rest.
///
/// ```
/// use workspace_tests::large::{MOST_RESOURCES, template};
///
/// let text = template(MOST_RESOURCES);
/// assert_eq!(text.matches("\n    Type: ").count(), MOST_RESOURCES);
/// ```
pub fn template(resources: usize) -> String {
    let mut text = "Parameters:
  Stage: {Type: String, Default: beta}
Conditions:
  IsProduction: !Equals [!Ref Stage, production]
Resources:
"
    .to_owned();
    text.push_str(SHARED);
    let rest = resources.saturating_sub(2);
    for number in 0..rest / 10 {
        text.push_str(&SERVICE.replace('%', &number.to_string()));
    }
    for number in 0..rest % 10 {
        let _ = writeln!(text, "  Topic{number}:\n    Type: AWS::SNS::Topic");
    }
    text
}
