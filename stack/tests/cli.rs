//! The program under the genuine Pulumi CLI, with a stand-in for the AWS provider: as `runtime: rust` of Pulumi.yaml, and with
//! the commands of this executable.
//!
//! Needs `SLUICE_PULUMI`, the path of `pulumi`, and `SLUICE_STANDIN`, a folder with a `pulumi-resource-aws`: both are made by
//! `cargo xtask test`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const STACK: &str = "dev";
const ADDRESS: &str = "on-call@example.com";
const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sluice@sha256:\
                     aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// How the program is started.
#[derive(Clone, Copy)]
enum Way {
    /// By Pulumi, through the language host of Pulumi.yaml.
    Pulumi,
    /// By this executable, which runs Pulumi.
    Ourselves,
}

/// An event that the stand-in recorded.
#[derive(Debug, PartialEq)]
struct Event {
    what: String,
    urn: String,
}

/// A copy of the project in a folder of its own, with a stack that is configured and not deployed.
struct Project {
    folder: TempDir,
    pulumi: PathBuf,
}

impl Project {
    fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder"), pulumi: given("SLUICE_PULUMI") };
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the stack is in the checkout");
        let declaration = fs::read_to_string(checkout.join("Pulumi.yaml")).expect("Pulumi.yaml");
        let standin = given("SLUICE_STANDIN");
        let provider = format!("plugins:\n  providers:\n    - name: aws\n      path: {}\n", standin.display());
        let with_standin = declaration.replacen("plugins:\n", &provider, 1);
        assert_ne!(with_standin, declaration, "Pulumi.yaml names its plugins");
        fs::write(project.path("Pulumi.yaml"), with_standin).expect("Pulumi.yaml");
        symlink(checkout.join("stack"), project.path("stack")).expect("a link to the program");
        fs::create_dir(project.path("state")).expect("a folder for the state");

        project.does(&["stack", "init", STACK]);
        project.does(&["config", "set", "aws:region", "eu-central-1"]);
        project.does(&["config", "set", "image", IMAGE]);
        project.does(&["config", "set", "protectData", "false"]);
        project.does(&["config", "set", "--secret", "alarmEmail", ADDRESS]);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the command `program` in the project's folder, with all variables that Pulumi needs.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut path = vec![self.pulumi.parent().expect("pulumi is in a folder").to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").expect("a PATH")));
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(path).expect("a PATH"))
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", "correct horse")
            .env("PULUMI_SKIP_UPDATE_CHECK", "1")
            .env("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "1")
            .env("SLUICE_STANDIN_LOG", self.path("log"))
            // `destroy` asks the AWS CLI, if it is installed, for runs that are under way: the endpoint keeps it away from
            // real accounts.
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_ACCESS_KEY_ID", "standin")
            .env("AWS_SECRET_ACCESS_KEY", "standin")
            .env("AWS_MAX_ATTEMPTS", "1")
            // A backtrace in an output is a fault, also where the environment turns backtraces on.
            .env("RUST_BACKTRACE", "1");
        command
    }

    /// Returns the command for a task of a deployment, such as `up`.
    fn task(&self, way: Way, task: &str) -> Command {
        let yes: &[&str] = if task == "preview" { &[] } else { &["--yes"] };
        let plain = ["--non-interactive", "--color=never"];
        let mut command = match way {
            Way::Pulumi => self.command(&self.pulumi),
            Way::Ourselves => self.command(env!("CARGO_BIN_EXE_sluice-stack")),
        };
        command.args([task, "--stack", STACK]).args(yes);
        if let Way::Ourselves = way {
            command.arg("--");
        }
        command.args(plain);
        command
    }

    /// Runs a task that must succeed, and returns its standard output and the events of the stand-in.
    fn run(&self, way: Way, task: &str) -> (String, Vec<Event>) {
        self.take_events();
        (success(&mut self.task(way, task)), self.take_events())
    }

    /// Runs `pulumi` with `words`, which must succeed.
    fn does(&self, words: &[&str]) -> String {
        success(self.command(&self.pulumi).args(words))
    }

    fn take_events(&self) -> Vec<Event> {
        let Ok(log) = fs::read_to_string(self.path("log")) else { return Vec::new() };
        fs::remove_file(self.path("log")).expect("the log was there");
        let field = |line: &Value, name: &str| line[name].as_str().expect("a string").to_owned();
        log.lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .map(|line: Value| Event { what: field(&line, "event"), urn: field(&line, "urn") })
            .collect()
    }

    /// Returns the resources of the state by URN, without the stack itself.
    fn resources(&self) -> BTreeMap<String, Value> {
        let state: Value = serde_json::from_str(&self.does(&["stack", "export"])).expect("the state is JSON");
        let resources = state["deployment"]["resources"].as_array().cloned().unwrap_or_default();
        resources
            .into_iter()
            .filter(|resource| resource["type"] != "pulumi:pulumi:Stack")
            .map(|resource| (resource["urn"].as_str().expect("a URN").to_owned(), resource))
            .collect()
    }
}

