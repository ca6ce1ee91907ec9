//! The services of AWS that answer in a rehearsal.

use std::fmt;

/// The code of a call that nobody signed, so that no one knows whose it is. Source: the errors that all services share.
pub const NOT_SIGNED: &str = "MissingAuthenticationTokenException";
/// The code of a call by credentials that are none of a function's role here. Source: the same.
pub const NOT_ITS_OWN: &str = "UnrecognizedClientException";

/// A service that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// AWS Lambda.
    Lambda,
    /// AWS CodeDeploy.
    CodeDeploy,
    /// AWS Systems Manager.
    Ssm,
    /// Amazon DynamoDB.
    DynamoDb,
    /// Amazon CloudWatch.
    CloudWatch,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Lambda,
        Self::CodeDeploy,
        Self::Ssm,
        Self::DynamoDb,
        Self::CloudWatch,
    ];

    /// The name in a signature's scope, in an ARN and in a rehearsal file: `lambda`, `codedeploy`, `ssm`, `dynamodb`, `monitoring`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::CodeDeploy => "codedeploy",
            Self::Ssm => "ssm",
            Self::DynamoDb => "dynamodb",
            Self::CloudWatch => "monitoring",
        }
    }

    /// The service with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The names of all of them, in the order of the alphabet, separated by commas.
    pub fn names() -> String {
        let mut names = Self::ALL.map(Self::name);
        names.sort_unstable();
        names.join(", ")
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
