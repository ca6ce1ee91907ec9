//! Rehearsal files. `wrong`: why one cannot be used.

mod hidden;
mod wrong;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_deployment::Rehearsal;
use rehearsal_deployment::bounds::{
    Beyond, MAX_EVENT_BYTES, MAX_EVENTS_BYTES, MAX_FILE_BYTES, Step,
};
use rehearsal_deployment::emulator;
use rehearsal_deployment::rehearsal::Live;
use rehearsal_deployment::request::RequestKind;
use rehearsal_deployment::stub::BUILD;
use rehearsal_template::text_file;
use serde::de::IgnoredAny;

use crate::arguments::live::LiveOptions;
use crate::assembly::lacking_context;
use crate::builds::{AUTO, is_folder};
use crate::composed_rehearsal::Composed;
use crate::known::{CodeReservations, Known};
use crate::position;
use crate::templates::{self, NoTemplate};
pub use wrong::FileError;
use wrong::{http_problem, not_toml, other_file, suggestion};

/// A rehearsal file that was read.
#[derive(Clone, Debug)]
pub struct RehearsalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name in reports.
    pub name: String,
    /// What it says; of one update of a release, what it says of that.
    pub rehearsal: Rehearsal,
    /// Of one that was composed for a template: what it leaves out.
    pub composed: Option<Composed>,
    /// How the command line names what runs, where it does: that goes before what the file says.
    pub live_options: LiveOptions,
    /// Where the command line says that builds are, which goes before what it says.
    pub builds_option: Option<String>,
    /// What has been found of its code already.
    pub known: Known,
    /// What is taken for granted of its functions' code.
    pub code_reservations: CodeReservations,
    /// Whether its text says where the old code is, and the command line nothing else.
    says_old: bool,
    template: PathBuf,
    text: String,
    /// Its updates, where it has several: each as if it stood in a file of its own.
    updates: Vec<Self>,
    /// Which update of a release it is, from 0.
    update: Option<usize>,
}

/// Whether to name a place says where the code that runs is. Beside a git revision it has to be another place than today's builds are in,
/// a folder that was kept or a stub: of `sam`, `cargo` and `cdk` there is one build beside a template.
fn says_where(place: &str, live: Option<&Live>) -> bool {
    match live.and_then(|live| live.git.as_ref()) {
        Some(_) => is_folder(place) || place == BUILD,
        None => place != AUTO,
    }
}

