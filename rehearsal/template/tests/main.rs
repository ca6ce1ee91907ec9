//! What is read from templates, what is refused, and what the lints say. One program: linked once, and its tests run side by side.

mod alarm_cannot_fire;
mod bounds;
mod caller_bypasses_alias;
mod caller_not_permitted;
mod cloudformation;
mod common;
mod declarations;
mod external_values;
mod files;
mod fuzz;
mod gate_watches_nothing;
mod hook_roles;
mod integrations;
mod intrinsics;
mod lint_cases;
mod lints;
mod parameters;
mod passed_over;
mod preference_ignored;
mod project;
mod reading;
mod refusal;
mod robustness;
mod rules;
mod sam;
mod yaml;
