//! Values come back as they were sent: exactly, through the real store.

use contacts::{Contact, Envelope, Object, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Call, Table};

/// The text of a number as JSON may write it and DynamoDB can hold it.
fn number() -> impl Strategy<Value = String> {
    let digits = "[1-9][0-9]{0,18}([0-9]{0,18}[1-9])?";
    let whole = (digits, -130_i64..=125, any::<bool>(), any::<bool>()).prop_map(
        |(digits, exponent, negative, upper)| {
            // The first digit stands for 10^exponent.
            let written = exponent - i64::try_from(digits.len()).unwrap() + 1;
            format!(
                "{}{digits}{}{written}",
                if negative { "-" } else { "" },
                if upper { 'E' } else { 'e' }
            )
        },
    );
    let pointed = ("-?(0|[1-9][0-9]{0,17})", "[0-9]{1,18}", -90_i64..=90)
        .prop_map(|(whole, fraction, exponent)| format!("{whole}.{fraction}e{exponent:+}"));
    prop_oneof![
        whole,
        pointed,
        "-?(0|[1-9][0-9]{0,37})",
        Just("-0.0e5".to_owned())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(|text| Value::Number(text.parse().unwrap())),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            btree_map(".{1,8}", inner, 0..6).prop_map(Value::Object),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Object> {
    let not_null = value().prop_filter("a top-level null removes", |value| *value != Value::Null);
    btree_map(".{1,8}", not_null, 0..6)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn read(text: &str) -> Contact {
    serde_json::from_str::<Envelope<Contact>>(text)
        .unwrap()
        .data
}

#[test]
fn whatever_is_created_and_merged_is_read_back_exactly() {
    let runtime = runtime();
    let table = runtime.block_on(Table::start());
    let api = table.api();
    let mut runner = TestRunner::new(Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    });
    let property = runner.run(&(attributes(), attributes()), |(first, second)| {
        runtime.block_on(async {
            let body = serde_json::to_string(&first).unwrap();
            let created = api.send(Call::new("POST", "/contacts").json(body)).await;
            prop_assert_eq!(created.status, 201, "{}", created.text);
            let created = read(&created.text);
            prop_assert_eq!(&created.attributes, &first);
            prop_assert_eq!(&read(&api.get(&created.id).await.text), &created);

            let body = serde_json::to_string(&second).unwrap();
            let merged = api
                .send(Call::new("PUT", &format!("/contacts/{}", created.id)).json(body))
                .await;
            prop_assert_eq!(merged.status, 200, "{}", merged.text);
            let mut expected = first.clone();
            expected.extend(second.clone());
            prop_assert_eq!(&read(&merged.text).attributes, &expected);
            prop_assert_eq!(
                &read(&api.get(&created.id).await.text).attributes,
                &expected
            );
            Ok(())
        })
    });
    property.unwrap();
}

#[test]
fn a_number_keeps_its_value_however_it_is_spelled() {
    let runtime = runtime();
    let table = runtime.block_on(Table::start());
    let api = table.api();
    let mut runner = TestRunner::new(Config {
        cases: 32,
        failure_persistence: None,
        ..Config::default()
    });
    let property = runner.run(&vec(number(), 1..40), |texts| {
        runtime.block_on(async {
            let body = format!("{{\"numbers\": [{}]}}", texts.join(","));
            let created = api.send(Call::new("POST", "/contacts").json(body)).await;
            prop_assert_eq!(created.status, 201, "{}", created.text);
            let stored = read(&api.get(&read(&created.text).id).await.text);
            let Value::Array(numbers) = &stored.attributes["numbers"] else {
                return Err(TestCaseError::fail("no array"));
            };
            for (text, number) in texts.iter().zip(numbers) {
                // An independent judge of what the two texts are worth.
                let sent: bigdecimal::BigDecimal = text.parse().unwrap();
                let back: bigdecimal::BigDecimal =
                    serde_json::to_string(number).unwrap().parse().unwrap();
                prop_assert_eq!(sent, back, "{}", text);
            }
            Ok(())
        })
    });
    property.unwrap();
}
