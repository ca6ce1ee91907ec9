//! What `rehearse odds` finds for the pages: each once, for the tables, the words and the pictures.

use std::sync::LazyLock;

use serde_json::Value;
use workspace_tests::Printed;

/// Each alarm alone, under the template's own preference, over the traffic.
const OF_VERSION_ERRORS: &str = "template.yaml --alarms VersionErrors --preferences Canary10Percent5Minutes \
     --requests-per-minute 4,6,10,15,20,30,45,60,80,100,150,200,300,450,600,1000 --error-rates 1%,2%,5%,10%,20%,50%,100%";
const OF_ALIAS_ERRORS: &str = "template.yaml --alarms AliasErrors --preferences Canary10Percent5Minutes \
     --requests-per-minute 4,6,10,15,20,30,45,60,80,100,150,200,300,450,600,1000 --error-rates 20%,40%,50%,60%,100%";
const OF_API_SERVER_ERRORS: &str = "template.yaml --alarms ApiServerErrors --preferences Canary10Percent5Minutes \
     --requests-per-minute 4,6,10,15,20,30,45,60,80,100,150,200,300,450,600,1000 --error-rates 5%,10%,20%,30%,50%,100%";

/// An alarm alone under a canary of each length, from the shortest.
const OF_CANARY_LENGTHS: &str = "template.yaml --alarms VersionErrors --preferences \
     Canary10Percent5Minutes,Canary10Percent10Minutes,Canary10Percent15Minutes,Canary10Percent30Minutes --requests-per-minute 20 \
     --error-rates 1%,2%,5%,10%,20%,50%";

/// All preferences under one traffic.
const OF_PREFERENCES: &str = "template.yaml --requests-per-minute 60 --error-rates 1%,2%,5%,20%";

pub static VERSION_ERRORS: LazyLock<Found> = LazyLock::new(|| Found::by(OF_VERSION_ERRORS));
pub static ALIAS_ERRORS: LazyLock<Found> = LazyLock::new(|| Found::by(OF_ALIAS_ERRORS));
pub static API_SERVER_ERRORS: LazyLock<Found> = LazyLock::new(|| Found::by(OF_API_SERVER_ERRORS));
pub static CANARY_LENGTHS: LazyLock<Found> = LazyLock::new(|| Found::by(OF_CANARY_LENGTHS));
pub static PREFERENCES: LazyLock<Found> = LazyLock::new(|| Found::by(OF_PREFERENCES));

/// Odds, in both forms of one call.
pub struct Found {
    /// What is printed.
    pub json: Value,
    /// What `--svg` writes.
    pub picture: String,
}

impl Found {
    fn by(arguments: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let place = folder.path().join("odds.svg");
        let written = place.display().to_string();
        let arguments: Vec<_> = arguments
            .split_whitespace()
            .chain(["--svg", &written])
            .collect();
        let (code, json) = Printed::odds_json(&arguments);
        assert_eq!(code, Some(0));
        let picture = std::fs::read_to_string(&place).expect("it was drawn");
        Self { json, picture }
    }
}