/// Returns the path in a variable that the tests need.
fn given(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{variable} is not set: see the top of this file"))
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).expect("UTF-8")
}

/// Runs `command`, which must succeed, and returns its standard output.
fn success(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?} failed: {}", text(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// URNs of the events of one kind.
fn urns<'a>(events: &'a [Event], what: &str) -> BTreeSet<&'a str> {
    events.iter().filter(|event| event.what == what).map(|event| event.urn.as_str()).collect()
}

/// URNs of the resources that the provider creates.
fn made(resources: &BTreeMap<String, Value>) -> BTreeSet<&str> {
    resources.iter().filter(|(_, resource)| !is_provider(resource)).map(|(urn, _)| urn.as_str()).collect()
}

fn is_provider(resource: &Value) -> bool {
    resource["type"].as_str().is_some_and(|name| name.starts_with("pulumi:providers:"))
}

fn dependencies(resource: &Value) -> impl Iterator<Item = &str> {
    resource["dependencies"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Deploys everything from nothing, and deletes everything again.
fn life(way: Way) {
    let project = Project::new();

    let (said, events) = project.run(way, "preview");
    assert!(said.contains("to create"), "{said}");
    assert_eq!(events, [], "a preview makes nothing");

    let (said, events) = project.run(way, "up");
    let resources = project.resources();
    assert_eq!(urns(&events, "created"), made(&resources), "{said}");
    assert!(made(&resources).iter().any(|urn| urn.contains("::aws:sfn/stateMachine:StateMachine::")), "{said}");
    for resource in resources.values().filter(|resource| !is_provider(resource)) {
        assert!(resource["parent"].as_str().is_some_and(|urn| urn.contains("::pulumi:pulumi:Stack::")), "{resource:#}");
    }

    let (said, events) = project.run(way, "up");
    assert!(said.contains(" unchanged"), "{said}");
    assert_eq!(events, [], "nothing has changed");

    project.does(&["config", "set", "logRetentionDays", "3"]);
    let (said, events) = project.run(way, "up");
    let log_groups: BTreeSet<&str> =
        made(&resources).into_iter().filter(|urn| urn.contains("::aws:cloudwatch/logGroup:LogGroup::")).collect();
    assert_eq!(urns(&events, "update"), log_groups, "{said}");
    assert_eq!(events.len(), log_groups.len(), "what is kept for how long is a matter of log groups only: {events:?}");
    assert!(!log_groups.is_empty());

    let (_, events) = project.run(way, "refresh");
    assert_eq!(events, [], "a refresh looks and does not touch");

    let resources = project.resources();
    let (said, events) = project.run(way, "destroy");
    assert_eq!(urns(&events, "deleted"), made(&resources), "{said}");
    let at = |what: &str, urn: &str| {
        let event = events.iter().position(|event| event.what == what && event.urn == urn);
        event.unwrap_or_else(|| panic!("{urn} was not {what}"))
    };
    let mut edges = 0;
    for (dependent, resource) in resources.iter().filter(|(_, resource)| !is_provider(resource)) {
        for dependency in dependencies(resource) {
            let in_order = at("deleted", dependent) < at("delete", dependency);
            assert!(in_order, "{dependency} was deleted before {dependent}, which depends on it");
            edges += 1;
        }
    }
    assert!(edges > 0, "nothing depends on anything");
    assert_eq!(project.resources(), BTreeMap::new());
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn pulumi_makes_changes_and_deletes_everything_through_the_language_host() {
    life(Way::Pulumi);
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn our_own_commands_make_change_and_delete_everything() {
    life(Way::Ourselves);
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn both_ways_declare_the_same() {
    let project = Project::new();
    project.run(Way::Pulumi, "up");
    let (said, events) = project.run(Way::Ourselves, "up");
    assert!(said.contains(" unchanged"), "{said}");
    assert_eq!(events, []);
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn outputs_are_printed_as_json() {
    let project = Project::new();
    project.run(Way::Ourselves, "up");
    let mut command = project.command(env!("CARGO_BIN_EXE_sluice-stack"));
    let said = success(command.args(["outputs", "--stack", STACK]));
    let outputs: Value = serde_json::from_str(&said).expect("JSON");
    let arn = outputs["stateMachineArn"].as_str().expect("an ARN");
    assert!(arn.starts_with("arn:aws:"), "{arn}");
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn secrets_are_encrypted_at_rest() {
    let project = Project::new();
    project.run(Way::Pulumi, "up");
    for file in files(project.folder.path()) {
        let bytes = fs::read(&file).expect("it was listed");
        let found = bytes.windows(ADDRESS.len()).any(|window| window == ADDRESS.as_bytes());
        assert!(!found, "{} has the secret in plain text", file.display());
    }
    let state = project.does(&["stack", "export", "--show-secrets"]);
    assert!(state.contains(ADDRESS), "the secret is not used at all");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a type");
        // Symbolic links are skipped: they lead out of the project.
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn a_resource_that_fails_is_named_in_one_line_and_the_rest_is_made_the_next_time() {
    const WHY: &str = "AccessDenied: the stand-in was told to fail";
    for way in [Way::Pulumi, Way::Ourselves] {
        let project = Project::new();
        let plan: Value = serde_json::from_str(&project.does(&["preview", "--json"])).expect("JSON");
        let steps = plan["steps"].as_array().expect("steps");
        let urn = steps
            .iter()
            .filter_map(|step| step["urn"].as_str())
            .find(|urn| urn.contains("::aws:iam/role:Role::"))
            .expect("there is a role");
        let name = urn.rsplit("::").next().expect("a name");

        let output = project.task(way, "up").env("SLUICE_STANDIN_FAIL", name).output().expect("it starts");
        let said = text(&output);
        assert!(!output.status.success(), "{said}");
        let (_, diagnostics) = said.split_once("Diagnostics:").expect("there are diagnostics");
        let headed = format!("  aws:iam:Role ({name}):\n    error: {WHY}\n");
        assert!(diagnostics.contains(&headed), "{said}");
        assert_eq!(diagnostics.matches("error: ").count(), 2, "the cause, and that the update failed: {said}");
        for noise in ["panicked", "backtrace", "transport", "monitor"] {
            assert!(!said.contains(noise), "{noise} in {said}");
        }

        let failed = project.take_events();
        assert_eq!(urns(&failed, "create").difference(&urns(&failed, "created")).collect::<Vec<_>>(), [&urn]);
        let (_, events) = project.run(way, "up");
        let twice: Vec<_> =
            urns(&failed, "created").intersection(&urns(&events, "created")).map(ToString::to_string).collect();
        assert_eq!(twice, [""; 0], "what was made is not made again");
        assert!(urns(&events, "created").contains(urn));
    }
}

#[test]
#[ignore = "needs the Pulumi CLI: cargo xtask test"]
fn a_fault_in_the_configuration_is_told_without_a_backtrace_and_nothing_is_made() {
    for way in [Way::Pulumi, Way::Ourselves] {
        let project = Project::new();
        project.does(&["config", "rm", "image"]);
        let output = project.task(way, "up").output().expect("it starts");
        let said = text(&output);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("sluice:image"), "{said}");
        for noise in ["panicked", "backtrace"] {
            assert!(!said.contains(noise), "{noise} in {said}");
        }
        assert_eq!(project.take_events(), []);
    }
}

#[test]
fn without_pulumi_our_commands_say_what_to_install() {
    let nowhere = tempfile::tempdir().expect("a folder");
    for task in ["up", "preview", "outputs"] {
        let output = Command::new(env!("CARGO_BIN_EXE_sluice-stack"))
            .arg(task)
            .env("PATH", nowhere.path())
            .output()
            .expect("it starts");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("not on PATH: install it (https://www.pulumi.com/docs/install/)"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
