//! What an update of a template would do, without an account and without running anything.
//!
//! - [`contract`]: the JSON, which others build on. [`text`]: the same for people. [`markdown`]: for a pull request. [`words`]: what
//!   the last two share.

mod contract;
mod markdown;
mod text;
pub mod words;

use std::path::Path;

use contract::Contract;
use miette::miette;
use rehearsal_deployment::change::{Code, CodeChange, Finding, Severity, UpdatePlan};
use rehearsal_template::{Inputs, Place, Refusal, Stack, Trees};

use crate::arguments::live::LiveOptions;
use crate::arguments::{CodeWord, Denied, PlanFormat, PlanOptions};
use crate::builds::{AUTO, Finder, Packages, compare};
use crate::git::{Checkout, InRevision};
use crate::github::{Annotation, GitHub, Level};
use crate::inputs;
use crate::live::code::{CodeSince, compared};
use crate::live::{self, FilesOf};
use crate::output::Outputs;
use crate::templates;
use crate::{AS_EXPECTED, OTHERWISE, UNUSABLE};

/// What to do where it depends on code of which nothing is known.
const SAY_CODE: &str = "Say what the code does: --code changed or --code same, or compare two builds with --code-live and --code-new.";

/// As much room for a template that nests deep as the first thread has.
const STACK_BYTES: usize = 8 << 20;

/// Why there is no plan.
enum NoPlan {
    /// A template is refused.
    Refused(Refusal),
    /// There is no template, or no build.
    Unusable(miette::Report),
}

/// A plan, and the names of both sides.
struct Planned {
    plan: UpdatePlan,
    template: String,
    from: Option<String>,
}

/// Plans an update, prints the plan, and gives the exit code.
pub fn plan(mut options: PlanOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let planned = find_templates(&mut options).and_then(|()| planned(&options));
    let code = print(&options, planned, &mut outputs);
    outputs.code(code)
}

fn print(options: &PlanOptions, planned: Result<Planned, NoPlan>, outputs: &mut Outputs) -> u8 {
    let github = GitHub::found(options.no_github);
    let file = options.template.display().to_string();
    let planned = match planned {
        Ok(planned) => planned,
        Err(no_plan) => {
            let (contract, problem) = match no_plan {
                NoPlan::Refused(refusal) => (Contract::refused(&refusal), refusal.into()),
                NoPlan::Unusable(report) => (Contract::unusable(&report), report),
            };
            match options.format {
                PlanFormat::Json => outputs.out.print_json(&contract.json()),
                PlanFormat::Text | PlanFormat::Markdown => outputs.err.print_problem(&problem),
            }
            github.problem(&problem, &file, &mut outputs.err);
            return UNUSABLE;
        }
    };
    let (template, from) = (&planned.template, planned.from.as_deref());
    let plan = &planned.plan;
    match options.format {
        PlanFormat::Json => outputs.out.print_json(&Contract::of(plan).json()),
        PlanFormat::Text => outputs.out.print(&text::of(template, from, plan)),
        PlanFormat::Markdown => outputs.out.print(&markdown::of(template, from, plan)),
    }
    if options.format != PlanFormat::Json && code_decides(plan) {
        outputs.err.print(&format!("\n{SAY_CODE}\n"));
    }
    annotate(&github, &file, plan, outputs);
    let denies = options.deny == Some(Denied::Warnings);
    if denies
        && plan
            .findings
            .iter()
            .any(|one| one.severity != Severity::Note)
    {
        OTHERWISE
    } else {
        AS_EXPECTED
    }
}

/// Annotates what the update meets, but for notes.
fn annotate(github: &GitHub, file: &str, plan: &UpdatePlan, outputs: &mut Outputs) {
    for finding in &plan.findings {
        let level = match finding.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Note => continue,
        };
        // What leaves has no place in this template.
        let number = |number: u32| usize::try_from(number).ok().filter(|number| *number > 0);
        let annotation = Annotation {
            level,
            file,
            line: number(finding.place.line),
            column: number(finding.place.column),
            title: finding.code,
            message: &finding.message,
        };
        github.annotate(&annotation, &mut outputs.err);
    }
}

