//! What makes an outcome less than it says: what was not judged, not run or not known. Each kind has its words, which are made here alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// The most names of a list where there is little room.
const MOST_NAMES: usize = 3;
/// The longest name there, in characters.
const LONGEST_NAME: usize = 48;

/// One of them, as a verdict has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// What it is.
    pub kind: ReservationKind,
    /// What it is of: functions, gates, values. None where it is of the whole update.
    pub names: Vec<String>,
    /// The same in words.
    pub text: String,
    /// In a release's verdict, the update that it is of; null for the last one.
    pub update: Option<String>,
}

/// What makes an outcome less and stands nowhere else in a report.
pub(crate) struct Untold<'f> {
    /// The errors' statuses that functions answered with before the update.
    pub answered_before: &'f BTreeMap<(String, u16), u64>,
    /// What the update brings and nobody asks for.
    pub not_asked: &'f [String],
    /// The functions whose code was taken for changed.
    pub not_compared: &'f BTreeSet<String>,
    /// The routes that change in the template alone.
    pub not_deployed: &'f [String],
    /// The functions whose files differ and of which the same was built.
    pub built_alike: &'f BTreeSet<String>,
    /// The functions that are slow on this machine.
    pub slow: &'f [String],
    /// The gates that look at modelled durations.
    pub on_durations: &'f BTreeSet<String>,
}

/// The kinds in the order in which a verdict has them, each with its words for one name and, where they differ, for several.
macro_rules! kinds {
    ($($(#[$meaning:meta])+ $kind:ident = $one:literal $(, $several:literal)?;)+) => {
        /// What a reservation is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ReservationKind {
            $($(#[$meaning])+ $kind,)+
        }

        impl ReservationKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// Its words for one name and for several. `{names}` stands for these, and each other word in braces for a number.
            pub const fn words(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$kind => one_and_several(&[$one $(, $several)?]),)+
                }
            }
        }
    };
}

kinds! {
    /// The update started no deployment.
    NoDeployment = "no deployment started";
    /// An alias serves two versions though its deployment is over.
    LeftOnTwoVersions = "{names} is left on versions {versions}";
    /// Gates that the file says are not to be judged.
    GatesNotJudged = "{count} of {alarms} was not judged ({names})", "{count} of {alarms} were not judged ({names})";
    /// Gates that wait for metrics of which none was ever sent.
    GatesWithoutData = "nothing was ever sent that {names} waits for", "nothing was ever sent that {names} wait for";
    /// Functions that are slow on this machine, where gates passed that look at durations: these are modelled.
    SlowHere = "{gates} judged modelled durations, and {names} is slow here", "{gates} judged modelled durations, and {names} are slow here";
    /// Alarms that the file has in ALARM, and not while a deployment ran that they could stop.
    AlarmsNotMet = "{names}, given as in ALARM, was not while a deployment ran", "{names}, given as in ALARM, were not while a deployment ran";
    /// What AWS would not permit, as far as the template tells.
    NotPermitted = "not permitted on AWS: {names}";
    /// Functions that called a service after they had answered.
    CalledBetweenInvocations = "after its answer, where Lambda freezes it, {names} called a service", "after their answers, where Lambda freezes them, {names} called services";
    /// Functions of which processes could write where none can on Lambda.
    NotConfined = "not known whether {names} writes outside /tmp", "not known whether {names} write outside /tmp";
    /// Functions whose code did not run.
    Stubs = "a stub stood for {names}", "stubs stood for {names}";
    /// Functions of which the code of the old version alone did not run.
    StubsOfOld = "a stub stood for the old version of {names}", "stubs stood for the old versions of {names}";
    /// Functions of which the code of the new version alone did not run.
    StubsOfNew = "a stub stood for the new version of {names}", "stubs stood for the new versions of {names}";
    /// Values that nobody has given.
    MadeUp = "made up: {names}";
    /// Functions that were deployed as if their code had changed, which nothing says.
    NotCompared = "not known whether the code of {names} changed";
    /// Functions that were not deployed, for the same was built of them: of other files, or before these were changed.
    BuiltAlike = "the files of {names} differ, and what was built does not";
    /// What the update brings and nobody asked for.
    NotAsked = "new, and not asked: {names}";
    /// Routes that change in the template, and that no new deployment takes to a stage.
    NotDeployed = "not deployed: {names}";
    /// Variables that only AWS knows.
    NotSet = "not set: {names}";
    /// Rules of the template that ask AWS.
    RulesNotJudged = "rules not judged: {names}";
    /// Macros and loops that only CloudFormation runs.
    NotExpanded = "not expanded: {names}";
    /// Canaries of API Gateway's own that get traffic.
    StageCanaries = "no canary of a stage was rehearsed: {names}";
    /// Aliases of which all requests were the main version's, though it is not known what another one has.
    UnknownWeights = "not known how {names} shares its traffic", "not known how {names} share their traffic";
    /// Functions that lack layers.
    WithoutLayers = "without layers that are not here: {names}";
    /// Functions in whose layers external extensions are, which do not run.
    WithoutExtensions = "without the extensions of {names}";
    /// Functions whose wrapper scripts do not run.
    WithoutWrapper = "without the wrapper of {names}", "without the wrappers of {names}";
    /// Functions whose old version lacks submodules or files of git LFS.
    WithoutFiles = "the old version of {names} lacks files that git keeps elsewhere", "the old versions of {names} lack files that git keeps elsewhere";
    /// Custom resources that each new version has run.
    CustomResources = "not run with the new version: {names}";
    /// Deployments of stacks inside this one.
    NestedDeployments = "not rehearsed is the deployment {names}", "not rehearsed are the deployments {names}";
    /// A function answered live requests with an error's status before the update.
    FailedBefore = "before the update {names} answered {status} to {requests}";
    /// A deployment succeeded though no live request met its new version.
    NoRequestReached = "no live request reached the new version of {names}", "no live request reached the new versions of {names}";
    /// A deployment succeeded though every live request failed.
    EveryRequestFailed = "every request to {names} failed ({served} of {served})";
    /// A deployment succeeded though its new version failed requests, by no fault, and the one before it none.
    NothingStopped = "nothing stopped the new version of {names}, which failed {failed} of {served} requests";
    /// Runtimes whose functions interpreters of another version ran.
    OtherVersions = "another version ran {names}";
    /// Services that functions called in vain.
    NotServed = "no one served {names}";
}

