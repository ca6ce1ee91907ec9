//! The documentation's examples, row by row, and what is refused.

use std::collections::BTreeMap;

use super::*;
use crate::cloudwatch::metric::{Metric, Metrics, Statistic};
use crate::time::{MINUTE_MS, VirtualTime};

/// Metrics by id, each with a period of a minute. Points are written `"30 - 0"`.
struct Given(BTreeMap<&'static str, Series>);

fn series(text: &str) -> Series {
    text.split_whitespace()
        .map(|point| point.parse().ok())
        .collect()
}

impl Inputs for Given {
    fn value(&self, id: &str) -> Option<Value> {
        self.0.get(id).cloned().map(Value::Series)
    }

    fn period_seconds(&self, id: &str) -> Option<i64> {
        self.0.contains_key(id).then_some(60)
    }

    fn metrics(&self) -> Vec<(&str, Series)> {
        self.0
            .iter()
            .map(|(id, series)| (*id, series.clone()))
            .collect()
    }
}

fn value(expression: &str, given: &[(&'static str, &str)]) -> Value {
    let given = Given(
        given
            .iter()
            .map(|(id, points)| (*id, series(points)))
            .collect(),
    );
    let grid = Grid {
        first_seconds: calendar::EPOCH_SECONDS_OF_MINUTE_ZERO,
        period_seconds: 60,
        points: given.0.values().next().map_or(3, Vec::len),
    };
    let parsed =
        Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    parsed
        .evaluate(&given, grid)
        .unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// Holds an expression over `m1`, `m2` and `m3` to a series.
fn check(expression: &str, given: [&str; 3], expected: &str) {
    let given = [("m1", given[0]), ("m2", given[1]), ("m3", given[2])];
    assert_eq!(
        value(expression, &given),
        Value::Series(series(expected)),
        "{expression}"
    );
}

#[test]
fn the_guides_comparisons_hold_row_by_row() {
    let given = ["30 20 0 0", "20 - 20 -", "- - - -"];
    check("(m1 < m2)", given, "0 0 1 0");
    check("(m1 >= 30)", given, "1 0 0 0");
    check("(m1 > 15 AND m2 > 15)", given, "1 0 0 0");
    check("m1 > 15 && m2 > 15", given, "1 0 0 0");
    check("m1 > 15 || m2 > 15", given, "1 1 1 0");
    check("m1 == 20 OR m1 != 0", given, "1 1 0 0");
    check("m1 <= m2", given, "0 0 1 1");
}

#[test]
fn the_guides_tables_of_if_hold_row_by_row() {
    let given = ["1 1 0 0 -", "30 - 0 0 30", "0 0 20 - 20"];
    check("IF(m1, m2, m3)", given, "30 0 20 - -");
    check("IF(m1, 5, m3)", given, "5 5 20 - -");
    check("IF(m1, m2, 5)", given, "30 0 5 5 -");
    check("IF(m1, 7, 5)", given, "7 7 5 5 -");
    check("IF(1, m2, m3)", given, "30 - 0 0 30");
    check("IF(0, m2, m3)", given, "0 0 20 - 20");
    check("IF(0, m2)", given, "- - - - -");
    check("IF(m1, m2)", given, "30 0 - - -");
    check("IF(-1, 3, m3)", given, "3 3 3 3 3");
}

#[test]
fn the_guides_use_cases_of_if_hold() {
    let given = ["100 400 500 -", "300 300 - 300", "- - - -"];
    check("IF(m1<400, m1)", given, "100 - - -");
    check("IF(m1<400, 10, 2)", given, "10 2 2 -");
    check("IF(m1>m2, 1, 0)", given, "0 1 1 0");
}

#[test]
fn arithmetic_takes_missing_points_of_one_series_for_0_and_drops_divisions_by_0() {
    let given = ["6 - 4 -", "2 3 0 -", "- - - -"];
    check("m1 + m2", given, "8 3 4 -");
    check("m1 - m2", given, "4 -3 4 -");
    check("m1 * m2", given, "12 0 0 -");
    check("m1 / m2", given, "3 0 - -");
    check("m1 ^ m2", given, "36 0 1 -");
    check("5 * m1", given, "30 - 20 -");
    check("-5*m1", given, "-30 - -20 -");
    check("-m1", given, "-6 - -4 -");
    check("1 / (m1 - 4)", given, "0.5 - - -");
    check("m1 + m2 * 2 ^ 2", given, "14 12 4 -");
    check("(m1 + m2) * 2", given, "16 6 8 -");
    check("10 - 2 - m2", given, "6 5 8 -");
}

#[test]
fn the_guides_arithmetic_examples_hold() {
    let given = ["10 20 -", "5 0 4", "2 2 2"];
    check("m1/PERIOD(m1)", ["60 120 -", "0 0 0", "0 0 0"], "1 2 -");
    check("SUM(100/[m1, m2])", given, "30 5 25");
    check("AVG([m1,m2]/m3)", given, "3.75 5 1");
    check("SUM(METRICS()*100)", given, "1700 2200 600");
    check("SUM(-[m1, m2])", given, "-15 -20 -4");
    check("PERIOD(m1)/60 * m1", given, "10 20 -");
}

#[test]
fn each_function_does_what_the_guide_says() {
    let given = ["-3.5 2 - 9", "1 - - 3", "4 4 4 4"];
    check("ABS(m1)", given, "3.5 2 - 9");
    check("MIN(ABS([m1, m2]))", given, "1 2 - 3");
    check("MAX([m1, m2])", given, "1 2 - 9");
    check("CEIL(m1)", given, "-3 2 - 9");
    check("FLOOR(m1)", given, "-4 2 - 9");
    check("LOG10(m3 * 25)", given, "2 2 2 2");
    check("LOG(m1)", ["1 0 -1", "0 0 0", "0 0 0"], "0 - -");
    check("DIFF(m1)", given, "- 5.5 - 7");
    check("DIFF_TIME(m1)", given, "- 60 - 120");
    check("RATE(m2 * 60)", given, "- - - 0.6666666666666666");
    check("RUNNING_SUM(m1)", given, "-3.5 -1.5 - 7.5");
    check("SUM([m1, m2])", given, "-2.5 2 - 12");
    check("AVG([m1, m2])", given, "-1.25 1 - 6");
    check("DATAPOINT_COUNT([m1, m2])", given, "2 1 - 2");
    check("STDDEV([m1, m2])", given, "2.25 0 - 3");
    check(
        "m3/METRIC_COUNT(METRICS())",
        ["3 3 3", "0 0 0", "9 9 9"],
        "3 3 3",
    );
    check("TIME_SERIES(10)", given, "10 10 10 10");
    check("TIME_SERIES(MAX(m1))", given, "9 9 9 9");
    check("m1-MIN(m1)", given, "0 5.5 - 12.5");
    check("m3 * SUM(m1) / DATAPOINT_COUNT(m1)", given, "10 10 10 10");
    check("TIME_SERIES(AVG(m1))", given, "1.875 1.875 1.875 1.875");
    check("TIME_SERIES(STDDEV(m2))", given, "1 1 1 1");
}

#[test]
fn fill_fills_gaps_alone() {
    let given = ["- 2 - - 8 -", "1 1 1 1 1 1", "- - - - - -"];
    check("FILL(m1, 10)", given, "10 2 10 10 8 10");
    check("FILL(m1, MIN(m1))", given, "2 2 2 2 8 2");
    check("FILL(m1, REPEAT)", given, "- 2 2 2 8 8");
    check("FILL(m1, LINEAR)", given, "- 2 4 6 8 -");
    check("FILL(m1, m2)", given, "1 2 1 1 8 1");
    check("FILL(m3, 0)", given, "0 0 0 0 0 0");
    check("SUM(FILL(METRICS(), 0))", given, "1 3 1 1 9 1");
}

#[test]
fn arrays_are_sorted_cut_and_counted() {
    let given = ["1 1 1", "5 5 5", "- 3 3"];
    check("FIRST(SORT(METRICS(), AVG, DESC))", given, "5 5 5");
    check("LAST(SORT(METRICS(), AVG, DESC))", given, "1 1 1");
    check(
        "IF(FIRST(SORT(METRICS(), AVG, DESC))>100, 1, 0)",
        given,
        "0 0 0",
    );
    check("SUM(SORT(METRICS(), MAX, ASC, 2))", given, "1 4 4");
    check(
        "SUM(SLICE(SORT(METRICS(), SUM, DESC), 0, 2))",
        given,
        "5 8 8",
    );
    check("SUM(SLICE(SORT(METRICS(), AVG, ASC), 1))", given, "5 8 8");
    check(
        "TIME_SERIES(METRIC_COUNT(REMOVE_EMPTY(METRICS())))",
        ["1 1 1", "- - -", "2 2 2"],
        "2 2 2",
    );
    check("FIRST(SLICE(METRICS(), 7))", given, "- - -");
}

#[test]
fn metrics_takes_those_whose_ids_have_a_text() {
    let given = [
        ("errors_a", "1 2"),
        ("errors_b", "3 -"),
        ("requests", "8 4"),
    ];
    let percent = value(
        "SUM(METRICS(\"errors\"))/SUM(METRICS('requests'))*100",
        &given,
    );
    assert_eq!(percent, Value::Series(series("50 50")));
    let both = value("SUM([METRICS(\"_a\"), METRICS(\"_b\")])", &given);
    assert_eq!(both, Value::Series(series("4 2")));
}

#[test]
fn the_calendar_is_read_of_each_points_time() {
    let given = ["- 1 1", "0 0 0", "0 0 0"];
    check("MINUTE(m1)", given, "0 1 2");
    // The condition has no gaps, and a missing point where it holds is 0 (the table of IF).
    check("IF(DAY(m1)<6,m1)", given, "0 1 1");
    check("IF(MONTH(m1) == 4,m1)", given, "- - -");
    check("EPOCH(m1) - 1704067200", given, "0 60 120");
    check("HOUR(m1) + DATE(m1) + YEAR(m1)", given, "2025 2025 2025");
}

#[test]
fn the_four_shapes_that_people_use_are_computed() {
    let given = [("errors", "- 1 4"), ("invocations", "- 10 8")];
    let computed = |expression| value(expression, &given);
    assert_eq!(
        computed("errors / invocations"),
        Value::Series(series("- 0.1 0.5"))
    );
    assert_eq!(
        computed("(errors / invocations) * 100"),
        Value::Series(series("- 10 50"))
    );
    assert_eq!(
        computed("IF(errors < 2, 0, 100 * errors / invocations)"),
        Value::Series(series("- 0 50"))
    );
    assert_eq!(
        computed("SUM([errors, invocations])"),
        Value::Series(series("- 11 12"))
    );
}

#[test]
fn a_wrong_expression_is_an_error_at_its_column() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("", 1, "the expression ends where"),
        ("m1 +", 5, "the expression ends where"),
        ("m1 m2", 4, "m2 stands where an operator"),
        ("m1 + (m2", 9, "where ) is expected"),
        ("SUM([m1, m2)", 12, ", or ]"),
        ("m1 = 2", 4, "=="),
        ("m1 % 2", 4, "no meaning"),
        ("1.2.3 * m1", 1, "not a number"),
        ("METRICS(\"a)", 9, "not closed"),
        ("sum(m1)", 1, "in capitals: SUM"),
        ("100 * SUMM(m1)", 7, "no function SUMM"),
        ("SEARCH('x', 'Sum')", 1, "SEARCH is not rehearsed"),
        ("m1 > ANOMALY_DETECTION_BAND(m1)", 6, "ANOMALY_DETECTION_BAND is not rehearsed"),
        ("SERVICE_QUOTA(m1)", 1, "quotas"),
        ("INSIGHT_RULE_METRIC(\"a\", \"b\")", 1, "Contributor Insights"),
        ("LAMBDA('f')", 1, "LAMBDA is not rehearsed"),
        ("DB_PERF_INSIGHTS('RDS', 'db', 'x')", 1, "DB_PERF_INSIGHTS is not rehearsed"),
        ("SELECT AVG(CPU) FROM x", 1, "Metrics Insights"),
        ("FILL(m1, NOTHING)", 10, "no word"),
        ("M1 + 1", 1, "begin with a small letter"),
        ("FILL(m1, SUM)", 10, ""),
        ("m1 < m2 < 3", 9, "parentheses"),
        ("2 ^ 3 ^ m1", 7, "parentheses"),
        ("-m1 ^ 2", 5, "parentheses"),
        ("-(m1) ^ 2", 7, "parentheses"),
        ("unknown + 1", 1, "no expression unknown"),
        ("[m1, 5]", 6, "TIME_SERIES"),
        ("IF(m1)", 1, "a condition"),
        ("FIRST(m1)", 7, "array"),
        ("ABS(5)", 5, "time series"),
        ("PERIOD(SUM(m1))", 1, "the id of a metric"),
        ("SORT(METRICS(), MEDIAN, ASC)", 17, "no word"),
        ("SORT(METRICS(), REPEAT, ASC)", 17, "AVG, MIN, MAX or SUM"),
        ("SORT(METRICS(), SUM, LINEAR)", 22, "ASC or DESC"),
        ("METRICS() > 5", 13, "comparison of an array"),
        ("METRICS() + METRICS()", 13, "between two arrays"),
        ("TIME_SERIES(m1)", 13, "a number is expected"),
        ("REPEAT", 1, "FILL and SORT alone"),
    ];
    for (text, column, part) in cases {
        let given = Given(BTreeMap::from([("m1", series("1")), ("m2", series("2"))]));
        let grid = Grid {
            first_seconds: 0,
            period_seconds: 60,
            points: 1,
        };
        let error =
            Expression::parse(text).and_then(|expression| expression.evaluate(&given, grid));
        let error = error.expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn neither_depth_nor_length_is_too_much_for_the_parser() {
    for text in [
        "(".repeat(2_000),
        "-".repeat(2_000),
        "ABS(".repeat(500),
        "1+".repeat(3_000),
        "[".repeat(2_000),
    ] {
        assert!(Expression::parse(&text).is_err());
    }
    assert!(Expression::parse(&format!("{}m1", "1+".repeat(1_000))).is_ok());
}

#[test]
fn parentheses_say_what_comes_first_where_no_document_does() {
    let given = ["2 3", "0 0", "0 0"];
    check("(2 ^ m1) ^ 2", given, "16 64");
    check("(-m1) ^ 2", given, "4 9");
    check("-(m1 ^ 2)", given, "-4 -9");
    check("(m1 < 3) < 1", given, "0 1");
    check("2 ^ -m1", given, "0.25 0.125");
}

fn metric(id: &str, name: &str, period_ms: i64) -> Query {
    Query {
        id: id.to_owned(),
        source: Source::Metric {
            metric: Metric::new("N", name, &[]),
            statistic: Statistic::Sum,
            period_ms,
        },
        return_data: false,
    }
}

fn expression(id: &str, text: &str, return_data: bool) -> Query {
    let expression = Expression::parse(text).unwrap();
    Query {
        id: id.to_owned(),
        source: Source::Expression {
            expression,
            period_ms: None,
        },
        return_data,
    }
}

#[test]
fn an_alarms_queries_are_computed_over_the_periods_before_a_minute() {
    let mut metrics = Metrics::default();
    for (second, name, value) in [
        (70, "E", 3.0),
        (75, "I", 6.0),
        (130, "I", 4.0),
        (200, "I", 1.0),
    ] {
        metrics.record(
            Metric::new("N", name, &[]),
            VirtualTime::from_seconds(second),
            value,
        );
    }
    let queries = Queries::new(vec![
        expression("rate", "100 * both / i", true),
        metric("i", "I", MINUTE_MS),
        expression("both", "e + 0", false),
        metric("e", "E", MINUTE_MS),
        metric("unused", "U", 5 * MINUTE_MS),
    ])
    .unwrap();
    assert_eq!(queries.period_ms(), MINUTE_MS);
    let points = queries.points(&metrics, VirtualTime::from_seconds(180), 3);
    assert_eq!(points, series("- 50 0"));
    assert_eq!(
        queries
            .metrics()
            .map(|(index, _)| index)
            .collect::<Vec<_>>(),
        [3, 1]
    );
}

#[test]
fn metrics_of_several_periods_are_read_at_the_longest() {
    let mut metrics = Metrics::default();
    for minute in 0..10 {
        metrics.record(
            Metric::new("N", "A", &[]),
            VirtualTime(minute * MINUTE_MS),
            1.0,
        );
    }
    let queries = Queries::new(vec![
        expression("e", "a + b", true),
        metric("a", "A", MINUTE_MS),
        metric("b", "B", 5 * MINUTE_MS),
    ])
    .unwrap();
    assert_eq!(
        queries.points(&metrics, VirtualTime(10 * MINUTE_MS), 2),
        series("5 5")
    );
}

#[test]
fn queries_that_do_not_fit_together_are_refused() {
    let a = || metric("a", "A", MINUTE_MS);
    let returned = |text| expression("e", text, true);
    #[rustfmt::skip] // A table.
    let cases = [
        (vec![a()], None, "here 0 do"),
        (vec![returned("a"), expression("f", "a", true), a()], None, "here 2 do"),
        (vec![returned("a"), a(), a()], Some(2), "twice"),
        (vec![returned("f"), expression("f", "e", false), a()], Some(0), "part of itself"),
        (vec![returned("a + g"), a()], Some(0), "column 5: the alarm has no metric and no expression g"),
        (vec![returned("SUM(a)"), a()], Some(0), "single time series"),
        (vec![returned("[a]"), a()], Some(0), "single time series"),
        (vec![returned("TIME_SERIES(1)")], Some(0), "needs a Period"),
        (vec![returned("a"), metric("a", "A", 10_000)], Some(1), "whole minutes"),
        (vec![returned("a"), metric("A", "A", MINUTE_MS), a()], Some(1), "small letter"),
        ((0..11).map(|index| metric(&format!("m{index}"), "A", MINUTE_MS)).collect(), None, "11 and 0"),
    ];
    for (queries, query, part) in cases {
        let error = Queries::new(queries).expect_err(part);
        assert_eq!(error.query, query, "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn what_depends_on_the_range_is_found_where_it_stands() {
    let column = |text: &str| Expression::parse(text).unwrap().depends_on_range();
    assert_eq!(column("m1 - AVG(m1)"), Some(6));
    assert_eq!(column("SUM([m1, m2])"), None);
    assert_eq!(column("SUM(METRICS()) / SUM(FILL([m1], 0))"), None);
    assert_eq!(column("RUNNING_SUM(m1)"), Some(1));
}
