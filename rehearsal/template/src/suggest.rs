//! "Did you mean …?"

use crate::bounds::MAX_NAME;

/// How alike two names must be for one to be suggested for the other, 0 to 1, whatever their case.
const ALIKE: f64 = 0.85;

/// The candidate closest to a misspelt name, when one is close enough to be meant. What is too long to be a name is close to none:
/// to compare two texts takes time by the product of their lengths.
///
/// ```
/// use rehearsal_template::suggest::closest;
///
/// assert_eq!(closest("form_minute", ["to_minute", "from_minute"]), Some("from_minute"));
/// assert_eq!(closest("colour", ["to_minute", "from_minute"]), None);
/// ```
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_NAME)
        .map(|candidate| {
            (
                strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity >= ALIKE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// The question after the closest candidate: "did you mean `from_minute`?".
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    closest(name, candidates).map(|near| format!("did you mean `{near}`?"))
}
