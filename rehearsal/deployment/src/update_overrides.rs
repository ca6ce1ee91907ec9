//! The rehearsal of one update of a release, as if it stood in a file of its own.

use crate::rehearsal::Rehearsal;

impl Rehearsal {
    /// The names of its updates, in order. A file without `[[update]]` is one, and has the rehearsal's.
    pub fn update_names(&self, rehearsal: &str) -> Vec<String> {
        if self.updates.is_empty() {
            return vec![rehearsal.to_owned()];
        }
        let names = self.updates.iter().enumerate();
        names
            .map(|(index, update)| {
                let name = update.name.clone();
                name.unwrap_or_else(|| format!("update {}", index + 1))
            })
            .collect()
    }

    /// The rehearsal of one update, by its index: as if it stood in a file of its own.
    #[must_use]
    pub fn of_update(&self, index: usize) -> Self {
        let mut own = self.clone();
        own.updates.clear();
        let Some(update) = self.updates.get(index).cloned() else {
            return own;
        };
        if let Some(template) = update.template {
            own.template = template;
        }
        own.parameters.extend(update.parameters);
        if let Some(builds) = update.builds {
            own.builds.new = builds;
        }
        let (traffic, given) = (&mut own.traffic, update.traffic);
        replace(&mut traffic.requests_per_minute, given.requests_per_minute);
        replace(&mut traffic.minutes_before, given.minutes_before);
        replace(&mut traffic.minutes_after, given.minutes_after);
        replace(&mut traffic.requests, given.requests);
        replace(&mut own.faults, update.faults);
        replace(&mut own.alarms, update.alarms);
        replace(&mut own.metrics, update.metrics);
        replace(&mut own.gates, update.gates);
        replace(&mut own.expect, update.expect);
        own.actions = update.actions;
        own
    }
}

fn replace<T>(default: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *default = given;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rehearsal_aws::codedeploy::deployment::DeploymentStatus;

    use super::*;
    use crate::parameter::ParameterValue;

    fn read(text: &str) -> Rehearsal {
        let head = "template = 't.yaml'\n[parameters]\nA = 'a'\nB = 'b'\n[traffic]\nrequests_per_minute = 5\nminutes_before = 2\n\
                    [[traffic.request]]\nfunction = 'F'\n[[fault]]\nfunction = 'F'\nkind = 'error'\n";
        toml::from_str(&format!("{head}{text}")).unwrap()
    }

    #[test]
    fn what_an_update_does_not_say_is_what_the_file_says() {
        let file = read("[[update]]\n[[update]]\nname = 'fix'\n");
        assert_eq!(file.update_names("r"), ["update 1", "fix"]);
        let mut first = file.of_update(0);
        assert!(first.updates.is_empty());
        first.updates = file.updates.clone();
        assert_eq!(first, file);
    }

    #[test]
    fn what_an_update_says_goes_before_the_file_and_parameters_and_traffic_key_by_key() {
        let file = read(
            "[[update]]\ntemplate = 'u.yaml'\nbuilds = 'fixed'\nparameters = { B = 'c' }\ntraffic = { minutes_before = 0 }\nfault = []\n\
             [[update.action]]\nat_minute = 1\nstop = 'F'\n[update.expect]\noutcome = 'Stopped'\n",
        );
        let own = file.of_update(0);
        assert_eq!(own.template, PathBuf::from("u.yaml"));
        assert_eq!(
            (own.builds.old.as_str(), own.builds.new.as_str()),
            ("auto", "fixed")
        );
        let parameters: Vec<_> = own
            .parameters
            .values()
            .map(ParameterValue::to_text)
            .collect();
        assert_eq!(parameters, ["a", "c"]);
        assert_eq!(own.traffic.minutes_before, 0);
        assert_eq!(own.traffic.requests_per_minute, 5);
        assert_eq!(own.traffic.requests.len(), 1);
        assert!(own.faults.is_empty());
        assert_eq!(own.actions[0].rollback, None);
        assert_eq!(own.expect.outcome, DeploymentStatus::Stopped);
    }

    #[test]
    fn a_file_without_updates_is_one() {
        let file = read("");
        assert_eq!(file.update_names("r"), ["r"]);
        assert_eq!(file.of_update(0), file);
    }
}
