//! A Lambda endpoint, and what it may answer.

use aws_clients::Environment;
use contacts_testing::Canned;

pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts";
pub const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";

pub const SERVED: Canned = Canned {
    status: 200,
    header: ("x-amz-executed-version", "8"),
    body: r#"{"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}"#,
};

pub const THROTTLED: Canned = Canned {
    status: 429,
    header: ("x-amzn-errortype", "TooManyRequestsException"),
    body: r#"{"Reason": "ConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."}"#,
};

pub const DENIED: Canned = Canned {
    status: 403,
    header: ("x-amzn-errortype", "AccessDeniedException"),
    body: r#"{"Message": "not authorized to perform: lambda:InvokeFunction"}"#,
};

pub fn environment(endpoint: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_LAMBDA", endpoint),
    ])
}
