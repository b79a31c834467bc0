//! The engine that started the host: sends messages to it, and notices when it is gone.

use std::time::Duration;

use pulumi_gestalt_proto::pulumi::pulumirpc::engine_client::EngineClient;
use pulumi_gestalt_proto::pulumi::pulumirpc::{LogRequest, LogSeverity};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

/// How often the host checks that its engine still exists.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Messages for the user, sent through the engine, which has a place for them on its terminal.
#[derive(Clone, Debug)]
pub(crate) struct Log(Option<EngineClient<Channel>>);

impl Log {
    /// Sends messages to the engine at `address`, or to standard error if the address is invalid or the
    /// engine does not answer.
    pub(crate) fn new(address: &str) -> Self {
        Self(Endpoint::from_shared(format!("http://{address}")).ok().map(|at| EngineClient::new(at.connect_lazy())))
    }

    /// Sends a line that stays.
    pub(crate) async fn info(&self, message: &str) {
        self.log(message, false).await;
    }

    /// Sends a line that the next one replaces, shown on a terminal only.
    pub(crate) async fn progress(&self, message: &str) {
        self.log(message, true).await;
    }

    async fn log(&self, message: &str, ephemeral: bool) {
        let request = LogRequest {
            severity: LogSeverity::Info.into(),
            message: message.to_owned(),
            ephemeral,
            ..Default::default()
        };
        let told = match self.0.clone() {
            Some(mut engine) => engine.log(request).await.is_ok(),
            None => false,
        };
        if !told && !ephemeral {
            eprintln!("{message}");
        }
    }
}

/// Returns when the engine at `address` no longer accepts connections: an engine that died does not stop its
/// host.
pub async fn gone(address: &str) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if TcpStream::connect(address).await.is_err() {
            return;
        }
    }
}