/// Whether something is unknown because nothing is known of a function's code.
fn code_decides(plan: &UpdatePlan) -> bool {
    let functions = plan
        .changes
        .iter()
        .filter(|change| change.r#type == "AWS::Lambda::Function");
    functions
        .flat_map(|function| &function.properties)
        .any(|property| property.name == "Code" && property.unknown.is_some())
}

/// Puts the template of a folder in the folder's place.
fn find_templates(options: &mut PlanOptions) -> Result<(), NoPlan> {
    if !options.runs.is_named() && !options.runs.parameters.is_empty() {
        return Err(NoPlan::Unusable(miette!(
            help = "name that by --live or --live-git",
            "--live-parameter is for the template that runs"
        )));
    }
    let given = Path::new(templates::GIVEN);
    if options.template == given && options.runs.template.as_deref() == Some(given) {
        return Err(NoPlan::Unusable(miette!(
            help = "save one of them to a file, and name that",
            "standard input is one template, and two are asked for"
        )));
    }
    for path in std::iter::once(&mut options.template).chain(&mut options.runs.template) {
        *path = templates::at_or_given(path).map_err(|error| NoPlan::Unusable(error.into()))?;
    }
    Ok(())
}

fn planned(options: &PlanOptions) -> Result<Planned, NoPlan> {
    let inputs = inputs::of(&options.inputs, &options.template, None)
        .map_err(|error| NoPlan::Unusable(error.into()))?;
    let template = options.template.display().to_string();
    let text = rehearsal_template::text_of(&options.template).map_err(NoPlan::Refused)?;
    let new = || rehearsal_template::read_with_trees(&template, &text, &inputs);
    let stack_name = rehearsal_template::stack_name(&template, &inputs);
    let live = || live(options, &inputs, &stack_name);
    let (new, live) = if options.runs.is_named() {
        side_by_side(new, live)
    } else {
        (new(), live())
    };
    let ((new, trees), live) = (new.map_err(NoPlan::Refused)?, live?);
    let (code, since) = match &live {
        Some(live) => code(options, live, &new)?,
        None => (Code::all(CodeChange::Unknown), None),
    };
    let plan = UpdatePlan::between(live.as_ref().map(|live| &live.read.0), &new, &code);
    let alike = since.iter().flat_map(|since| &since.built_alike);
    let planned = Planned {
        plan: plan.with_findings(alike.map(|id| built_alike(id, &new))),
        template,
        from: live.as_ref().map(|live| live.name.clone()),
    };
    // The process ends soon, and nobody needs the memory of large stacks back: it would be given back piece by piece.
    std::mem::forget((live, new, trees));
    Ok(planned)
}

/// A stack, with what it was read from.
type Read = (Stack, Trees);

/// The stack that runs.
struct Live {
    read: Read,
    /// The name of its template.
    name: String,
    /// The checkout that it stands in, where that is built.
    checkout: Option<Checkout>,
}

/// That a function is not deployed though its files differ.
fn built_alike(id: &str, new: &Stack) -> Finding {
    let help = "where what is here was built before the last change, build it again";
    Finding {
        code: "plan::built-alike",
        severity: Severity::Note,
        message: format!("the files of {id} differ, and what was built of them does not"),
        help: Some(help.to_owned()),
        logical_id: Some(id.to_owned()),
        place: new
            .function(id)
            .map_or(Place::default(), |function| function.place),
        failure: None,
    }
}

/// Does one thing here, and another on a thread of its own, where there is one for it.
fn side_by_side<A, B: Send>(here: impl FnOnce() -> A, there: impl Fn() -> B + Sync) -> (A, B) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, &there) {
            Ok(thread) => {
                let here = here();
                let there = thread.join();
                (
                    here,
                    there.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                )
            }
            Err(_) => (here(), there()),
        }
    })
}

/// The stack that runs. `stack_name` is the update's.
fn live(options: &PlanOptions, inputs: &Inputs, stack_name: &str) -> Result<Option<Live>, NoPlan> {
    let LiveOptions {
        template,
        git,
        build,
        ..
    } = &options.runs;
    let (InRevision { name, text, folder }, checkout) = match (template, git) {
        (Some(path), _) => {
            let read = InRevision {
                name: path.display().to_string(),
                text: rehearsal_template::text_of(path).map_err(NoPlan::Refused)?,
                folder: None,
            };
            (read, None)
        }
        (None, Some(revision)) => live::in_revision(&options.template, revision, build.as_deref())
            .map_err(NoPlan::Unusable)?,
        (None, None) => return Ok(None),
    };
    let files = match (template, &checkout) {
        (Some(path), _) => FilesOf::Template(path),
        (None, Some(checkout)) => FilesOf::Template(&checkout.template),
        (None, None) => FilesOf::Revision(folder.as_ref()),
    };
    let own = options.runs.parameters.iter();
    let own = own.map(|given| (given.name.as_str(), given.value.clone()));
    let inputs = live::inputs_of(inputs, stack_name, (&text, files), own)
        .map_err(|error| NoPlan::Unusable(error.into()))?;
    let read = rehearsal_template::read_with_trees(&name, &text, &inputs);
    Ok(Some(Live {
        read: read.map_err(NoPlan::Refused)?,
        name,
        checkout,
    }))
}

/// What is known of the functions' code: what two builds say, or a person, or a revision; with what was found of that.
fn code(
    options: &PlanOptions,
    live: &Live,
    new: &Stack,
) -> Result<(Code, Option<CodeSince>), NoPlan> {
    let stack = &live.read.0;
    if let (Some(live), Some(built)) = (&options.code_live, &options.code_new) {
        let code = compare::compare(live, built, new);
        return Ok((code.map_err(|error| NoPlan::Unusable(error.into()))?, None));
    }
    let unknown = Code::all(CodeChange::Unknown);
    Ok(match (options.code, &options.runs.git) {
        (Some(CodeWord::Changed), _) => (Code::all(CodeChange::Changed), None),
        (Some(CodeWord::Same), _) => (Code::all(CodeChange::Same), None),
        (None, Some(revision)) => {
            let mut since = compared(&options.template, revision, (stack, new), AUTO)
                .map_err(|error| NoPlan::Unusable(error.into()))?;
            if let Some(checkout) = &live.checkout {
                since = by_builds(since, (&checkout.template, stack), (&options.template, new));
            }
            let changes = since.changes.iter();
            let code = changes.fold(unknown, |code, (function, change)| {
                code.with(function, *change)
            });
            (code, Some(since))
        }
        (None, None) => (unknown, None),
    })
}

/// What is known by what was built beside two templates.
fn by_builds(since: CodeSince, live: (&Path, &Stack), new: (&Path, &Stack)) -> CodeSince {
    let packages = Packages::default();
    let [before, now] = [live, new].map(|(template, stack)| Finder {
        beside: Path::new(""),
        template,
        instead: None,
        source: None,
        stack,
        packages: &packages,
    });
    since.by_builds((&before, AUTO), (&now, AUTO), |_| false)
}
