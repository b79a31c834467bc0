//! `pulumi-language-rust`: Pulumi starts it with the address of its engine, and reads the host's port from its standard
//! output.

use anyhow::Result;
use sluice_language_host::{Host, PROVIDERS, Package, Program, gone, serve};

#[tokio::main]
async fn main() -> Result<()> {
    // Pulumi also passes options, which are for the hosts of other languages.
    let engine = std::env::args().skip(1).rfind(|argument| !argument.starts_with('-'));
    let package = Package { manifest: "stack/Cargo.toml".into(), binary: "sluice-stack".to_owned() };
    let host = Host::new(Program::Package(package), PROVIDERS);
    if let Some(engine) = &engine {
        host.set_engine(engine.clone());
    }
    let (port, server) = serve(host).await?;
    println!("{port}");
    match engine {
        Some(engine) => tokio::select! {
            end = server => end,
            () = gone(&engine) => Ok(()),
        },
        None => server.await,
    }
}