impl RehearsalFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not there, is longer than [`MAX_FILE_BYTES`], is not TOML, has a key that no one knows, or says something that makes
    /// no sense or is beyond its bound.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text =
            text_file::read(path, MAX_FILE_BYTES).map_err(|reason| FileError::Unreadable {
                path: path.to_owned(),
                reason,
            })?;
        Self::parse(path, text)
    }

    /// What the command line names: the file, or the template that it was composed for.
    pub fn asked(&self) -> &Path {
        let composed = self.composed.as_ref();
        composed.map_or(&self.path, |composed| &composed.template)
    }

    /// Reads a file from its text.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(path: &Path, text: String) -> Result<Self, FileError> {
        let rehearsal: Rehearsal = toml::from_str(&text).map_err(|error| {
            let (message, help) = if let Some((what, help)) = other_file(&text) {
                let message = format!("this is {what}, and no rehearsal file");
                (message, Some(help.to_owned()))
            } else {
                let help = suggestion(error.message());
                let help = help.or_else(|| not_toml(path));
                (error.message().to_owned(), help)
            };
            FileError::Wrong {
                message,
                choices: None,
                at: error.span().map(SourceSpan::from),
                help,
                text: named(path.display().to_string(), &text),
            }
        })?;
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let says_old = says_where(&rehearsal.builds.old, rehearsal.live.as_ref());
        let mut file = Self {
            path: path.to_owned(),
            name: rehearsal.name.clone().unwrap_or(stem),
            rehearsal,
            composed: None,
            live_options: LiveOptions::default(),
            builds_option: None,
            known: Known::default(),
            code_reservations: CodeReservations::default(),
            says_old,
            template: PathBuf::new(),
            text,
            updates: Vec::new(),
            update: None,
        };
        file.check()?;
        file.find_template()?;
        let names = file.rehearsal.update_names(&file.name);
        let mut updates = Vec::new();
        for (index, _) in file.rehearsal.updates.iter().enumerate() {
            let mut update = Self {
                name: names[index].clone(),
                rehearsal: file.rehearsal.of_update(index),
                update: Some(index),
                ..file.clone()
            };
            update.check()?;
            update.find_template()?;
            update.read_events()?;
            updates.push(update);
        }
        file.updates = updates;
        file.read_events()?;
        Ok(file)
    }

    /// Its updates in order; itself, where it is one.
    pub fn each_update(&self) -> Vec<&Self> {
        if self.updates.is_empty() {
            vec![self]
        } else {
            self.updates.iter().collect()
        }
    }

    /// Changes what it says, also of each of its updates.
    pub fn alter(&mut self, alter: impl Fn(&mut Rehearsal)) {
        alter(&mut self.rehearsal);
        for update in &mut self.updates {
            alter(&mut update.rehearsal);
        }
    }

    /// Notes that the command line names what runs, also for each of its updates.
    pub fn live_is_of(&mut self, options: &LiveOptions) {
        if options.is_named() {
            self.live_options.clone_from(options);
            // What it says is of what it names itself, and so is a folder that was kept of that.
            self.says_old = false;
            let old = &mut self.rehearsal.builds.old;
            if is_folder(old) {
                AUTO.clone_into(old);
            }
        }
        for update in &mut self.updates {
            update.live_is_of(options);
        }
    }

    /// Whether it is one update of several.
    pub fn is_of_several(&self) -> bool {
        self.update.is_some()
    }

    /// Whether a value is this update's own, and not what the file says for all of them. Of a file without updates all are.
    pub fn is_own(&self, at: &[Step]) -> bool {
        self.update.is_none() || self.own_place(at).is_some()
    }

    /// Where a value stands in the table of this update.
    fn own_place(&self, at: &[Step]) -> Option<SourceSpan> {
        let mut steps: Vec<Step> = vec!["update".into(), self.update?.into()];
        match at {
            // The build that it brings is a key of its own there.
            [Step::Key(table), Step::Key(key)] if table == "builds" && key == "new" => {
                steps.push("builds".into());
            }
            at => steps.extend_from_slice(at),
        }
        position::of(&self.text, &steps)
    }

    /// Where a value stands.
    fn place(&self, at: &[Step]) -> Option<SourceSpan> {
        self.own_place(at).or_else(|| position::of(&self.text, at))
    }

    /// Something about the file as a whole, or a place in it, is wrong.
    pub fn wrong(
        &self,
        message: impl Into<String>,
        at: Option<SourceSpan>,
        help: Option<String>,
    ) -> FileError {
        FileError::Wrong {
            message: message.into(),
            choices: None,
            text: self.source(),
            at,
            help,
        }
    }

    /// Something is wrong at a value of the file.
    pub fn wrong_at(
        &self,
        message: impl Into<String>,
        at: &[Step],
        help: Option<String>,
    ) -> FileError {
        self.wrong(message, self.place(at), help)
    }

    /// Something is wrong with what runs: with what the command line names, or else at a key of `[live]`.
    pub fn wrong_live(
        &self,
        message: impl Into<String>,
        key: &str,
        help: Option<String>,
    ) -> FileError {
        match self.live_options.named() {
            Some(option) => FileError::Option {
                option,
                message: message.into(),
                help,
            },
            None => self.wrong_at(message, &["live".into(), key.into()], help),
        }
    }

    /// Something is wrong with where builds are: with what the command line says, or else at a key.
    pub fn wrong_builds(
        &self,
        message: impl Into<String>,
        at: &[Step],
        help: Option<String>,
    ) -> FileError {
        match &self.builds_option {
            Some(place) => FileError::Option {
                option: format!("--builds {place}"),
                message: message.into(),
                help,
            },
            None => self.wrong_at(message, at, help),
        }
    }

    /// Has all builds be found at a place that the command line names.
    pub fn builds_are_at(&mut self, place: &str) {
        let builds = &mut self.rehearsal.builds;
        self.says_old = false;
        place.clone_into(&mut builds.old);
        place.clone_into(&mut builds.new);
        if let Some(live) = &mut self.rehearsal.live {
            live.builds = None;
        }
        self.builds_option = Some(place.to_owned());
        for update in &mut self.updates {
            update.builds_are_at(place);
        }
    }

    /// The file's text, with the place of a value in it.
    pub fn source_at(&self, at: &[Step]) -> (Arc<NamedSource<String>>, Option<SourceSpan>) {
        (self.source(), self.place(at))
    }

    /// Its text, by the name of what the command line names.
    fn source(&self) -> Arc<NamedSource<String>> {
        let name = match &self.composed {
            Some(composed) => format!("rehearse init {}", composed.template.display()),
            None => self.path.display().to_string(),
        };
        named(name, &self.text)
    }

    /// The line of a value, from 1. None of a file that nobody has written.
    pub fn line(&self, at: &[Step]) -> Option<usize> {
        if self.composed.is_some() {
            return None;
        }
        let before = self.text.get(..self.place(at)?.offset())?;
        Some(before.matches('\n').count() + 1)
    }

    /// The same for a sentence; nothing where it is not known.
    pub fn line_in_words(&self, at: &[Step]) -> String {
        self.line(at)
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default()
    }

    /// Something in the file is beyond its bound.
    pub fn beyond(&self, beyond: &Beyond) -> FileError {
        self.wrong_at(&beyond.message, &beyond.at, None)
    }

    /// Whether it says where the code is that runs.
    pub fn says_where_live_code_is(&self) -> bool {
        let of_live = self.rehearsal.live.as_ref();
        let builds = of_live.and_then(|live| live.builds.as_deref());
        builds.is_some_and(|place| says_where(place, of_live)) || self.says_old
    }

    /// The template: a file.
    pub fn template(&self) -> PathBuf {
        self.template.clone()
    }

    /// The template that runs before its first update, where it names another.
    pub fn live_template(&self) -> Option<PathBuf> {
        let first = self.each_update().into_iter().next()?;
        let path = first.rehearsal.live.as_ref()?.template.as_ref()?;
        self.template_at(path, &["live".into(), "template".into()])
            .ok()
    }

    /// The values that nobody gave: those that were made up for a template, and those that CDK has not looked up for it.
    pub fn made_up(&self) -> Vec<String> {
        let mut made_up = self.rehearsal.still_made_up();
        made_up.extend(self.code_reservations.of_today.in_words());
        // What is wrong with an assembly was reported when its template was read.
        made_up.extend(lacking_context(&self.template).unwrap_or_default());
        let composed = self.composed.iter();
        made_up.extend(composed.flat_map(|one| one.events.clone()));
        made_up
    }

    /// What its update brings and nobody asks for, as reports name it.
    pub fn not_asked(&self) -> Vec<String> {
        let composed = self.composed.as_ref();
        let not_asked = composed.into_iter().flat_map(|one| one.not_asked.values());
        not_asked.cloned().collect()
    }

    /// A template that the file names: relative to it, and that of a folder.
    ///
    /// # Errors
    /// A folder has none, or several.
    pub fn template_at(&self, path: &Path, at: &[Step]) -> Result<PathBuf, FileError> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(path);
        templates::at(&path).map_err(|error| FileError::Wrong {
            message: error.to_string(),
            text: self.source(),
            at: self.place(at),
            help: error.help().map(|help| help.to_string()),
            choices: NoTemplate::choices(error),
        })
    }

    fn find_template(&mut self) -> Result<(), FileError> {
        self.template = self.template_at(&self.rehearsal.template, &["template".into()])?;
        Ok(())
    }

    /// Puts the content of each `event_file` in its place.
    fn read_events(&mut self) -> Result<(), FileError> {
        let beside = self.path.parent().unwrap_or(Path::new("")).to_owned();
        let mut bytes = 0;
        for number in 0..self.rehearsal.traffic.requests.len() {
            let RequestKind::Invoke(asked) = &self.rehearsal.traffic.requests[number].kind else {
                continue;
            };
            let Some(name) = &asked.event_file else {
                continue;
            };
            let path = beside.join(name);
            let event = text_file::read(&path, MAX_EVENT_BYTES)
                .map_err(|error| error.to_string())
                .and_then(|text| {
                    bytes += text.len();
                    if bytes > MAX_EVENTS_BYTES {
                        return Err(format!(
                            "with those before it, it has more than the {MAX_EVENTS_BYTES} bytes that all event files may have"
                        ));
                    }
                    // Looked at and not built: a value takes many times what its text does.
                    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| error.to_string())?;
                    Ok(Arc::<str>::from(text))
                });
            let event = event.map_err(|reason| {
                let message = format!("the event {} cannot be read: {reason}", path.display());
                self.wrong_at(message, &request(number, "event_file"), None)
            })?;
            if let RequestKind::Invoke(asked) = &mut self.rehearsal.traffic.requests[number].kind {
                asked.event = event;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), FileError> {
        self.rehearsal
            .check_bounds()
            .map_err(|beyond| self.beyond(&beyond))?;
        let old = ["builds".into(), "old".into()];
        if let Some(live) = &self.rehearsal.live
            && live.builds.is_some()
            && position::of(&self.text, &old).is_some()
        {
            return Err(self.wrong_at(
                "the build that runs is given twice: here and as `old` of [builds]",
                &["live".into(), "builds".into()],
                Some("take one of them out".to_owned()),
            ));
        }
        for (service, url) in &self.rehearsal.services {
            emulator::addresses(service, url).map_err(|wrong| {
                let at = ["services".into(), service.as_str().into()];
                self.wrong_at(wrong.message, &at, wrong.help)
            })?;
        }
        let emulated: Vec<_> = self.rehearsal.services.keys().map(String::as_str).collect();
        let traffic = &self.rehearsal.traffic;
        for (number, fault) in self.rehearsal.faults.iter().enumerate() {
            if let Some(problem) = fault.problem(&emulated) {
                return Err(self.wrong_at(problem, &["fault".into(), number.into()], None));
            }
        }
        for (number, stub) in self.rehearsal.stubs.iter().enumerate() {
            if let Some(problem) = stub.problem() {
                return Err(self.wrong_at(problem, &["stub".into(), number.into()], None));
            }
        }
        if traffic.requests_per_minute > 0
            && traffic.requests.iter().all(|request| request.weight == 0)
        {
            let help = "add a [[traffic.request]] with a method and a path, or with a function, or set requests_per_minute to 0";
            return Err(self.wrong_at(
                "the traffic has no request to choose from",
                &["traffic".into()],
                Some(help.to_owned()),
            ));
        }
        for (number, asked) in traffic.requests.iter().enumerate() {
            if let RequestKind::Http(asked) = &asked.kind
                && let Some((problem, help)) = http_problem(asked)
            {
                let [table @ .., _] = request(number, "method");
                return Err(self.wrong_at(problem, &table, help));
            }
        }
        Ok(())
    }
}

/// The place of a key of the `number`th `[[traffic.request]]`, from 0.
pub fn request(number: usize, key: &str) -> [Step; 4] {
    [
        "traffic".into(),
        "request".into(),
        number.into(),
        key.into(),
    ]
}

fn named(name: String, text: &str) -> Arc<NamedSource<String>> {
    Arc::new(NamedSource::new(name, hidden::without_secrets(text)))
}

#[cfg(test)]
mod tests;
