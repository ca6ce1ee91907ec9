//! Entity tags and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1).

use crate::limits::ENTITY_TAGS;
use crate::problem::quoted;

/// The entity tag of a revision: `"7"`.
///
/// ```
/// assert_eq!(contacts::etag(7), "\"7\"");
/// ```
pub fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// What an `If-Match` asks of the stored contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: it exists.
    Exists,
    /// Its revision is one of these. None at all can match when every tag was weak or not one of ours:
    /// the comparison is the strong one (RFC 9110, section 13.1.1).
    AnyOf(Vec<i64>),
}

/// An `If-Match` that is no list of entity tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IfMatchError {
    /// The syntax is broken. The beginning of the text is in it.
    #[error("If-Match must be * or a list of quoted entity tags such as \"7\", not {0:?}.")]
    Malformed(String),
    /// Too many tags.
    #[error("If-Match has {0} entity tags; it may have at most {ENTITY_TAGS}.")]
    TooMany(usize),
}

impl IfMatch {
    /// Reads an `If-Match` field value; several lines of the field are joined with commas first.
    ///
    /// # Errors
    /// When it is neither `*` nor a list of entity tags, or has more than 100 of them.
    ///
    /// ```
    /// use contacts::IfMatch;
    ///
    /// assert_eq!(IfMatch::parse("*")?, IfMatch::Exists);
    /// assert_eq!(IfMatch::parse(r#""3", W/"4", "other", "5""#)?, IfMatch::AnyOf(vec![3, 5]));
    /// assert!(IfMatch::parse("3").is_err());
    /// # Ok::<(), contacts::etag::IfMatchError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, IfMatchError> {
        let malformed = || IfMatchError::Malformed(quoted(text).into_owned());
        let mut rest = trim(text);
        if rest == "*" {
            return Ok(Self::Exists);
        }
        let (mut revisions, mut tags) = (Vec::new(), 0);
        loop {
            // An empty element of a list is passed over (RFC 9110, section 5.6.1.2).
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let (weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let (tag, after) = quoted
                .strip_prefix('"')
                .and_then(|open| open.split_once('"'))
                .ok_or_else(malformed)?;
            if !tag
                .bytes()
                .all(|byte| byte == b'!' || byte >= b'#' && byte != 0x7f)
            {
                return Err(malformed());
            }
            rest = after.trim_start_matches([' ', '\t']);
            if !(rest.is_empty() || rest.starts_with(',')) {
                return Err(malformed());
            }
            tags += 1;
            revisions.extend(revision(tag).filter(|_| !weak));
        }
        match tags {
            0 => Err(malformed()),
            tags if tags > ENTITY_TAGS => Err(IfMatchError::TooMany(tags)),
            _ => Ok(Self::AnyOf(revisions)),
        }
    }
}

/// The revision that a tag names. Only the spelling that [`etag`] writes is one of ours.
fn revision(tag: &str) -> Option<i64> {
    tag.parse()
        .ok()
        .filter(|revision: &i64| *revision > 0 && revision.to_string() == tag)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tag_that_is_not_ours_or_weak_matches_nothing() {
        for text in [
            r#"W/"1""#,
            r#""abc""#,
            r#""01""#,
            r#""-1""#,
            r#""+1""#,
            r#""0""#,
            r#""""#,
            r#""99999999999999999999""#,
        ] {
            assert_eq!(IfMatch::parse(text), Ok(IfMatch::AnyOf(vec![])), "{text}");
        }
    }

    #[test]
    fn a_list_may_have_empty_elements_and_any_spacing() {
        assert_eq!(
            IfMatch::parse(" , \"1\"\t,,\"2\" ,"),
            Ok(IfMatch::AnyOf(vec![1, 2]))
        );
    }

    #[test]
    fn broken_syntax_is_refused() {
        for text in [
            "",
            ",",
            "1",
            "\"1",
            "1\"",
            "w/\"1\"",
            "\"1\" \"2\"",
            "*, \"1\"",
            "\"1\", *",
            "\"a b\"",
        ] {
            assert_eq!(
                IfMatch::parse(text),
                Err(IfMatchError::Malformed(text.to_owned())),
                "{text}"
            );
        }
        let many = vec!["\"1\""; ENTITY_TAGS + 1].join(",");
        assert_eq!(
            IfMatch::parse(&many),
            Err(IfMatchError::TooMany(ENTITY_TAGS + 1))
        );
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(revision in 1..i64::MAX) {
            prop_assert_eq!(IfMatch::parse(&etag(revision)), Ok(IfMatch::AnyOf(vec![revision])));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[*\"W/, 0-9a\\\\]{0,20}") {
            let _ = IfMatch::parse(&text);
        }
    }
}
