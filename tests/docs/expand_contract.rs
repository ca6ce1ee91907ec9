//! A change of the table in a release, which a page tells of.

use workspace_tests::{Application, Finished, Rehearse, contract};

use crate::quotes::RUNS;

/// The release, by its place in the project.
pub const RELEASE: &str = "tests/applications/people/release.toml";

/// The versions of the code that its updates are between.
const SHAPES: [&str; 3] = ["phone", "both", "phones"];

/// Runs it, with what it names built.
pub fn run() -> Finished {
    let people = Application::copied("people");
    for shape in SHAPES {
        let build = format!("builds/{shape}/People");
        people.build(&build, "people");
        std::fs::write(people.path(&build).join("shape"), shape).expect("it can be written");
    }
    let run = Rehearse::new().file(people.path("release.toml"));
    run.environment("COLUMNS", "80").run().with_code(0)
}

#[test]
fn a_change_of_the_table_in_two_updates_costs_no_request_and_in_one_it_does() {
    // What each update comes to, and with how many errors, the file itself expects.
    let report = RUNS[&vec![RELEASE.to_owned()]].report();
    contract::report(&report.0);
    let updates = report.at("/updates").as_array().map(Vec::len);
    assert_eq!(updates, Some(6));
}
