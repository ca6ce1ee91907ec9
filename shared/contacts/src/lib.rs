//! The contact, the response envelope and the errors: no AWS, no I/O.
