//! Where the reader does otherwise than PyYAML on purpose, each with a text that shows it.

use serde_json::Value;

/// A difference.
pub struct Difference {
    /// Its name in `loader.py`, where the loader tells of it.
    pub apart: Option<&'static str>,
    /// The code of the reader's refusal.
    pub code: &'static str,
    pub text: &'static str,
    pub what: &'static str,
}

/// All of them.
pub const ALL: &[Difference] = &[
    Difference {
        apart: Some("unknown-tag"),
        code: "template::tag",
        text: "a: !GetAttr X.Y\n",
        what: "SAM makes `Fn::Name` of any tag, which CloudFormation refuses; the reader refuses it, with a suggestion",
    },
    Difference {
        apart: Some("too-deep"),
        code: "template::too-deep",
        text: "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        what: "the reader bounds how deep a text nests",
    },
    Difference {
        apart: Some("half-of-a-pair"),
        code: "template::syntax",
        text: "a: \"\\ud83d\"\n",
        what: "half of a surrogate pair is no character; Python keeps it",
    },
    Difference {
        apart: None,
        code: "template::alias",
        text: "a: &x\n  b: 1\n  <<: *x\n",
        what: "PyYAML takes an alias inside what it stands for, where it is merged; a template is a tree",
    },
    Difference {
        apart: None,
        code: "",
        text: "a: 0x_\n",
        what: "PyYAML fails at a number without a digit; the reader takes it for text",
    },
];

/// Whether a refusal is for the reason that the loader told.
pub fn gives(code: &str, apart: &str) -> bool {
    let of = |difference: &&Difference| difference.apart == Some(apart);
    // What is wrong besides may be found first.
    code == "template::syntax"
        || code == "template::key"
        || ALL
            .iter()
            .filter(of)
            .any(|difference| difference.code == code)
}

/// Whether two values are equal: a number is one whether it is written with a dot or not.
pub fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            ours == theirs || ours.as_f64() == theirs.as_f64()
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| equal(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .all(|(key, value)| theirs.get(key).is_some_and(|theirs| equal(value, theirs)))
        }
        (ours, theirs) => ours == theirs,
    }
}
