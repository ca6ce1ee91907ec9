//! A rehearsal file to begin with: written for a template, and prepared like a run before it is kept.
//!
//! - [`content`]: what the file says. [`folder`]: where it goes. [`configuration`]: what is made up for a
//!   deployment's; [`refused`]: where AWS refuses what is.
//! - [`code`]: which functions have none here. [`not_deployed`]: why there is nothing to rehearse.
//! - [`runs`]: what runs before the update, where a person names it; [`left_open`]: what is made up for that.
//! - [`requests`]: one live request per route or event source. [`events`]: what event sources send. [`text`]: the file's text.

mod code;
mod configuration;
mod content;
mod events;
mod folder;
mod left_open;
mod not_deployed;
mod refused;
mod requests;
mod runs;
mod text;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use miette::miette;
use rehearsal_deployment::plan::{Decision, Draft, Judge};
use rehearsal_template::{Inputs, Missing, Stack, folder_of};

use crate::arguments::live::LiveOptions;
use crate::arguments::{InitOptions, TemplateInputs};
use crate::composed_rehearsal::Composed;
use crate::file::RehearsalFile;
use crate::live::Stacks;
use crate::output::Outputs;
use crate::relative::relative;
use crate::release::Release;
use crate::shell::quoted;
use crate::{
    AS_EXPECTED, UNUSABLE, external_values, inputs, live, output_file, overwriting, templates,
};
use code::{functions, without_code};
use content::Content;
use folder::{NewFolder, default_path};
use runs::Runs;

/// The name of the file that is written, where no other is given.
const NAME: &str = "rehearsal.toml";
/// Why a stub stands for a hook of another stack.
const HOOK_ELSEWHERE: &str = "it is a hook that another stack has";
/// How often values are looked for: one that is given may show another that is missing.
const ROUNDS: usize = 20;

/// Writes a rehearsal file for a template, and gives the exit code.
pub fn init(mut options: InitOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let found = templates::at(&options.template).map_err(one);
    let written = found.and_then(|template| {
        options.template = template;
        write(&options)
    });
    let code = match written {
        Ok(text) => {
            outputs.out.print(&text);
            AS_EXPECTED
        }
        Err(errors) => {
            for error in errors {
                outputs.err.print_problem(&error);
            }
            UNUSABLE
        }
    };
    outputs.code(code)
}

/// Writes the file, and gives what to say of it.
fn write(options: &InitOptions) -> Result<String, Vec<miette::Report>> {
    let path = options
        .output
        .clone()
        .unwrap_or_else(|| default_path(&options.template));
    if path.exists() && !options.force {
        let there = path.display();
        return Err(vec![miette!(
            help = "name another by --output, or replace it by --force",
            "{there} is there already"
        )]);
    }
    let live = options.runs.template.as_deref();
    let live = live.map(templates::at).transpose().map_err(one)?;
    let read = [options.template.as_path()].into_iter();
    let read = read
        .chain(options.inputs.samconfig.as_deref())
        .chain(live.as_deref());
    overwriting::check(read, &[("--output", Some(&path))]).map_err(one)?;
    let cannot = |error: io::Error| {
        vec![miette!(
            help = "name a file elsewhere by --output; its template is named in it from there",
            "{} cannot be written: {error}",
            path.display()
        )]
    };
    // What it names is looked for from its folder.
    let folder = NewFolder::make(&folder_of(&path)).map_err(cannot)?;
    let (text, content) = compose(options, &path)?;
    let place = output_file::Place::of(&path);
    place
        .and_then(|place| output_file::write(&place, &text))
        .map_err(cannot)?;
    folder.keep();
    let shown = path.display();
    Ok(format!(
        "{shown} is written. Run it: rehearse run {}\n{}",
        quoted(&shown.to_string()),
        content.left_out()
    ))
}

