//! The text of a rehearsal file to begin with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use rehearsal_template::{Inputs, Missing, Stack, printable};

use super::content::{ACCOUNT, Content, PLACEHOLDER, REGION};
use super::requests::{self, Example, quoted};
use super::runs::Runs;
use crate::composed_rehearsal::in_short;
use crate::external_values::{key, table_of};

/// The file, for a stack.
pub fn of(content: &Content, stack: &Stack, path: &Path) -> String {
    let mut text = String::new();
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let from = content.runs.as_ref().map_or(String::new(), |runs| {
        format!("from {} ", comment(runs.name()))
    });
    let _ = writeln!(
        text,
        "# A rehearsal of {}, written by `rehearse init`: one update {from}that brings a new version of the code.\n\
         # rehearse run {}\n",
        comment(&content.template.display().to_string()),
        comment(&name),
    );
    text.push_str(&head(content));
    text.push_str(BUILDS);
    stubs(&mut text, content, stack);
    traffic(&mut text, content, stack);
    expectation(&mut text, stack);
    faults(&mut text, stack);
    text
}

/// The file as far as the template's meaning depends on it.
pub fn without_requests(content: &Content) -> String {
    head(content) + "[traffic]\nrequests_per_minute = 0\n"
}

fn head(content: &Content) -> String {
    let defaults = Inputs::default();
    let inputs = &content.inputs;
    let mut text = format!(
        "template = {}\n",
        quoted(&content.template.display().to_string())
    );
    for (name, value, default) in [
        ("stack_name", &inputs.stack_name, &defaults.stack_name),
        (ACCOUNT, &inputs.account_id, &defaults.account_id),
        (REGION, &inputs.region, &defaults.region),
    ] {
        if value != default {
            let is_made_up = content.made_up_place.contains(&name);
            let note = if is_made_up {
                "  # made up: one that the template's mappings know"
            } else {
                ""
            };
            let _ = writeln!(text, "{name} = {}{note}", quoted(value));
        }
    }
    text.push_str(
        "seed = 1                        # another seed, another draw of arrivals and versions\n",
    );
    let mut tables: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for (name, value) in &inputs.parameters {
        if !inputs.as_deployed.contains(name)
            || !content
                .missing
                .contains_key(&Missing::Parameter(name.clone()))
        {
            tables
                .entry("parameters")
                .or_default()
                .push((key(name), quoted(value)));
        }
    }
    for (name, value) in &content.hidden {
        tables.entry("parameters").or_default().push((
            key(name),
            format!(
                "{}  # NoEcho: made up; --parameter {name}=VALUE gives a run the real one",
                quoted(value)
            ),
        ));
    }
    for (missing, value) in &content.missing {
        let (table, name) = table_of(missing);
        tables
            .entry(table)
            .or_default()
            .push((key(name), quoted(value)));
    }
    for (table, lines) in tables {
        let about = match table {
            "imports" => "What other stacks export. Made up: put in what they are.",
            "references" => "What dynamic references stand for. Made up: put in what they are.",
            _ => "The template's parameters. Those without a default are made up.",
        };
        let _ = writeln!(text, "\n# {about}\n[{table}]");
        for (name, value) in lines {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    if !content.configurations.is_empty() {
        text.push_str(
            "\n# How deployment configurations of other stacks shift. Made up: put in how they do.\n[deployment_configs]\n",
        );
    }
    for (name, shift) in &content.configurations {
        let _ = writeln!(text, "{} = {}", key(name), quoted(shift));
    }
    for (function, names) in &content.environment {
        let function = key(function);
        let _ = writeln!(
            text,
            "\n# Variables that only AWS knows. Made up: put in what they are.\n[environment.{function}]"
        );
        for name in names {
            let _ = writeln!(text, "{} = {}", key(name), quoted(PLACEHOLDER));
        }
    }
    made_up(&mut text, content);
    text.push('\n');
    if let Some(runs) = &content.runs {
        live(&mut text, runs);
    }
    if !content.not_judged.is_empty() {
        text.push_str(
            "# Alarms that can't be evaluated here, so the verdict names them as not judged. To have one count, give its state by\n\
             # [[alarm]], or data points of its metric by [[metric]], and take it out.\n[gates]\nnot_judged = [\n",
        );
        for (alarm, why) in &content.not_judged {
            let _ = writeln!(text, "    {},  # {}", quoted(alarm), comment(in_short(why)));
        }
        text.push_str("]\n\n");
    }
    text
}

/// What nobody has given of what the file says, once more: so it is known when that is changed.
fn made_up(text: &mut String, content: &Content) {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |table: &str, name: &str, value: &str| {
        let line = format!("{} = {}", key(name), quoted(value));
        tables.entry(table.to_owned()).or_default().push(line);
    };
    for name in &content.made_up_place {
        let value = match *name {
            ACCOUNT => &content.inputs.account_id,
            _ => &content.inputs.region,
        };
        add("made_up", name, value);
    }
    for (missing, value) in &content.missing {
        let (table, name) = table_of(missing);
        add(&format!("made_up.{table}"), name, value);
    }
    for (name, value) in &content.hidden {
        add("made_up.parameters", name, value);
    }
    for (name, shift) in &content.configurations {
        add("made_up.deployment_configs", name, shift);
    }
    for (function, names) in &content.environment {
        for name in names {
            let table = format!("made_up.environment.{}", key(function));
            add(&table, name, PLACEHOLDER);
        }
    }
    for (name, value) in content.runs.iter().flat_map(|runs| &runs.made_up) {
        add("made_up.live_parameters", name, value);
    }
    if content.runs.is_none() {
        let own = tables.entry("made_up".to_owned()).or_default();
        own.push("version_that_runs = true       # both versions are of the code that is here; [live] says what runs".to_owned());
    }
    if tables.is_empty() {
        return;
    }
    text.push_str(
        "\n# What nobody has given: a verdict names it, `made up`, as long as it stands above as it does here. Put in what it is there.\n",
    );
    for (table, lines) in tables {
        let _ = writeln!(text, "[{table}]");
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
    }
}

/// What runs before the update.
fn live(text: &mut String, runs: &Runs) {
    text.push_str(
        "# What runs before the update. Of a revision it is the template, and the code of functions that run as source; with\n\
         # build_command, which runs in a checkout of it, all code.\n[live]\n",
    );
    for (key, value) in [
        ("template", &runs.template),
        ("git", &runs.options.git),
        ("build_command", &runs.options.build),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    if runs.options.git.is_some() {
        text.push_str(
            "code = \"compared\"               # an update deploys functions whose files differ; \"changed\": all of them\n",
        );
    }
    let given = runs.parameters();
    if !given.is_empty() || !runs.made_up.is_empty() {
        text.push_str("[live.parameters]\n");
    }
    for (name, value) in given {
        let _ = writeln!(text, "{} = {}", key(name), quoted(value));
    }
    for (name, value) in &runs.made_up {
        let _ = writeln!(
            text,
            "{} = {}  # made up; --live-parameter {name}=VALUE gives a run the real one",
            key(name),
            quoted(value)
        );
    }
    text.push('\n');
}

/// The functions without code.
fn stubs(text: &mut String, content: &Content, stack: &Stack) {
    let hooks = requests::hooks(stack);
    let of_both = content.stubs.iter().map(|stub| (stub, ""));
    let of_old = content.runs.iter().flat_map(|runs| &runs.stubs);
    let of_old = of_old.map(|stub| (stub, "version = \"old\"\n"));
    for (position, ((function, why), version)) in of_both.chain(of_old).enumerate() {
        if position == 0 {
            text.push_str(
                "# Functions that cannot start here answer as this says: mend why, and take these out.\n",
            );
        }
        let says = if hooks.iter().any(|hook| hook == function) {
            "report = \"Succeeded\"            # or \"Failed\""
        } else if is_behind_api(stack, function) {
            "answer = { statusCode = 200, body = \"{}\" }   # or error = \"…\"; duration_ms = 200"
        } else {
            "answer = { statusCode = 200 }   # or error = \"…\"; duration_ms = 200"
        };
        let _ = writeln!(
            text,
            "[[stub]]                        # {}\nfunction = {}\n{version}{says}\n",
            comment(in_short(why)),
            quoted(function)
        );
    }
}

/// Whether an API or a URL leads to a function.
fn is_behind_api(stack: &Stack, function: &str) -> bool {
    let mut routes = stack.apis.iter().flat_map(|api| &api.routes);
    routes.any(|route| route.function.is(function))
}

/// Where the code is.
const BUILDS: &str = "\
# Where the code of both versions is. \"auto\" goes by the template: what cargo or CDK built, the source of Node.js and Python, or
# what `sam build` left. To rehearse a real step, keep the release's build in a folder and name it as old.
[builds]
old = \"auto\"
new = \"auto\"

";

fn traffic(text: &mut String, content: &Content, stack: &Stack) {
    let examples = requests::examples(stack);
    let is_asked = |example: &Example| !content.not_asked.contains_key(&example.stands_for);
    let per_minute = if examples.iter().any(is_asked) { 60 } else { 0 };
    let _ = writeln!(
        text,
        "# Live requests, before the deployment, while it shifts, and after it. Give them bodies and ids that your functions know.\n\
         [traffic]\nrequests_per_minute = {per_minute}\nminutes_before = 1\nminutes_after = 1\n"
    );
    for example in &examples {
        let of_update = if is_asked(example) { "" } else { "# " };
        if !of_update.is_empty() {
            text.push_str("# New with this update: what runs before it takes no such request.\n");
        }
        let head = "[[traffic.request]]             #";
        let note = example.made_up.0.note();
        let what = comment(&example.stands_for);
        let _ = writeln!(text, "{of_update}{head} {what}{note}");
        for line in &example.lines {
            let _ = writeln!(text, "{of_update}{line}");
        }
        text.push('\n');
    }
}

fn expectation(text: &mut String, stack: &Stack) {
    text.push_str("# What should come of it. The deployments and what watches them:\n");
    for alias in &stack.aliases {
        let Some(deployment) = &alias.deployment else {
            continue;
        };
        let function = alias.function.known_value().map_or("?", String::as_str);
        let group = deployment.group.known_value();
        let config = group
            .and_then(|group| group.config_name.known_value())
            .map_or("?", String::as_str);
        let _ = writeln!(text, "#   {}", comment(&format!("{function}: {config}")));
        let alarms = group.and_then(|group| group.alarms.known_value());
        for alarm in alarms.into_iter().flatten() {
            let name = alarm
                .logical_id
                .as_ref()
                .or(alarm.name.known_value())
                .map_or("?", String::as_str);
            let _ = writeln!(text, "#     {}", comment(&format!("alarm {name}")));
        }
        for (when, hook) in [
            ("before", &deployment.before_allow_traffic_hook),
            ("after", &deployment.after_allow_traffic_hook),
        ] {
            if let Some(name) = hook.as_ref().and_then(|hook| hook.function.as_ref()) {
                let _ = writeln!(
                    text,
                    "#     {}",
                    comment(&format!("hook {name}, {when} the traffic"))
                );
            }
        }
        if alarms.is_none_or(Vec::is_empty) && requests::hooks(stack).is_empty() {
            text.push_str(
                "#     no alarm and no hook: whatever the new version does, it succeeds\n",
            );
        }
    }
    text.push_str("[expect]\noutcome = \"Succeeded\"\n\n");
}

fn faults(text: &mut String, stack: &Stack) {
    let deployed = stack.deployed_functions();
    let Some(function) = deployed.first() else {
        return;
    };
    let _ = writeln!(
        text,
        "# Two faults worth trying, one at a time. What do your gates make of a new version that fails half of its live requests? Then\n\
         # expect outcome = \"Stopped\", or learn from the report which alarm saw nothing.\n\
         # [[fault]]\n# function = {name}\n# version = \"new\"\n# callers = \"traffic\"\n# kind = \"error\"\n# rate = 0.5\n#",
        name = quoted(function)
    );
    match requests::hooks(stack).first() {
        Some(hook) => {
            let _ = writeln!(
                text,
                "# And of a hook that crashes? Without a report CodeDeploy waits its hour. Expect outcome = \"Failed\".\n\
                 # [[fault]]\n# function = {}\n# kind = \"crash\"",
                quoted(hook)
            );
        }
        None => {
            let _ = writeln!(
                text,
                "# And of one that hangs until its time-out?\n\
                 # [[fault]]\n# function = {}\n# version = \"new\"\n# callers = \"traffic\"\n# kind = \"hang\"\n# from_minute = 1",
                quoted(function)
            );
        }
    }
}

/// Text of others in a comment: one line, and nothing that acts on a terminal.
fn comment(text: &str) -> String {
    printable::line(text).into_owned()
}
