//! The AWS that functions see during a rehearsal.
