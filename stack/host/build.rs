//! Generates the server of `pulumirpc.LanguageRuntime` from the methods below. Their messages are in `src/protocol.rs`, so that
//! no protobuf compiler is needed. All other methods are answered with "unimplemented", which Pulumi expects of hosts.

use tonic_build::manual::{Builder, Method, MethodBuilder, Service};

fn method(name: &str, route: &str, input: &str, output: &str) -> MethodBuilder {
    Method::builder()
        .name(name)
        .route_name(route)
        .input_type(format!("crate::protocol::{input}"))
        .output_type(format!("crate::protocol::{output}"))
        .codec_path("tonic_prost::ProstCodec")
}

fn main() {
    let install = method(
        "install_dependencies",
        "InstallDependencies",
        "InstallDependenciesRequest",
        "InstallDependenciesResponse",
    );
    let service = Service::builder()
        .name("LanguageRuntime")
        .package("pulumirpc")
        .method(method("handshake", "Handshake", "HandshakeRequest", "Empty").build())
        .method(
            method("get_required_packages", "GetRequiredPackages", "ProgramRequest", "GetRequiredPackagesResponse")
                .build(),
        )
        .method(method("get_plugin_info", "GetPluginInfo", "Empty", "PluginInfo").build())
        .method(method("about", "About", "ProgramRequest", "AboutResponse").build())
        .method(install.server_streaming().build())
        .method(method("run", "Run", "RunRequest", "RunResponse").build())
        .method(method("cancel", "Cancel", "Empty", "Empty").build())
        .build();
    Builder::new().compile(&[service]);
}
