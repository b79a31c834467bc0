//! The language host: the requests of the engine, and their answers.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status};

use crate::cargo::{self, Package};
use crate::engine::Log;
use crate::protocol::{
    AboutResponse, Empty, GetRequiredPackagesResponse, HandshakeRequest, InstallDependenciesRequest,
    InstallDependenciesResponse, PackageDependency, PluginInfo, ProgramRequest, RunRequest, RunResponse,
};
use crate::rpc::language_runtime_server::LanguageRuntime;

/// The exit status with which a program says that it failed, and that the engine knows why.
const EXIT_LOGGED_ERROR: i32 = 32;

/// The program that a host runs.
#[derive(Clone, Debug)]
pub enum Program {
    /// Built before each run, if Cargo finds that it has changed.
    Package(Package),
    /// An executable that is run as it is.
    Executable(PathBuf),
}

/// A language host for one program.
#[derive(Debug)]
pub struct Host {
    program: Program,
    providers: Vec<PackageDependency>,
    engine: Mutex<String>,
    cancelled: watch::Sender<bool>,
}

/// How a program ended.
enum End {
    Exited(ExitStatus),
    Cancelled,
}

impl Host {
    /// Creates a host for `program`, which needs the resource providers `providers` (name, version).
    #[must_use]
    pub fn new(program: Program, providers: &[(&str, &str)]) -> Self {
        let provider = |&(name, version): &(&str, &str)| PackageDependency {
            name: name.to_owned(),
            kind: "resource".to_owned(),
            version: version.to_owned(),
        };
        Self {
            program,
            providers: providers.iter().map(provider).collect(),
            engine: Mutex::default(),
            cancelled: watch::Sender::new(false),
        }
    }

