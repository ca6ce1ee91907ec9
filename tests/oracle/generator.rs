//! Templates made up from the forms that SAM documents for functions, aliases, preferences and events.

use serde_json::{Map, Value, json};

/// A template: the same for the same seed. Every third is JSON, the others YAML with short tags.
pub fn template(seed: u64) -> String {
    let mut draw = Draw(seed);
    let template = draw.template();
    if seed % 3 == 2 {
        serde_json::to_string_pretty(&template).expect("a value is JSON")
    } else {
        block(&template, 0)
    }
}

/// Random draws: `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One in `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let count = u64::try_from(from.len()).expect("lists are short");
        let index = usize::try_from(self.next() % count).expect("lists are short");
        from[index].clone()
    }

    fn template(&mut self) -> Value {
        let mut resources = Map::new();
        let functions: Vec<&str> = ["Orders", "Billing", "Search"]
            .into_iter()
            .take(usize::from(self.pick(&[1_u8, 2, 3])))
            .collect();
        let api = self.rest_api(&functions);
        for name in &functions {
            let mut function = self.function(name);
            // What a definition refers to must be there.
            if api.pointer("/Properties/DefinitionBody").is_none() && self.one_in(4) {
                function["Condition"] = json!(self.pick(&["IsProd", "IsBeta", "Either", "Both"]));
            }
            resources.insert((*name).to_owned(), function);
        }
        for name in ["Before", "After"] {
            resources.insert(name.to_owned(), hook(name));
        }
        resources.insert("Errors".to_owned(), alarm("AWS/Lambda", "Errors"));
        resources.insert("Faults".to_owned(), alarm("AWS/ApiGateway", "5XXError"));
        resources.insert("Slow".to_owned(), self.configuration());
        resources.insert("DeployRole".to_owned(), role());
        resources.insert("RestApi".to_owned(), api);
        resources.insert("WebApi".to_owned(), self.http_api());
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": self.pick(&[json!("AWS::Serverless-2016-10-31"), json!(["AWS::Serverless-2016-10-31"])]),
            "Parameters": {
                "Stage": {"Type": "String", "Default": self.pick(&["beta", "prod"])},
                "Shift": {"Type": "String", "Default": self.pick(&["AllAtOnce", "Canary10Percent10Minutes", "Linear10PercentEvery2Minutes", "Custom"])},
                "On": {"Type": "String", "Default": self.pick(&["true", "false"])},
                "Name": {"Type": "String", "Default": self.pick(&["live", "blue-green", "v_1"])},
                "Watched": {"Type": "CommaDelimitedList", "Default": "one, two"},
            },
            "Mappings": {"Stages": {
                "beta": {"shift": "AllAtOnce", "on": "false", "alarm": "beta-alarm"},
                "prod": {"shift": "Canary10Percent5Minutes", "on": "true", "alarm": "prod-alarm"},
            }},
            "Conditions": {
                "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "IsBeta": {"Fn::Not": [{"Condition": "IsProd"}]},
                "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsBeta"}]},
                "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Either"}]},
            },
            "Resources": resources,
        });
        if self.one_in(2) {
            template["Globals"] = self.globals();
        }
        template
    }

    fn globals(&mut self) -> Value {
        let mut function =
            json!({"Timeout": 10, "Environment": {"Variables": {"STAGE": {"Ref": "Stage"}}}});
        if self.one_in(2) {
            function["AutoPublishAlias"] = self.alias_name();
        }
        if self.one_in(2) {
            function["DeploymentPreference"] = self.preference();
        }
        let mut globals = json!({"Function": function});
        if self.one_in(3) {
            globals["Api"] = json!({"TracingEnabled": true, "OpenApiVersion": "3.0.1"});
        }
        globals
    }

    fn alias_name(&mut self) -> Value {
        self.pick(&[
            json!("live"),
            json!("live"),
            json!("pre-prod"),
            json!({"Ref": "Name"}),
        ])
    }

    fn function(&mut self, name: &str) -> Value {
        let mut properties = json!({"Runtime": "provided.al2023", "Handler": "bootstrap"});
        match self.pick(&[0, 0, 1, 2, 3]) {
            0 => properties["CodeUri"] = json!(format!("functions/{name}")),
            1 => properties["CodeUri"] = json!(format!("s3://code/{name}.zip")),
            2 => {
                let place = json!({"Bucket": "code", "Key": {"Ref": "Stage"}, "Version": "7"});
                properties["CodeUri"] = place;
            }
            _ => properties["InlineCode"] = json!("exports.handler = () => 'ä'"),
        }
        let mut aliased = false;
        if !self.one_in(4) {
            properties["AutoPublishAlias"] = self.alias_name();
            aliased = true;
        }
        if aliased && !self.one_in(4) || self.one_in(12) {
            properties["DeploymentPreference"] = self.preference();
        }
        if aliased && self.one_in(6) {
            properties["AutoPublishCodeSha256"] =
                json!("6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");
        }
        if self.one_in(3) {
            properties["MemorySize"] = self.pick(&[json!(256), json!(1024)]);
        }
        if self.one_in(3) {
            properties["Environment"] =
                json!({"Variables": {"TABLE": {"Ref": "Stage"}, "TEXT": "ä \"quoted\""}});
        }
        if self.one_in(5) {
            properties["SnapStart"] = json!({"ApplyOn": self.pick(&["PublishedVersions", "None"])});
        }
        if self.one_in(5) {
            properties["Role"] = json!({"Fn::GetAtt": ["DeployRole", "Arn"]});
        }
        if self.one_in(5) {
            properties["EventInvokeConfig"] = self.pick(&[
                json!({"MaximumRetryAttempts": 1}),
                json!({"DestinationConfig": {"OnFailure": {"Type": "SQS"}}}),
                json!({"DestinationConfig": {"OnSuccess": {"Type": "SNS"}, "OnFailure": {"Type": "Lambda", "Destination": {"Fn::GetAtt": ["After", "Arn"]}}}}),
            ]);
        }
        if self.one_in(6) {
            properties["FunctionUrlConfig"] = json!({"AuthType": "AWS_IAM"});
        }
        if self.one_in(8) {
            properties["FunctionName"] = json!({"Fn::Sub": format!("${{Stage}}-{name}")});
        }
        let events = self.events(name);
        if !events.is_empty() {
            properties["Events"] = Value::Object(events);
        }
        json!({"Type": "AWS::Serverless::Function", "Properties": properties})
    }

    fn preference(&mut self) -> Value {
        let mut preference = Map::new();
        if !self.one_in(15) {
            let kind = self.shift();
            preference.insert("Type".to_owned(), kind);
        }
        if self.one_in(3) {
            let enabled = self.pick(&[
                json!(true),
                json!(false),
                json!("true"),
                json!("false"),
                json!("False"),
                json!({"Ref": "On"}),
                json!({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "on"]}),
                json!({"Fn::If": ["IsProd", true, false]}),
            ]);
            preference.insert("Enabled".to_owned(), enabled);
        }
        if self.one_in(2) {
            let alarms = self.alarms();
            preference.insert("Alarms".to_owned(), alarms);
        }
        if self.one_in(2) {
            let mut hooks = Map::new();
            for (key, name) in [("PreTraffic", "Before"), ("PostTraffic", "After")] {
                if self.one_in(2) {
                    hooks.insert(key.to_owned(), self.hook(name));
                }
            }
            preference.insert("Hooks".to_owned(), Value::Object(hooks));
        }
        if self.one_in(4) {
            let role = self.pick(&[
                json!({"Fn::GetAtt": ["DeployRole", "Arn"]}),
                json!({"Fn::GetAtt": "DeployRole.Arn"}),
                json!("arn:aws:iam::123456789012:role/theirs"),
            ]);
            preference.insert("Role".to_owned(), role);
        }
        if self.one_in(4) {
            let passes = self.pick(&[
                json!(true),
                json!(false),
                json!("true"),
                json!({"Ref": "On"}),
            ]);
            preference.insert("PassthroughCondition".to_owned(), passes);
        }
        if self.one_in(6) {
            let triggers = json!([{"TriggerName": "all", "TriggerTargetArn": "arn:aws:sns:us-east-1:123456789012:t", "TriggerEvents": ["DeploymentFailure"]}]);
            preference.insert("TriggerConfigurations".to_owned(), triggers);
        }
        Value::Object(preference)
    }

    fn shift(&mut self) -> Value {
        self.pick(&[
            json!("AllAtOnce"),
            json!("Canary10Percent5Minutes"),
            json!("Linear10PercentEvery1Minute"),
            json!("TheirCanary"),
            json!("CodeDeployDefault.LambdaAllAtOnce"),
            json!({"Ref": "Shift"}),
            json!({"Ref": "Slow"}),
            json!({"Fn::Sub": "${Shift}"}),
            json!({"Fn::Sub": "AllAtOnce"}),
            json!({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "shift"]}),
            json!({"Fn::If": ["IsProd", "Canary10Percent30Minutes", "AllAtOnce"]}),
            json!({"Fn::If": ["IsProd", {"Ref": "Slow"}, {"Ref": "Shift"}]}),
        ])
    }

    fn alarms(&mut self) -> Value {
        self.pick(&[
            json!([]),
            json!([{"Ref": "Errors"}]),
            json!([{"Ref": "Errors"}, {"Ref": "Faults"}, "elsewhere"]),
            json!([{"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "alarm"]}]),
            json!([{"Fn::If": ["IsProd", {"Ref": "Errors"}, {"Ref": "AWS::NoValue"}]}]),
            json!([{"Ref": "AWS::NoValue"}, {"Ref": "Errors"}]),
            json!({"Ref": "AWS::NoValue"}),
            json!({"Fn::If": ["IsProd", [{"Ref": "Errors"}], [{"Ref": "AWS::NoValue"}]]}),
            json!({"Fn::If": ["IsBeta", [], [{"Ref": "Errors"}, "other"]]}),
            json!({"Ref": "Watched"}),
        ])
    }

    fn hook(&mut self, name: &str) -> Value {
        self.pick(&[
            json!({"Ref": name}),
            json!({"Ref": name}),
            json!({"Fn::GetAtt": [name, "Arn"]}),
            json!({"Fn::Sub": format!("${{{name}}}")}),
            json!(format!("CodeDeployHook_{name}")),
            json!("their-hook"),
            json!({"Fn::If": ["IsProd", {"Ref": name}, {"Ref": "AWS::NoValue"}]}),
        ])
    }

    fn events(&mut self, function: &str) -> Map<String, Value> {
        let mut events = Map::new();
        for index in 0..self.pick(&[0, 0, 1, 2, 3]) {
            // Now and then the same route twice.
            let path = self.pick(&[
                "/",
                "/items",
                "/items/{id}",
                "/{proxy+}",
                "/items/",
                "/a.b-c",
            ]);
            let path = if self.one_in(6) {
                path.to_owned()
            } else {
                format!("/{function}{index}{path}")
            };
            let method = self.pick(&["get", "POST", "any", "Any", "delete", "options"]);
            let event = match self.pick(&[0, 0, 1, 1, 2, 3, 4, 5, 6]) {
                0 => json!({"Type": "Api", "Properties": {"Path": path, "Method": method}}),
                1 => {
                    json!({"Type": "Api", "Properties": {"Path": path, "Method": method, "RestApiId": {"Ref": "RestApi"}}})
                }
                2 => json!({"Type": "HttpApi", "Properties": {"Path": path, "Method": method}}),
                3 => {
                    json!({"Type": "HttpApi", "Properties": {"Path": path, "Method": method, "ApiId": {"Ref": "WebApi"}, "PayloadFormatVersion": self.pick(&["1.0", "2.0"])}})
                }
                4 => json!({"Type": "HttpApi"}),
                5 => json!({"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)"}}),
                _ => {
                    json!({"Type": "Api", "Properties": {"Path": path, "Method": method, "Auth": {"Authorizer": self.pick(&["AWS_IAM", "NONE"])}}})
                }
            };
            events.insert(format!("Event{index}"), event);
        }
        events
    }

    fn rest_api(&mut self, functions: &[&str]) -> Value {
        let mut properties = json!({"StageName": self.pick(&[json!("live"), json!("v-1"), json!({"Ref": "Stage"})])});
        match self.pick(&[0, 0, 0, 1, 2]) {
            0 => {}
            1 => properties["Auth"] = json!({"DefaultAuthorizer": "AWS_IAM"}),
            _ => {
                let function = functions[0];
                let target = self.pick(&[
                    format!("${{{function}.Arn}}"),
                    format!("${{{function}.Arn}}:live"),
                    format!("${{{function}.Arn}}:${{!stageVariables.alias}}"),
                ]);
                properties["DefinitionBody"] = json!({
                    "swagger": "2.0",
                    "info": {"title": "written by hand", "version": "1"},
                    "paths": {"/written": {"get": {"x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "httpMethod": "POST",
                        "uri": {"Fn::Sub": format!("arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{target}/invocations")},
                    }}}},
                });
                if self.one_in(2) {
                    properties["MergeDefinitions"] = json!(true);
                }
            }
        }
        json!({"Type": "AWS::Serverless::Api", "Properties": properties})
    }

    fn http_api(&mut self) -> Value {
        let mut properties = Map::new();
        if self.one_in(2) {
            properties.insert(
                "StageName".to_owned(),
                self.pick(&[json!("live"), json!("$default"), json!({"Ref": "Stage"})]),
            );
        }
        json!({"Type": "AWS::Serverless::HttpApi", "Properties": properties})
    }

    fn configuration(&mut self) -> Value {
        let routing = self.pick(&[
            json!({"Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": 5, "CanaryInterval": 3}}),
            json!({"Type": "TimeBasedLinear", "TimeBasedLinear": {"LinearPercentage": 20, "LinearInterval": 1}}),
        ]);
        let mut properties = json!({"ComputePlatform": "Lambda", "TrafficRoutingConfig": routing});
        if self.one_in(2) {
            properties["DeploymentConfigName"] = json!("TheirCanary");
        }
        json!({"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": properties})
    }
}

