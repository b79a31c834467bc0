//! The engine that started the host: what it is told, and whether it is still there.

use std::time::Duration;

use pulumi_gestalt_proto::pulumi::pulumirpc::engine_client::EngineClient;
use pulumi_gestalt_proto::pulumi::pulumirpc::{LogRequest, LogSeverity};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

/// How often a host looks whether its engine is still there.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Messages for the user, through the engine: on its terminal they have a place.
#[derive(Clone, Debug)]
pub(crate) struct Log(Option<EngineClient<Channel>>);

impl Log {
    /// Messages go to the engine at `address`, and to standard error when there is none.
    pub(crate) fn new(address: &str) -> Self {
        Self(Endpoint::from_shared(format!("http://{address}")).ok().map(|at| EngineClient::new(at.connect_lazy())))
    }

    /// A line that stays.
    pub(crate) async fn info(&self, message: &str) {
        self.log(message, false).await;
    }

    /// A line that the next one replaces, shown on a terminal only.
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

/// Returns when the engine at `address` has gone without a word: who would stop the host then?
pub async fn gone(address: &str) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if TcpStream::connect(address).await.is_err() {
            return;
        }
    }
}
