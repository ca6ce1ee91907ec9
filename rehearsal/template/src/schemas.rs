//! The names of the properties of CloudFormation's own types, those that lie on a deployment's path.
//!
//! From the resource provider schemas (CloudFormation user guide, "Resource type schema"), as cfn-lint ships them; `tests/oracle/schemas.py`
//! writes the table. A schema's `additionalProperties: false` is why CloudFormation refuses any other name: `extraneous key [x] is not
//! permitted`, `Encountered unsupported property x`.

use std::sync::LazyLock;

use crate::text::QuickMap;

/// A line is a type or a place inside one, and the names that may stand there, each with a mark of what stands under it.
static TABLE: &str = include_str!("schemas.txt");

static LEVELS: LazyLock<QuickMap<&str, Level>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| line.split_once(": "));
    rows.map(|(path, names)| (path, level(names))).collect()
});

/// The names that may stand in a place, and what stands under each.
type Level = Vec<(&'static str, Shape)>;

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Anything, as far as a schema says.
    Any,
    /// True or false.
    Flag,
    List,
    ListOfMaps,
    Map,
    /// Text, or a number.
    Scalar,
}

/// The marks, the longer of two first.
const MARKS: [(&str, Shape); 5] = [
    ("[{}]", Shape::ListOfMaps),
    ("[]", Shape::List),
    ("{}", Shape::Map),
    ("?", Shape::Flag),
    ("*", Shape::Any),
];

fn level(names: &'static str) -> Level {
    let marked = |word: &'static str| {
        let mut marks = MARKS.into_iter();
        let found = marks.find_map(|(mark, shape)| Some((word.strip_suffix(mark)?, shape)));
        found.unwrap_or((word, Shape::Scalar))
    };
    names.split(' ').map(marked).collect()
}

/// The names that may stand at a place: `AWS::Lambda::Function`, `AWS::Lambda::Function/Environment`. `None` where any may, or the type is
/// not in the table.
pub(crate) fn names(path: &str) -> Option<impl Iterator<Item = &'static str> + Clone + use<>> {
    let level: &'static Level = LEVELS.get(path)?;
    Some(level.iter().map(|(name, _)| *name))
}

/// What stands under a name at a place. `None` where that is not known.
pub(crate) fn shape(path: &str, name: &str) -> Option<Shape> {
    let mut level = LEVELS.get(path)?.iter();
    level.find_map(|(known, shape)| (*known == name).then_some(*shape))
}

/// Looks at what stands under a name in a path of a schema: `AWS::Lambda::Function/Environment`. One text serves for all paths of a resource, for
/// there are ten thousand in a large template.
pub(crate) fn inside(path: &mut String, name: &str, look: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(name);
    look(path);
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_names_and_what_may_have_any_has_none() {
        let names_of = |path| names(path).into_iter().flatten().collect::<Vec<_>>();
        assert!(names_of("AWS::CloudWatch::Alarm").contains(&"TreatMissingData"));
        assert_eq!(names_of("AWS::Lambda::Function/Environment"), ["Variables"]);
        assert!(names("AWS::Lambda::Function/Environment/Variables").is_none());
        assert!(names("AWS::EC2::Instance").is_none());
    }

    #[test]
    fn a_name_has_what_its_mark_says_under_it() {
        let of_function = |name| shape("AWS::Lambda::Function", name);
        assert_eq!(of_function("Layers"), Some(Shape::List));
        assert_eq!(of_function("Tags"), Some(Shape::ListOfMaps));
        assert_eq!(of_function("VpcConfig"), Some(Shape::Map));
        assert_eq!(of_function("Timeout"), Some(Shape::Scalar));
        assert_eq!(of_function("Nobodys"), None);
        let policy = shape("AWS::IAM::Policy", "PolicyDocument");
        assert_eq!(policy, Some(Shape::Any));
        let fifo = shape("AWS::SQS::Queue", "FifoQueue");
        assert_eq!(fifo, Some(Shape::Flag));
    }
}