    /// Sets the address (`host:port`) of the engine, as the engine's handshake does. An engine that starts a host passes
    /// its address on the command line.
    pub fn set_engine(&self, address: String) {
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Returns the engine's address. A host that the engine did not start finds it in the `arguments` of a run.
    fn engine(&self, arguments: &[String]) -> String {
        let known = self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.is_empty() { arguments.first().cloned().unwrap_or_default() } else { known }
    }

    async fn executable(&self, folder: &Path, log: &Log) -> Result<PathBuf> {
        let package = match &self.program {
            Program::Executable(path) => return Ok(path.clone()),
            Program::Package(package) => package,
        };
        let (said, mut says) = mpsc::unbounded_channel::<String>();
        let tell = async {
            let mut compiling = false;
            while let Some(line) = says.recv().await {
                let Some(status) = cargo::progress(&line) else {
                    eprintln!("{line}");
                    continue;
                };
                if !compiling && status.starts_with("Compiling ") {
                    compiling = true;
                    log.info("building the deployment program; from scratch this takes some minutes").await;
                }
                if status.starts_with("Blocking ") {
                    log.info("waiting for another build of the deployment program").await;
                }
                // Silent when nothing has to be compiled, as in most runs.
                if compiling {
                    log.progress(status).await;
                }
            }
        };
        tokio::join!(package.build(folder, said), tell).0
    }

    /// Runs the program as `request` says, until it exits or the engine cancels it.
    async fn execute(&self, request: &RunRequest) -> Result<End> {
        let mut cancelled = self.cancelled.subscribe();
        let engine = self.engine(&request.args);
        let log = Log::new(&engine);
        let info = request.info.clone().unwrap_or_default();
        let run = async {
            let executable = self.executable(Path::new(&info.program_directory), &log).await?;
            let mut program = Command::new(&executable);
            program
                .env("PULUMI_MONITOR", &request.monitor_address)
                .env("PULUMI_ENGINE", &engine)
                .env("PULUMI_ORGANIZATION", &request.organization)
                .env("PULUMI_PROJECT", &request.project)
                .env("PULUMI_STACK", &request.stack)
                .env("PULUMI_ROOT_DIRECTORY", &info.root_directory)
                .env("PULUMI_CONFIG", serde_json::to_string(&request.config)?)
                .env("PULUMI_CONFIG_SECRET_KEYS", serde_json::to_string(&request.config_secret_keys)?)
                .env("PULUMI_DRY_RUN", request.dry_run.to_string())
                .env("PULUMI_PARALLEL", request.parallel.to_string())
                // Standard output and error are inherited from the host; the engine shows them.
                .stdin(Stdio::null())
                .kill_on_drop(true);
            if !request.pwd.is_empty() {
                program.current_dir(&request.pwd);
            }
            program.status().await.with_context(|| format!("cannot run {}", executable.display()))
        };
        tokio::select! {
            status = run => Ok(End::Exited(status?)),
            // Drops the other branch, and with it the running program or build.
            _ = cancelled.wait_for(|&cancelled| cancelled) => Ok(End::Cancelled),
        }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl LanguageRuntime for Host {
    type InstallDependenciesStream =
        Pin<Box<dyn Stream<Item = Result<InstallDependenciesResponse, Status>> + Send + 'static>>;

    async fn handshake(&self, request: Request<HandshakeRequest>) -> Answer<Empty> {
        self.set_engine(request.into_inner().engine_address);
        Ok(Response::new(Empty {}))
    }

    async fn get_required_packages(&self, _: Request<ProgramRequest>) -> Answer<GetRequiredPackagesResponse> {
        Ok(Response::new(GetRequiredPackagesResponse { packages: self.providers.clone() }))
    }

    async fn get_plugin_info(&self, _: Request<Empty>) -> Answer<PluginInfo> {
        Ok(Response::new(PluginInfo { version: env!("CARGO_PKG_VERSION").to_owned() }))
    }

    async fn about(&self, _: Request<ProgramRequest>) -> Answer<AboutResponse> {
        let version = cargo::version().await.map_err(|error| Status::internal(format!("{error:#}")))?;
        Ok(Response::new(AboutResponse { executable: cargo::cargo().display().to_string(), version }))
    }

    async fn install_dependencies(
        &self,
        request: Request<InstallDependenciesRequest>,
    ) -> Answer<Self::InstallDependenciesStream> {
        let (answers, stream) = mpsc::unbounded_channel();
        if let Program::Package(package) = self.program.clone() {
            let info = request.into_inner().info.unwrap_or_default();
            tokio::spawn(async move {
                let (said, mut says) = mpsc::unbounded_channel::<String>();
                let build = async {
                    // Moved in, so that the channel closes when the build ends.
                    let said = said;
                    package.build(Path::new(&info.program_directory), said).await
                };
                let pass_on = async {
                    while let Some(line) = says.recv().await {
                        let stderr = format!("{line}\n").into_bytes();
                        // If the engine has closed the connection, the build goes on, for the next call.
                        drop(answers.send(Ok(InstallDependenciesResponse { stdout: Vec::new(), stderr })));
                    }
                };
                if let (Err(error), ()) = tokio::join!(build, pass_on) {
                    drop(answers.send(Err(Status::failed_precondition(format!("{error:#}")))));
                }
            });
        }
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(stream))))
    }

    async fn run(&self, request: Request<RunRequest>) -> Answer<RunResponse> {
        let (error, bail) = match self.execute(&request.into_inner()).await {
            Ok(End::Exited(status)) if status.success() => (String::new(), false),
            Ok(End::Exited(status)) if status.code() == Some(EXIT_LOGGED_ERROR) => (String::new(), true),
            Ok(End::Exited(status)) => (format!("the deployment program failed ({status})"), false),
            Ok(End::Cancelled) => ("the deployment program was stopped".to_owned(), false),
            Err(error) => (format!("{error:#}"), false),
        };
        Ok(Response::new(RunResponse { error, bail }))
    }

    async fn cancel(&self, _: Request<Empty>) -> Answer<Empty> {
        self.cancelled.send_replace(true);
        Ok(Response::new(Empty {}))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    /// A temporary folder with a script as the program.
    struct Script(TempDir);

    impl Script {
        fn new(body: &str) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("program");
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a script");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script that runs");
            Self(folder)
        }

        fn host(&self) -> Host {
            Host::new(Program::Executable(self.0.path().join("program")), &[("aws", "1.2.3")])
        }