const fn one_and_several(words: &[&'static str]) -> (&'static str, &'static str) {
    (words[0], words[words.len() - 1])
}

impl ReservationKind {
    fn words_of(self, names: usize) -> &'static str {
        let (one, several) = self.words();
        if names == 1 { one } else { several }
    }
}

impl Reservation {
    /// Of the whole update.
    pub(crate) fn of_update(kind: ReservationKind) -> Self {
        Self::with(kind, Vec::new(), &[])
    }

    /// Of these names; `None` where there is none.
    pub(crate) fn of(kind: ReservationKind, names: Vec<String>) -> Option<Self> {
        (!names.is_empty()).then(|| Self::with(kind, names, &[]))
    }

    /// The same with what else its words have in braces.
    pub(crate) fn with(
        kind: ReservationKind,
        names: Vec<String>,
        numbers: &[(&str, &dyn Display)],
    ) -> Self {
        let mut text = kind.words_of(names.len()).to_owned();
        for (name, number) in numbers {
            text = text.replace(&format!("{{{name}}}"), &number.to_string());
        }
        Self {
            kind,
            text: text.replace("{names}", &names.join(", ")),
            names,
            update: None,
        }
    }

    /// Its words without too many names, and without the middle of those that are very long. Of gates that were not judged none is left
    /// away.
    pub(crate) fn in_short(&self) -> String {
        if self.kind == ReservationKind::GatesNotJudged {
            return self.text.clone();
        }
        match self.around_names(self.names.len()) {
            Some((before, after)) => format!("{before}{}{after}", names_in_short(&self.names)),
            None => without_middle(&self.text),
        }
    }

    /// Its words for one of its names.
    pub(crate) fn of_one(&self, name: &str) -> String {
        match self.around_names(1) {
            Some((before, after)) => format!("{before}{name}{after}"),
            None => self.text.clone(),
        }
    }

    /// Its words before and after so many names; `None` for words with numbers.
    fn around_names(&self, names: usize) -> Option<(&'static str, &'static str)> {
        let around = self.kind.words_of(names).split_once("{names}")?;
        (!around.0.contains('{') && !around.1.contains('{')).then_some(around)
    }

