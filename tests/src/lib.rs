//! Whole-workspace tests over real processes.
