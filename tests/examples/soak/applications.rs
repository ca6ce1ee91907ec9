//! The rehearsals that rounds begin with: the project's own, those of a small SAM application and a small CDK application, and of one
//! function that behaves oddly. Each is made in the round's folder, of binaries that are linked there: so the processes of a round
//! are known by their paths.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use workspace_tests::places;
use workspace_tests::scenario::{GREETER, GREETER_TRAFFIC};

use crate::dice::Dice;
use crate::faults::{fault, number};
use crate::mutation::mutated;

/// The binaries of the project's template.
const CONTACTS: [&str; 4] = [
    "contacts-api",
    "pre-traffic-hook",
    "post-traffic-hook",
    "hook-guard",
];

/// What [`GREETER`]'s new version does. The last is a script's doing.
const BEHAVIOURS: [&str; 11] = [
    "answers",
    "ends",
    "aborts",
    "hangs",
    "blocks its thread",
    "answers nonsense",
    "ends at its start",
    "never asks for an invocation",
    "invokes itself",
    "no one has taught it this",
    LEAVES_DAEMONS,
];
const LEAVES_DAEMONS: &str = "leaves daemons";

/// What of a rehearsal is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    None,
    File,
    Template,
    Event,
}

/// A rehearsal whose files are there, but for its own.
struct Application {
    rehearsal: Table,
    template: PathBuf,
    event: Option<PathBuf>,
    functions: Vec<&'static str>,
}

/// Makes a rehearsal with random faults in the folder of a round; gives its file.
pub fn make(dice: &mut Dice, round: &Path, damage: Damage) -> io::Result<PathBuf> {
    let input = round.join("input");
    std::fs::create_dir_all(&input)?;
    for function in CONTACTS {
        link(
            &places::binary(function),
            &round.join("target/rehearse").join(function),
        )?;
    }
    let mut application = match dice.number(0..=9) {
        _ if damage == Damage::Event => with_events(dice, &input)?,
        0..=4 => contacts(dice, &input, damage == Damage::Template)?,
        5..=7 => with_events(dice, &input)?,
        _ => greeter(dice, round, &input)?,
    };
    vary(dice, &mut application);
    let mut text = application.rehearsal.to_string().into_bytes();
    match (damage, &application.event) {
        (Damage::None, _) | (Damage::Event, None) => {}
        (Damage::File, _) => text = mutated(dice, &text),
        (Damage::Template, _) => damage_file(dice, &application.template)?,
        (Damage::Event, Some(event)) => damage_file(dice, event)?,
    }
    let file = input.join("rehearsal.toml");
    std::fs::write(&file, text)?;
    Ok(file)
}

fn damage_file(dice: &mut Dice, path: &Path) -> io::Result<()> {
    std::fs::write(path, mutated(dice, &std::fs::read(path)?))
}

/// One of the project's rehearsals. Its template is copied where it is to be damaged, and in half of the cases; a copy has no
/// packages beside it, so its builds are named by their folder.
fn contacts(dice: &mut Dice, input: &Path, is_copied: bool) -> io::Result<Application> {
    let names = places::rehearsals();
    let file = places::rehearsal(&names[dice.index(names.len())]);
    let mut rehearsal = read(&file)?;
    let template = rehearsal["template"].as_str().unwrap_or_default();
    let mut template = file.with_file_name(template).canonicalize()?;
    let text = std::fs::read_to_string(&template)?;
    let mut path = template.display().to_string();
    if is_copied || dice.one_in(2) {
        "template.yaml".clone_into(&mut path);
        template = input.join(&path);
        std::fs::write(&template, &text)?;
        let mut builds = Table::new();
        for build in ["old", "new"] {
            builds.insert(build.to_owned(), "../target/rehearse".into());
        }
        rehearsal.insert("builds".to_owned(), builds.into());
    }
    rehearsal.insert("template".to_owned(), path.into());
    let functions = ["Contacts", "PreTrafficHook", "PostTrafficHook", "HookGuard"];
    let is_there = |function: &&str| text.contains(&format!("\n  {function}:\n"));
    Ok(Application {
        rehearsal,
        template,
        event: None,
        functions: functions.into_iter().filter(is_there).collect(),
    })
}

/// One of the rehearsals of the applications that have event files.
fn with_events(dice: &mut Dice, input: &Path) -> io::Result<Application> {
    if dice.one_in(3) {
        thumbnails(dice, input)
    } else {
        orders(dice, input)
    }
}

fn orders(dice: &mut Dice, input: &Path) -> io::Result<Application> {
    let functions = [
        ("Orders", "orders"),
        ("Invoices", "invoices"),
        ("Mailer", "mailer"),
        ("OrdersCheck", "version_check"),
    ];
    for build in ["old", "new"] {
        for (function, example) in functions {
            let place = input.join("builds").join(build).join(function);
            link(&places::example(example), &place.join("bootstrap"))?;
        }
    }
    let file = dice.one(&["gradual.toml", "invoices-break.toml", "orders-break.toml"]);
    let event = "events/order-placed.json";
    let [rehearsal, template, event] = copied("orders", [file, "template.yaml", event], input)?;
    Ok(Application {
        rehearsal: read(&rehearsal)?,
        template,
        event: Some(event),
        functions: functions.map(|(function, _)| function).to_vec(),
    })
}