    /// Its words, with the update that it is of.
    pub(crate) fn with_update(&self, words: &str) -> String {
        match &self.update {
            Some(update) => format!("{update}: {words}"),
            None => words.to_owned(),
        }
    }
}

/// An outcome, and after it what makes it less. An update of a release is named once, before what is of it.
pub(crate) fn in_a_line(outcome: String, reservations: &[Reservation]) -> String {
    let mut line = outcome;
    let mut before = None;
    for reservation in reservations {
        line.push_str("; ");
        if reservation.update == before {
            line.push_str(&reservation.text);
        } else {
            line.push_str(&reservation.with_update(&reservation.text));
        }
        before.clone_from(&reservation.update);
    }
    line
}

/// A list of names; of more than [`MOST_NAMES`] the first of them and how many more there are.
pub(crate) fn names_in_short<T: AsRef<str>>(names: &[T]) -> String {
    // One more is no longer than to say so.
    let is_short = names.len() <= MOST_NAMES + 1;
    let shown = if is_short { names.len() } else { MOST_NAMES };
    let list: Vec<_> = names[..shown]
        .iter()
        .map(|name| without_middle(name.as_ref()))
        .collect();
    match names.len() - shown {
        0 => list.join(", "),
        more => format!("{} and {more} more", list.join(", ")),
    }
}

/// Text whose long words have lost their middles: `{{resolve:secretsmanager…etString:DT_CLUSTER_ID}}`.
fn without_middle(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() <= LONGEST_NAME {
            return word.to_owned();
        }
        let half = LONGEST_NAME / 2;
        let ends = [&letters[..half], &letters[letters.len() - half..]];
        ends.map(String::from_iter).join("…")
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(kind: ReservationKind, names: &[&str]) -> String {
        let names = names.iter().copied().map(str::to_owned).collect();
        Reservation::with(kind, names, &[("count", &5), ("alarms", &"5 alarms")]).in_short()
    }

    #[test]
    fn long_lists_and_long_names_are_cut_and_gates_never() {
        let made_up = ReservationKind::MadeUp;
        assert_eq!(short(made_up, &["A", "B", "C", "D"]), "made up: A, B, C, D");
        assert_eq!(
            short(made_up, &["A", "B", "C", "D", "E"]),
            "made up: A, B, C and 2 more"
        );
        assert_eq!(
            short(ReservationKind::GatesNotJudged, &["A", "B", "C", "D", "E"]),
            "5 of 5 alarms were not judged (A, B, C, D, E)"
        );
        let long = format!("{{{{resolve:secretsmanager:{}:TENANT}}}}", "x".repeat(60));
        let cut = short(made_up, &[&long]);
        assert!(
            cut.starts_with("made up: {{resolve:secretsmanager") && cut.ends_with("x:TENANT}}")
        );
        assert_eq!(cut.chars().count(), "made up: ".len() + LONGEST_NAME + 1);
    }

    #[test]
    fn the_page_has_every_kind_with_its_words_in_their_order() {
        let page = include_str!("../../../docs/report.md");
        let rows = page
            .lines()
            .skip_while(|line| *line != "| `kind` | words | when |");
        let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
        let shown: Vec<String> = rows
            .map(|row| row.split('|').take(3).collect::<Vec<_>>().join("|") + "|")
            .collect();
        let expected = ReservationKind::ALL.iter().map(|kind| {
            let name = serde_json::to_value(kind).unwrap();
            format!("| `{}` | `{}` |", name.as_str().unwrap(), kind.words().0)
        });
        assert_eq!(shown, expected.collect::<Vec<_>>());
    }

    #[test]
    fn words_are_for_one_or_for_several() {
        assert_eq!(short(ReservationKind::Stubs, &["A"]), "a stub stood for A");
        assert_eq!(
            short(ReservationKind::Stubs, &["A", "B"]),
            "stubs stood for A, B"
        );
        assert_eq!(
            Reservation::of_update(ReservationKind::NoDeployment).text,
            "no deployment started"
        );
        assert_eq!(Reservation::of(ReservationKind::Stubs, Vec::new()), None);
    }

    #[test]
    fn a_name_that_looks_like_a_number_of_the_words_stays_a_name() {
        let name = vec!["{served}".to_owned()];
        let found = Reservation::with(ReservationKind::EveryRequestFailed, name, &[("served", &7)]);
        assert_eq!(found.text, "every request to {served} failed (7 of 7)");
    }
}
