//! The query protocol: a form whose keys are the path of each value, such as `MetricData.member.1.Value`.

use serde_json::{Map, Value};

/// How deep values may be nested, and how long a list may be.
const DEEPEST: usize = 16;
const LONGEST: usize = 10_000;

/// The parameters of a request as JSON: texts, lists where the path has `member`, and maps.
///
/// # Errors
/// A path that contradicts another, or goes too far.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    let mut root = Value::Object(Map::new());
    for (path, value) in form_urlencoded::parse(body) {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > DEEPEST {
            return Err(format!("{path} is nested too deep"));
        }
        let place = place(&mut root, &steps);
        let place = place.ok_or_else(|| format!("{path} contradicts another parameter"))?;
        *place = Value::String(value.into_owned());
    }
    Ok(root)
}

/// The place of a path, made where it is not there.
fn place<'a>(root: &'a mut Value, steps: &[&str]) -> Option<&'a mut Value> {
    let mut at = root;
    let mut steps = steps.iter();
    while let Some(step) = steps.next() {
        if at.is_null() {
            *at = if *step == "member" {
                Value::Array(Vec::new())
            } else {
                Value::Object(Map::new())
            };
        }
        at = match at {
            Value::Array(items) => {
                let number: usize = steps.next()?.parse().ok()?;
                if !(1..=LONGEST).contains(&number) {
                    return None;
                }
                if items.len() < number {
                    items.resize(number, Value::Null);
                }
                &mut items[number - 1]
            }
            Value::Object(members) => members.entry(*step).or_insert(Value::Null),
            _ => return None,
        };
    }
    at.is_null().then_some(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_become_lists_and_maps() {
        let body = "Action=PutMetricData&Version=2010-08-01&Namespace=Shop%2FOrders&MetricData.member.1.MetricName=m\
            &MetricData.member.1.Dimensions.member.1.Name=a&MetricData.member.1.Dimensions.member.1.Value=1+2\
            &MetricData.member.2.MetricName=n&MetricData.member.2.Values.member.1=1&MetricData.member.2.Values.member.2=2";
        let expected = json!({
            "Action": "PutMetricData",
            "Version": "2010-08-01",
            "Namespace": "Shop/Orders",
            "MetricData": [
                {"MetricName": "m", "Dimensions": [{"Name": "a", "Value": "1 2"}]},
                {"MetricName": "n", "Values": ["1", "2"]},
            ],
        });
        assert_eq!(read(body.as_bytes()), Ok(expected));
    }

    #[test]
    fn paths_that_contradict_each_other_or_go_too_far_are_refused() {
        for body in [
            "a=1&a.b=2",
            "a=1&a=2",
            "a.member.0=1",
            "a.member.1000000=1",
            "a.member.x=1",
            "a.member=1&a.b=2",
            "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1",
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