fn thumbnails(dice: &mut Dice, input: &Path) -> io::Result<Application> {
    let file = dice.one(&["healthy.toml", "slow-images.toml"]);
    let template = "cdk.out/Thumbnails.template.json";
    let [rehearsal, template, event] =
        copied("thumbnails", [file, template, "events/upload.json"], input)?;
    let parsed: serde_json::Value = serde_json::from_slice(&std::fs::read(&template)?)?;
    let functions = [
        ("Thumbnailer5F8B738E", "thumbnailer"),
        ("ThumbnailCheck4CC45FC3", "version_check"),
    ];
    for (function, example) in functions {
        let asset = &parsed["Resources"][function]["Metadata"]["aws:asset:path"];
        let asset = asset.as_str().unwrap_or_default();
        let place = template.with_file_name(asset);
        link(&places::example(example), &place.join("bootstrap"))?;
    }
    Ok(Application {
        rehearsal: read(&rehearsal)?,
        template,
        event: Some(event),
        functions: functions.map(|(function, _)| function).to_vec(),
    })
}

/// A function without hooks whose new version does something odd under traffic.
fn greeter(dice: &mut Dice, round: &Path, input: &Path) -> io::Result<Application> {
    let template = input.join("greeter.yaml");
    std::fs::write(&template, GREETER)?;
    let behaviour = dice.one(&BEHAVIOURS);
    for (build, behaviour) in [("old", "answers"), ("new", behaviour)] {
        let build = input.join(build);
        std::fs::create_dir(&build)?;
        let (mut binary, mut behaviour) = ("greeter", behaviour);
        if behaviour == LEAVES_DAEMONS {
            // A child of the function, one that is given away, and one in a session of its own. Their paths are the system's,
            // so a variable tells whose they are.
            let script = build.join(binary);
            let text = format!(
                "#!/bin/sh\nROUND='{}/'; export ROUND\nsleep 1000 &\n(sleep 1000 &)\n(setsid sleep 1000 &)\nexec ./function\n",
                round.display()
            );
            std::fs::write(&script, text)?;
            std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
            (binary, behaviour) = ("function", "answers");
        }
        link(&places::example("odd_function"), &build.join(binary))?;
        std::fs::write(build.join("behaviour"), behaviour)?;
    }
    let head = "template = \"greeter.yaml\"\n[builds]\nold = \"old\"\nnew = \"new\"\n";
    Ok(Application {
        rehearsal: parse(&format!("{head}{GREETER_TRAFFIC}"))?,
        template,
        event: None,
        functions: vec!["Greeter"],
    })
}

/// Little traffic and little patience, so that a round is over in seconds, and random faults.
fn vary(dice: &mut Dice, application: &mut Application) {
    let rehearsal = &mut application.rehearsal;
    rehearsal.insert("seed".to_owned(), number(dice.number(0..=999)));
    for (key, most) in [
        ("requests_per_minute", 12),
        ("minutes_before", 2),
        ("minutes_after", 2),
    ] {
        let few = number(dice.number(0..=most));
        table(rehearsal, "traffic").insert(key.to_owned(), few);
    }
    for (key, least, most) in [
        ("hang_after_ms", 300, 1_500),
        ("hook_hang_after_ms", 1_000, 3_000),
    ] {
        let patience = number(dice.number(least..=most));
        table(rehearsal, "timing").insert(key.to_owned(), patience);
    }
    if let Some(Value::Table(parameters)) = rehearsal.get_mut("parameters")
        && parameters.contains_key("DeploymentPreference")
    {
        let preferences = [
            "AllAtOnce",
            "Canary10Percent5Minutes",
            "Linear10PercentEvery1Minute",
        ];
        let preference = dice.one(&preferences).into();
        parameters.insert("DeploymentPreference".to_owned(), preference);
    }
    if dice.one_in(2) {
        rehearsal.remove("expect");
    }
    if !dice.one_in(4) {
        rehearsal.remove("fault");
    }
    let faults = rehearsal
        .entry("fault")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(faults) = faults {
        for _ in 0..dice.number(0..=4) {
            faults.push(fault(dice, &application.functions));
        }
    }
}

/// The table of this name, which is made where there is none.
fn table<'a>(of: &'a mut Table, name: &str) -> &'a mut Table {
    let value = of.entry(name).or_insert_with(|| Value::Table(Table::new()));
    value
        .as_table_mut()
        .expect("the project's own rehearsals have tables there")
}

fn read(file: &Path) -> io::Result<Table> {
    parse(&std::fs::read_to_string(file)?)
}

fn parse(text: &str) -> io::Result<Table> {
    text.parse().map_err(io::Error::other)
}

/// Copies files of an application.
fn copied<const N: usize>(
    application: &str,
    names: [&str; N],
    to: &Path,
) -> io::Result<[PathBuf; N]> {
    let from = places::root().join("tests/applications").join(application);
    for name in names {
        let place = to.join(name);
        std::fs::create_dir_all(place.parent().unwrap_or(to))?;
        std::fs::copy(from.join(name), place)?;
    }
    Ok(names.map(|name| to.join(name)))
}

/// Puts a binary at another place, as a file of its own. A symbolic link would not do: a process's path has them resolved.
pub fn link(binary: &Path, place: &Path) -> io::Result<()> {
    std::fs::create_dir_all(place.parent().unwrap_or(place))?;
    std::fs::hard_link(binary, place)
        .map_err(|error| io::Error::other(format!("{}: {error}", place.display())))
}
