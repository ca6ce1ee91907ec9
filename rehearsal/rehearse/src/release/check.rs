//! What is wrong with a file of several updates as a whole.

use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::release::UpdateCode;

use crate::file::{FileError, RehearsalFile};

/// Looks at what each `[[update]]` may not say, and at what the file says for all of them in vain.
///
/// # Errors
/// The first that is wrong, at its place.
pub fn check(file: &RehearsalFile) -> Result<(), FileError> {
    let updates = &file.rehearsal.updates;
    if updates.is_empty() {
        return Ok(());
    }
    let wrong = |message: &str, at: &[Step], help: &str| {
        Err(file.wrong_at(message, at, Some(help.to_owned())))
    };
    if !file.rehearsal.actions.is_empty() {
        return wrong(
            "the file has [[update]], and this [[action]] belongs to none of them",
            &["action".into(), 0.into()],
            "write [[update.action]], after the [[update]] that it belongs to",
        );
    }
    if updates.iter().all(|update| update.expect.is_some())
        && file.line(&["expect".into()]).is_some()
    {
        return wrong(
            "nothing is held against this: every [[update]] has an [update.expect] of its own",
            &["expect".into()],
            "take it out, or take out that of the updates which should come to this",
        );
    }
    if updates.iter().all(|update| update.faults.is_some()) && !file.rehearsal.faults.is_empty() {
        return wrong(
            "this fault acts in no update: every [[update]] has faults of its own",
            &["fault".into(), 0.into()],
            "write [[update.fault]], after the [[update]] that it belongs to",
        );
    }
    let names = file.rehearsal.update_names(&file.name);
    for (index, update) in updates.iter().enumerate() {
        let at = |key: &str| ["update".into(), index.into(), key.into()];
        if names[..index].contains(&names[index]) {
            return wrong(
                &format!("two updates are called {}", names[index]),
                &at("name"),
                "the report tells them apart by their names",
            );
        }
        if index == 0 && update.minutes_between > 0 {
            return wrong(
                "nothing is before the first update that minutes could be between",
                &at("minutes_between"),
                "minutes_before of [traffic] are the minutes before its deployment",
            );
        }
        if update.code == Some(UpdateCode::Same) && update.builds.is_some() {
            return wrong(
                "an update with a build of its own brings other code than the one before it",
                &at("code"),
                "take out `builds` or `code`",
            );
        }
    }
    Ok(())
}