        fn request(&self) -> RunRequest {
            RunRequest {
                project: "sluice".to_owned(),
                stack: "dev".to_owned(),
                organization: "organization".to_owned(),
                pwd: self.0.path().display().to_string(),
                args: vec!["127.0.0.1:1".to_owned()],
                monitor_address: "127.0.0.1:2".to_owned(),
                config: [("sluice:key".to_owned(), "a \"b\"".to_owned())].into(),
                config_secret_keys: vec!["sluice:key".to_owned()],
                dry_run: true,
                parallel: 3,
                ..Default::default()
            }
        }

        fn written(&self) -> String {
            fs::read_to_string(self.0.path().join("written")).expect("the program wrote it")
        }
    }

    async fn run(script: &Script) -> RunResponse {
        script.host().run(Request::new(script.request())).await.expect("an answer").into_inner()
    }

    #[tokio::test]
    async fn a_program_finds_everything_in_its_environment_and_runs_in_its_folder() {
        let script = Script::new("env | grep ^PULUMI_ | sort > written");
        assert_eq!(run(&script).await, RunResponse::default());
        let expected = [
            r#"PULUMI_CONFIG={"sluice:key":"a \"b\""}"#,
            r#"PULUMI_CONFIG_SECRET_KEYS=["sluice:key"]"#,
            "PULUMI_DRY_RUN=true",
            "PULUMI_ENGINE=127.0.0.1:1",
            "PULUMI_MONITOR=127.0.0.1:2",
            "PULUMI_ORGANIZATION=organization",
            "PULUMI_PARALLEL=3",
            "PULUMI_PROJECT=sluice",
            "PULUMI_STACK=dev",
        ];
        let written = script.written();
        for line in expected {
            assert!(written.lines().any(|other| other == line), "{line} is not in\n{written}");
        }
    }

    #[tokio::test]
    async fn the_engine_is_the_one_that_shook_hands() {
        let script = Script::new("echo $PULUMI_ENGINE > written");
        let host = script.host();
        let hello = HandshakeRequest { engine_address: "127.0.0.1:9".to_owned() };
        host.handshake(Request::new(hello)).await.expect("a handshake");
        host.run(Request::new(script.request())).await.expect("an answer");
        assert_eq!(script.written(), "127.0.0.1:9\n");
    }

    #[tokio::test]
    async fn status_32_means_that_the_engine_knows_why() {
        let response = run(&Script::new("exit 32")).await;
        assert_eq!(response, RunResponse { error: String::new(), bail: true });
    }

    #[tokio::test]
    async fn any_other_failure_is_reported() {
        let response = run(&Script::new("exit 3")).await;
        let error = "the deployment program failed (exit status: 3)".to_owned();
        assert_eq!(response, RunResponse { error, bail: false });
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let script = Script::new("");
        fs::remove_file(script.0.path().join("program")).expect("it was there");
        let error = run(&script).await.error;
        assert!(error.contains("/program: No such file"), "{error}");
    }

    #[tokio::test]
    async fn cancelling_stops_the_program() {
        let script = Script::new("echo $$ > pid && mv pid written; exec sleep 600");
        let written = script.0.path().join("written");
        let host = script.host();
        let cancelling = async {
            while !written.exists() {
                tokio::task::yield_now().await;
            }
            host.cancel(Request::new(Empty {})).await.expect("an answer");
        };
        let (response, ()) = tokio::join!(host.run(Request::new(script.request())), cancelling);
        let expected = RunResponse { error: "the deployment program was stopped".to_owned(), bail: false };
        assert_eq!(response.expect("an answer").into_inner(), expected);
        let process = Path::new("/proc").join(script.written().trim()).join("stat");
        // Killed, which takes the kernel a moment, and perhaps not yet waited for (Z): it would sleep (S) for ten minutes.
        while fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn providers_are_named_with_their_versions() {
        let script = Script::new("");
        let answer = script.host().get_required_packages(Request::new(ProgramRequest::default())).await;
        let packages = answer.expect("an answer").into_inner().packages;
        let provider = PackageDependency { name: "aws".into(), kind: "resource".into(), version: "1.2.3".into() };
        assert_eq!(packages, [provider]);
    }
}
