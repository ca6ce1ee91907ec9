//! An API for tests.

use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;

/// An API with routes to these paths, for any method and open to everyone.
pub(super) fn api(kind: ApiKind, stage: &str, paths: &[&str]) -> Api {
    let route = |path: &str| Route {
        method: "ANY".to_owned(),
        path: path.to_owned(),
        authorization: Authorization::None,
        needs_api_key: false,
        payload_format: PayloadFormat::V2,
        invoke_mode: InvokeMode::Buffered,
        function: "f".to_owned(),
        qualifier: None,
    };
    Api {
        id: "a1b2c3d4e5".to_owned(),
        kind,
        stage: stage.to_owned(),
        account_id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        variables: Vec::new(),
        binary_media_types: Vec::new(),
        routes: paths.iter().copied().map(route).collect(),
    }
}