/// The text of a file that runs, and what it is made of.
///
/// # Errors
/// Why there is none.
fn compose(options: &InitOptions, path: &Path) -> Result<(String, Content), Vec<miette::Report>> {
    let template = &options.template;
    let Begun {
        mut content,
        new,
        live,
        ..
    } = begin((&options.inputs, &options.runs), template, path, true)?;
    content.hide_secrets(&new).map_err(|error| vec![error])?;
    if let Some((runs, live)) = content.runs.as_ref().zip(live) {
        runs.has_no_secret(&live, &content.inputs.parameters)
            .map_err(|error| vec![error])?;
    }
    let written = text::of(&content, &new, path);
    // The same that `run` does before it runs.
    let file = content.file(path, written.clone()).map_err(one)?;
    Release::read(file, &TemplateInputs::default())?.ready()?;
    Ok((written, content))
}

/// What a command was given: a rehearsal file, or a folder with one under the name that `init` gives it, or a template and the rehearsal
/// that would be written for it; and what the template is read with beside what the rehearsal says. What runs before the update is what
/// `runs` names, whatever a file says.
///
/// # Errors
/// Why it cannot be used.
pub fn given(
    path: &Path,
    (inputs, runs): (&TemplateInputs, &LiveOptions),
    with_code: bool,
) -> Result<(RehearsalFile, TemplateInputs), Vec<miette::Report>> {
    if path == Path::new(templates::GIVEN) {
        return Err(vec![miette!(
            help = "save it to a file, and name that",
            "what is rehearsed is read more than once, so it cannot come from standard input"
        )]);
    }
    let of_command = runs;
    let of_file = |path: &Path| {
        let mut file = RehearsalFile::read(path).map_err(one)?;
        if let Some(runs) = Runs::given(runs, path).map_err(|error| vec![error])? {
            file.alter(|rehearsal| runs.replace(rehearsal));
            file.live_is_of(of_command);
        }
        // What the command line gives is made up no more.
        file.alter(|rehearsal| {
            let made_up = &mut rehearsal.made_up;
            for given in &inputs.parameters {
                made_up.parameters.remove(&given.name);
            }
            for given in &runs.parameters {
                made_up.live_parameters.remove(&given.name);
            }
            made_up.account.take_if(|_| inputs.account.is_some());
            made_up.region.take_if(|_| inputs.region.is_some());
        });
        Ok((file, inputs.clone()))
    };
    let written = path.join(NAME);
    if path.is_dir() && written.is_file() {
        return of_file(&written);
    }
    let template = templates::at(path).map_err(one)?;
    if !is_template(&template) {
        return of_file(&template);
    }
    let file = rehearsal_of(&template, (inputs, runs), with_code)?;
    // What else was given is in it.
    let inputs = TemplateInputs {
        root: inputs.root.clone(),
        ..TemplateInputs::default()
    };
    Ok((file, inputs))
}

/// Whether a file is a template rather than a rehearsal: by its ending, or by what it says where that means neither.
fn is_template(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    if ending.eq_ignore_ascii_case("toml") {
        return false;
    }
    if templates::ENDINGS
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
    {
        return true;
    }
    // A pipe can be read but once.
    let text = path.is_file().then(|| rehearsal_template::text_of(path));
    text.is_some_and(|text| text.is_ok_and(|text| templates::has_resources(&text)))
}

/// The rehearsal that would be written for a template, named by it; where the functions' code has no part in it, without their stubs.
///
/// # Errors
/// Why there is none.
fn rehearsal_of(
    template: &Path,
    given: (&TemplateInputs, &LiveOptions),
    with_code: bool,
) -> Result<RehearsalFile, Vec<miette::Report>> {
    let path = default_path(template);
    let Begun { content, new, .. } = begin(given, template, &path, with_code)?;
    let mut file = content
        .file(&path, text::of(&content, &new, &path))
        .map_err(one)?;
    file.name = if content.inputs.stack_name.is_empty() {
        // The template's file stem, or what CDK deploys it as.
        new.name.clone()
    } else {
        let stem = template.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    };
    // Stubs look into no event.
    let events = requests::made_up(&new, |example| {
        let is_asked = !content.not_asked.contains_key(&example.stands_for);
        with_code && is_asked && !content.stubs.contains_key(&example.function)
    });
    file.composed = Some(Composed {
        template: template.to_owned(),
        events,
        not_judged: content.not_judged,
        stubs: content.stubs,
        not_asked: content.not_asked,
        revision: content.runs.as_ref().and_then(Runs::unbuilt).cloned(),
        stubs_of_old: content.runs.map_or_else(BTreeMap::new, |runs| runs.stubs),
    });
    Ok(file)
}

