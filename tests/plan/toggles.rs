//! One shop, of which a number decides which parts are as before an update, and which as after it: a replaced function, a table's key and
//! index, routes of both kinds of API, a function URL, a nested stack, a loop, hooks, alarms and parameters.

/// A part as it is before, and as it is after.
const PARTS: [(&str, [&str; 2]); 15] = [
    ("CODE", ["s3://code/a", "s3://code/b"]),
    ("TIMEOUT", ["3", "9"]),
    ("NAME", ["", "      FunctionName: shop-orders\n"]),
    ("VARIABLE", ["a", "b"]),
    (
        "PREFERENCE",
        [
            "{Type: AllAtOnce, Alarms: [!Ref Failures]}",
            "{Type: Canary10Percent5Minutes}",
        ],
    ),
    ("URL", ["", "      FunctionUrlConfig: {AuthType: NONE}\n"]),
    ("REST", ["/orders", "/all-orders"]),
    ("HTTP", ["/bills", "/all-bills"]),
    ("KEY", ["id", "number"]),
    (
        "INDEX",
        [
            "",
            "      GlobalSecondaryIndexes: [{IndexName: ByCity, KeySchema: [{AttributeName: city, KeyType: HASH}], Projection: {ProjectionType: ALL}}]\n",
        ],
    ),
    ("NESTED", ["one", "two"]),
    ("TOPICS", ["[A]", "[A, B]"]),
    ("PARAMETER", ["/shop/a", "/shop/b"]),
    ("THRESHOLD", ["1", "2"]),
    ("RESERVED", ["", "      ReservedConcurrentExecutions: 5\n"]),
];

const SHOP: &str = "\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Globals: {Api: {OpenApiVersion: 3.0.1}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: <CODE>
      Timeout: <TIMEOUT>
<NAME><URL><RESERVED>      AutoPublishAlias: live
      DeploymentPreference: <PREFERENCE>
      Environment: {Variables: {TABLE: !Ref Items, VARIABLE: <VARIABLE>}}
      Events:
        List: {Type: Api, Properties: {Path: <REST>, Method: get}}
  Bills:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: <CODE>
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce, Hooks: {PreTraffic: !Ref Check}}
      Environment: {Variables: {ORDERS: !Ref Orders.Alias}}
      Events:
        List: {Type: HttpApi, Properties: {Path: <HTTP>, Method: get}}
  Check:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_check
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: s3://code/check
      Environment: {Variables: {PARAMETER: !Ref Parameter}}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: <KEY>, AttributeType: S}, {AttributeName: city, AttributeType: S}]
      KeySchema: [{AttributeName: <KEY>, KeyType: HASH}]
<INDEX>  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/templates/<NESTED>.yaml'}
  'Fn::ForEach::Topics':
    - Name
    - <TOPICS>
    - 'Topic${Name}': {Type: AWS::SNS::Topic}
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: <PARAMETER>, Type: String, Value: <VARIABLE>}
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{Name: FunctionName, Value: !Ref Orders}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      Threshold: <THRESHOLD>
      TreatMissingData: notBreaching
";

/// The shop with this number: neighbours differ in some parts, and not in all.
pub fn template(number: u64) -> String {
    // A multiplicative hash spreads neighbouring numbers over all bits (Knuth's constant).
    let bits = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    PARTS
        .iter()
        .enumerate()
        .fold(SHOP.to_owned(), |shop, (place, (part, states))| {
            let state = usize::from(bits >> place & 1 == 1);
            shop.replace(&format!("<{part}>"), states[state])
        })
}
