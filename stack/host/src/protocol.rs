//! Messages of `pulumirpc.LanguageRuntime`, as far as this host uses them.
//! <https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto>

use std::collections::HashMap;

use prost::Message;

/// A message without content.
#[derive(Clone, PartialEq, Message)]
pub struct Empty {}

/// Where a program is stored.
#[derive(Clone, PartialEq, Message)]
pub struct ProgramInfo {
    /// The folder of `Pulumi.yaml`.
    #[prost(string, tag = "1")]
    pub root_directory: String,
    /// The folder of the program: the root folder, unless `main` in `Pulumi.yaml` names another.
    #[prost(string, tag = "2")]
    pub program_directory: String,
}

/// The message in which the engine introduces itself.
#[derive(Clone, PartialEq, Message)]
pub struct HandshakeRequest {
    /// `host:port` of the engine.
    #[prost(string, tag = "1")]
    pub engine_address: String,
}

/// A question about a program.
#[derive(Clone, PartialEq, Message)]
pub struct ProgramRequest {
    /// The program.
    #[prost(message, optional, tag = "1")]
    pub info: Option<ProgramInfo>,
}

/// A plugin that a program needs.
#[derive(Clone, PartialEq, Message)]
pub struct PackageDependency {
    /// Name of the plugin, such as `aws`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// `resource` for a provider.
    #[prost(string, tag = "2")]
    pub kind: String,
    /// Version of the plugin, without a leading `v`.
    #[prost(string, tag = "3")]
    pub version: String,
}

/// All plugins that a program needs.
#[derive(Clone, PartialEq, Message)]
pub struct GetRequiredPackagesResponse {
    /// The plugins.
    #[prost(message, repeated, tag = "1")]
    pub packages: Vec<PackageDependency>,
}

/// The plugin that this host is.
#[derive(Clone, PartialEq, Message)]
pub struct PluginInfo {
    /// Version of the host.
    #[prost(string, tag = "1")]
    pub version: String,
}

/// The language, for `pulumi about`.
#[derive(Clone, PartialEq, Message)]
pub struct AboutResponse {
    /// Path of the language's tool, Cargo.
    #[prost(string, tag = "1")]
    pub executable: String,
    /// Version of the language's tool.
    #[prost(string, tag = "2")]
    pub version: String,
}

/// The request of `pulumi install`.
#[derive(Clone, PartialEq, Message)]
pub struct InstallDependenciesRequest {
    /// The program.
    #[prost(message, optional, tag = "3")]
    pub info: Option<ProgramInfo>,
}

/// A piece of what the installation prints.
#[derive(Clone, PartialEq, Message)]
pub struct InstallDependenciesResponse {
    /// A piece of the installation's standard output.
    #[prost(bytes = "vec", tag = "1")]
    pub stdout: Vec<u8>,
    /// A piece of the installation's standard error.
    #[prost(bytes = "vec", tag = "2")]
    pub stderr: Vec<u8>,
}

/// The request to run a program.
#[derive(Clone, PartialEq, Message)]
pub struct RunRequest {
    /// The name of the project.
    #[prost(string, tag = "1")]
    pub project: String,
    /// The name of the stack.
    #[prost(string, tag = "2")]
    pub stack: String,
    /// The folder to run in.
    #[prost(string, tag = "3")]
    pub pwd: String,
    /// The address of the engine, if the engine did not start the host but was told its address.
    #[prost(string, repeated, tag = "5")]
    pub args: Vec<String>,
    /// The configuration of the stack by full key, secrets in plain text.
    #[prost(map = "string, string", tag = "6")]
    pub config: HashMap<String, String>,
    /// Whether this is a preview.
    #[prost(bool, tag = "7")]
    pub dry_run: bool,
    /// The largest number of resources to be worked on at the same time.
    #[prost(int32, tag = "8")]
    pub parallel: i32,
    /// `host:port` of the resource monitor.
    #[prost(string, tag = "9")]
    pub monitor_address: String,
    /// The keys in `config` that are secret.
    #[prost(string, repeated, tag = "11")]
    pub config_secret_keys: Vec<String>,
    /// The organization of the stack.
    #[prost(string, tag = "12")]
    pub organization: String,
    /// The program.
    #[prost(message, optional, tag = "14")]
    pub info: Option<ProgramInfo>,
}

/// How a program ended.
#[derive(Clone, PartialEq, Message)]
pub struct RunResponse {
    /// Why the program failed; empty when it succeeded, or when the engine knows the reason already.
    #[prost(string, tag = "1")]
    pub error: String,
    /// Whether the program failed and the engine knows the reason.
    #[prost(bool, tag = "2")]
    pub bail: bool,
}