/// Makes up the variables that functions would run without.
fn make_up_variables(content: &mut Content, functions: Vec<String>, new: &Stack) {
    let functions = functions.into_iter().filter_map(|id| new.function(&id));
    for function in functions {
        let variables = function.environment.known_value();
        for (name, value) in variables.into_iter().flatten() {
            let Err(unknown) = &value.value else { continue };
            if let Some(missing) = unknown.missing.clone() {
                content.make_up(missing, new);
            } else {
                let of_function = content.environment.entry(function.logical_id.clone());
                of_function.or_default().insert(name.clone());
            }
        }
    }
}

/// What a file for a template says, and what comes of it.
struct Begun {
    content: Content,
    /// What the template's update leaves.
    new: Stack,
    /// What runs before it, where that is of another template.
    live: Option<Stack>,
}

/// What a file for a template says, without stubs where code has no part in it.
fn begin(
    (options, runs): (&TemplateInputs, &LiveOptions),
    template: &Path,
    path: &Path,
    with_code: bool,
) -> Result<Begun, Vec<miette::Report>> {
    let text = rehearsal_template::text_of(template).map_err(one)?;
    if relative(template, path).to_str().is_none() {
        return Err(vec![miette!(
            help = "rename it, or its folder",
            "the path of {} is not UTF-8, and so no rehearsal file can name it",
            template.display()
        )]);
    }
    // What CDK deploys its template with is read from its assembly each time, and so is not written.
    let inputs = inputs::given(options, template, None)
        .map_err(|error| vec![miette::Report::from_err(error)])?;
    let runs = Runs::given(runs, path).map_err(|error| vec![error])?;
    let mut content = Content::new(relative(template, path), runs, inputs);
    let reading = Reading {
        path,
        template,
        text: &text,
        last: RefCell::default(),
    };
    let again = |content: &Content| reading.of(content, None).map(|(_, _, new)| new);
    for _ in 0..ROUNDS {
        let (file, old, new) = refused::read(&mut content, |content| reading.of(content, None))?;
        let before = content.made_up_count();
        content.make_up_place(&new);
        for parameter in &new.parameters_without_value {
            let Some((example, others)) = parameter.examples.split_first() else {
                let name = &parameter.name;
                return Err(vec![miette!(
                    help = format!("give it one: --parameter {name}=VALUE"),
                    "the parameter {name} has no default, and no value could be made up that its declaration takes"
                )]);
            };
            content
                .others
                .insert(parameter.name.clone(), others.to_vec());
            let missing = Missing::Parameter(parameter.name.clone());
            content
                .missing
                .entry(missing)
                .or_insert_with(|| example.clone());
        }
        match Draft::new(&old, &new, file.rehearsal.given()) {
            Err(errors) => {
                for missing in errors.into_iter().filter_map(|error| error.missing) {
                    content.make_up(missing, &new);
                }
            }
            Ok(draft) if with_code => {
                make_up_variables(&mut content, functions(&file, draft), &new);
            }
            Ok(_) => {}
        }
        let mended = configuration::mend(&mut content, &new, again)?
            || refused::mend(&mut content, &new, again)?
            || configuration::elsewhere(&mut content, &new);
        if content.made_up_count() == before && !mended {
            break;
        }
    }
    let (file, _, new) = reading.of(&content, None)?;
    content.not_judged = not_judged(&file, &new);
    if !new.aliases.iter().any(|alias| alias.deployment.is_some()) {
        return Err(vec![not_deployed::why(template, &new)]);
    }
    let live = left_open::complete(&mut content, path, (template, &text), ROUNDS)?;
    if live.is_some() {
        left_open::complete_changes(&mut content, path, (template, &text), again)?;
    }
    if let Some(live) = &live {
        let fronts = rehearsal_deployment::plan::apis::apis(live);
        let examples = requests::examples(&new).into_iter();
        let not_taken = examples.filter(|example| !example.is_taken_by(live, &fronts));
        let not_asked = not_taken.map(|example| (example.stands_for, example.in_short));
        content.not_asked = not_asked.collect();
    }
    if with_code {
        let (file, old, new) = reading.of(&content, Some(&new))?;
        let mut without = without_code(&file, template, &old, &new)?;
        let mut stubs_of_old = BTreeMap::new();
        if let (Some(runs), Some(live)) = (&content.runs, &live) {
            let before = code::before(file, live)?;
            content.known = before.known;
            stubs_of_old = before.without;
            // Where what runs starts as its source stands and what the update brings cannot on Lambda, it is to fail here, too.
            if runs.options.build.is_none() {
                without.retain(|id, new| !(new.fails_there && before.starts.contains(id)));
            }
        }
        let without = without.into_iter().map(|(id, lacking)| (id, lacking.why));
        let elsewhere = content.hooks_elsewhere.iter();
        let elsewhere = elsewhere.map(|hook| (hook.clone(), HOOK_ELSEWHERE.to_owned()));
        let stubs = without.chain(elsewhere).collect();
        content.stub(stubs);
        if let Some(runs) = &mut content.runs {
            runs.stubs = stubs_of_old;
            runs.stubs.retain(|id, _| !content.stubs.contains_key(id));
        }
    }
    Ok(Begun { content, new, live })
}

