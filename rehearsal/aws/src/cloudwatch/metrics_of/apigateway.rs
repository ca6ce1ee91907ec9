//! The data points that API Gateway sends of a request, and their dimensions.

use super::API_GATEWAY;
use super::lambda::record_url_request;
use crate::apigateway::stage::{ApiKind, ApiMethod, ApiStage};
use crate::cloudwatch::metric::Metrics;
use crate::time::VirtualTime;

/// Records what an API or a function URL answered. An API's is recorded by the API, by that and `Stage`, and where detailed metrics
/// are on by both, `Method` and `Resource`: of a REST API `4XXError` and `5XXError` by `ApiName`, of
/// an HTTP API `4xx` and `5xx` by `ApiId` (API Gateway developer guide, "Amazon API Gateway dimensions and metrics", "Monitor
/// CloudWatch metrics for HTTP APIs"). The average of `5XXError` or `5xx` is the error rate.
#[expect(
    clippy::cast_precision_loss,
    reason = "a request is shorter than 2^53 ms"
)]
pub fn record_request(
    metrics: &mut Metrics,
    api: &ApiStage,
    start: VirtualTime,
    status: u16,
    latency_ms: i64,
) {
    let share = |class: u16| if status / 100 == class { 1.0 } else { 0.0 };
    let (dimension, client_errors, server_errors) = match api.kind {
        ApiKind::Rest => ("ApiName", "4XXError", "5XXError"),
        ApiKind::Http => ("ApiId", "4xx", "5xx"),
        ApiKind::FunctionUrl => {
            let alias = Some(api.stage.as_str()).filter(|alias| !alias.is_empty());
            return record_url_request(metrics, &api.api, alias, start, status, latency_ms);
        }
    };
    let values = [
        ("Count", 1.0),
        (client_errors, share(4)),
        (server_errors, share(5)),
        ("Latency", latency_ms as f64),
        ("IntegrationLatency", latency_ms as f64),
    ];
    let detailed = api.detailed.as_ref();
    let sender = [
        dimension,
        &api.api,
        &api.stage,
        detailed.map_or("", |detailed| &detailed.method),
        detailed.map_or("", |detailed| &detailed.resource),
    ];
    metrics.record_each(API_GATEWAY, &sender, start, &values, |record| {
        let by_api = (dimension, api.api.as_str());
        let by_stage = ("Stage", api.stage.as_str());
        record(&[by_api]);
        record(&[by_api, by_stage]);
        if let Some(ApiMethod { method, resource }) = detailed {
            record(&[by_api, by_stage, ("Method", method), ("Resource", resource)]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::metric::{Metric, Statistic};

    #[test]
    fn rest_and_http_apis_have_metrics_of_other_names() {
        let mut metrics = Metrics::default();
        for (kind, api) in [(ApiKind::Rest, "orders"), (ApiKind::Http, "a1b2c3d4e5")] {
            let stage = ApiStage {
                kind,
                api: api.to_owned(),
                stage: "live".to_owned(),
                detailed: None,
            };
            record_request(&mut metrics, &stage, VirtualTime::from_seconds(30), 502, 20);
        }
        let average = |name, dimensions: &[(&str, &str)]| {
            metrics.data_point(
                &Metric::new(API_GATEWAY, name, dimensions),
                Statistic::Average,
                VirtualTime::from_seconds(60),
                60_000,
            )
        };
        let (rest, http) = (("ApiName", "orders"), ("ApiId", "a1b2c3d4e5"));
        assert_eq!(average("5XXError", &[rest, ("Stage", "live")]), Some(1.0));
        assert_eq!(average("4XXError", &[rest]), Some(0.0));
        assert_eq!(average("5xx", &[http, ("Stage", "live")]), Some(1.0));
        assert_eq!(average("5XXError", &[http]), None);
    }

    #[test]
    fn where_detailed_metrics_are_on_each_method_has_its_own() {
        let mut metrics = Metrics::default();
        let stage = ApiStage {
            kind: ApiKind::Rest,
            api: "shop".to_owned(),
            stage: "prod".to_owned(),
            detailed: Some(ApiMethod {
                method: "GET".to_owned(),
                resource: "/orders/{id}".to_owned(),
            }),
        };
        record_request(&mut metrics, &stage, VirtualTime::ZERO, 500, 20);
        let method = [
            ("ApiName", "shop"),
            ("Stage", "prod"),
            ("Method", "GET"),
            ("Resource", "/orders/{id}"),
        ];
        assert_eq!(
            metrics.values_of(&Metric::new(API_GATEWAY, "5XXError", &method)),
            1
        );
        assert_eq!(
            metrics.values_of(&Metric::new(API_GATEWAY, "5XXError", &method[..2])),
            1
        );
    }
}
