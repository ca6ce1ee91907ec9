//! The one place that makes AWS clients: small, fast to start, retried with care.