fn hook(name: &str) -> Value {
    json!({"Type": "AWS::Serverless::Function", "Properties": {
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "CodeUri": "functions/hook",
        "FunctionName": format!("CodeDeployHook_{name}"),
        "DeploymentPreference": {"Enabled": false},
    }})
}

fn alarm(namespace: &str, metric: &str) -> Value {
    json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
        "Namespace": namespace,
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }})
}

fn role() -> Value {
    json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }}})
}

/// A value as YAML blocks, each line indented, intrinsic functions by their short tags.
fn block(value: &Value, indent: usize) -> String {
    let line = |(key, value): (&String, &Value)| {
        format!("{:indent$}{}:{}", "", scalar(key), nested(value, indent))
    };
    match value {
        Value::Object(map) if is_block(value) => map.iter().map(line).collect(),
        _ => format!("{:indent$}{}\n", "", flow(value)),
    }
}

fn nested(value: &Value, indent: usize) -> String {
    if is_block(value) {
        format!("\n{}", block(value, indent + 2))
    } else {
        format!(" {}\n", flow(value))
    }
}

fn is_block(value: &Value) -> bool {
    value.as_object().is_some_and(|map| !map.is_empty()) && tagged(value).is_none()
}

fn flow(value: &Value) -> String {
    match (value, tagged(value)) {
        (_, Some(tagged)) => tagged,
        (Value::Object(map), None) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        (Value::Array(items), None) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::String(string), None) => scalar(string),
        (other, None) => other.to_string(),
    }
}

/// The short form of an intrinsic function.
fn tagged(value: &Value) -> Option<String> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (key, argument) = map.iter().next()?;
    let name = match key.as_str() {
        "Ref" | "Condition" => key.as_str(),
        _ => key.strip_prefix("Fn::")?,
    };
    Some(match (name, argument.as_array()) {
        ("GetAtt", Some(parts)) => {
            let parts: Vec<_> = parts.iter().filter_map(Value::as_str).collect();
            format!("!GetAtt {}", parts.join("."))
        }
        _ => format!("!{name} {}", flow(argument)),
    })
}

/// Plain where that is the same text in YAML 1.1, else in quotes.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric() || character == '.' || character == '-'
        })
        && !["true", "false", "True", "False", "on", "On", "no", "yes"].contains(&text);
    if is_plain {
        text.to_owned()
    } else {
        json!(text).to_string()
    }
}
