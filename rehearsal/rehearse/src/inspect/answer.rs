//! What a template gives, or why it is not known.

use rehearsal_template::{Field, Unknown};
use serde::{Serialize, Serializer};

/// A value of the template, as JSON the value or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// What the template gives.
    Known(T),
    /// It gives none.
    None,
    /// Only AWS knows it.
    Unknown(Unknown),
}

impl<T> Answer<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::None | Self::Unknown(_) => None,
        }
    }

    /// Why it is not known.
    pub fn unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            Self::None | Self::Known(_) => None,
        }
    }
}

impl<T> From<Option<T>> for Answer<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Self::Known)
    }
}

impl<T: Clone> From<&Field<T>> for Answer<T> {
    fn from(field: &Field<T>) -> Self {
        match &field.value {
            Ok(value) => Self::Known(value.clone()),
            Err(unknown) => Self::Unknown(unknown.clone()),
        }
    }
}

impl<T: Serialize> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(serializer)
    }
}