/// The gates that a run would refuse, each with the reason.
fn not_judged(file: &RehearsalFile, new: &Stack) -> BTreeMap<String, String> {
    let judge = Judge::new(new, file.rehearsal.given());
    let gates = new
        .aliases
        .iter()
        .filter_map(|alias| judge.gates(alias))
        .flatten();
    gates
        .filter(|gate| gate.decision == Decision::Refused)
        .map(|gate| (gate.alarm, gate.why))
        .collect()
}

fn one(error: impl Into<miette::Report>) -> Vec<miette::Report> {
    vec![error.into()]
}

/// A template that is read again and again, until nothing more is to be made up for it.
struct Reading<'t> {
    /// Where the rehearsal file goes.
    path: &'t Path,
    template: &'t Path,
    text: &'t str,
    /// What was read last, and with what: most often with the same, and then it is the same.
    last: RefCell<Option<(Inputs, Stack, Stack)>>,
}

impl Reading<'_> {
    /// The file as it is so far, with requests once the stack is known, and both its stacks.
    fn of(
        &self,
        content: &Content,
        stack: Option<&Stack>,
    ) -> Result<(RehearsalFile, Stack, Stack), Vec<miette::Report>> {
        let written = match stack {
            Some(stack) => text::of(content, stack, self.path),
            None => text::without_requests(content),
        };
        let file = content.file(self.path, written).map_err(one)?;
        let inputs = inputs::of(
            &TemplateInputs::default(),
            self.template,
            Some(&file.rehearsal),
        )
        .map_err(one)?;
        let (mut old, mut new) = self.stacks(inputs)?;
        for stack in [&mut old, &mut new] {
            external_values::complete(&file, stack);
            for hook in &content.hooks_elsewhere {
                stack.add_hook(hook);
            }
        }
        Ok((file, old, new))
    }

    /// Both stacks with these inputs.
    fn stacks(&self, inputs: Inputs) -> Result<(Stack, Stack), Vec<miette::Report>> {
        let mut last = self.last.borrow_mut();
        if let Some((with, old, new)) = &*last
            && *with == inputs
        {
            return Ok((old.clone(), new.clone()));
        }
        let name = self.template.display().to_string();
        let Stacks { old, new, .. } =
            live::of_one(&name, self.text, inputs.clone()).map_err(one)?;
        *last = Some((inputs, old.clone(), new.clone()));
        Ok((old, new))
    }
}
