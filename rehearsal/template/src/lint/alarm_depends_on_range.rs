//! `alarm-depends-on-range`: metric math whose value depends on how many data points CloudWatch looks at.
//!
//! The functions `SUM`, `AVG`, `MIN`, `MAX` and `STDDEV` of one series are scalars over the whole evaluation range, and an alarm retrieves more
//! data points than `EvaluationPeriods` (CloudWatch user guide, "Using math expressions with CloudWatch metrics", which advises against them in
//! alarms, and "Evaluating an alarm"). How many more is not published, so the value
//! that the threshold is held against is nobody's to know.

use rehearsal_aws::cloudwatch::math::Expression;

use super::{Lint, Subject, shifting};
use crate::stack::Alarm;
use crate::{Diagnostic, Place, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-depends-on-range",
    finds: "an alarm whose metric math depends on how many data points CloudWatch looks at",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, _) in shifting::watching(subject.stack, &subject.shifting) {
        for (expression, place) in over_the_range(alarm) {
            found.push(
                LINT.report(
                    format!(
                        "{expression} is over all data points that CloudWatch looks at, which are more than EvaluationPeriods, and how many more is not published"
                    ),
                    place,
                )
                .resource(&alarm.logical_id)
                .help("compute each data point by itself: SUM([m1, m2]) and SUM(METRICS()) are; a longer Period sums over time"),
            );
        }
    }
}

/// The expressions of an alarm with a function of one series over the range. Silent where the series may be several: where the
/// expression refers to another one.
fn over_the_range(alarm: &Alarm) -> Vec<(String, Place)> {
    let items = alarm.metrics.as_ref().and_then(Value::as_list);
    let items = items.unwrap_or_default();
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::to_text);
    let is_expression = |id: &str| {
        let mut named = items
            .iter()
            .filter(|item| text(item, "Id").as_deref() == Some(id));
        named.any(|item| item.get("Expression").is_some())
    };
    let over_the_range = |item: &Value| {
        let place = item.get("Expression")?.place;
        let written = text(item, "Expression")?;
        // A wrong expression is reported elsewhere.
        let expression = Expression::parse(&written).ok()?;
        expression.depends_on_range()?;
        let refers = expression.ids().into_iter().any(is_expression);
        (!refers).then_some((written, place))
    };
    items.iter().filter_map(over_the_range).collect()
}
