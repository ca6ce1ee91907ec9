//! A deployment as a pure state machine in virtual time.
