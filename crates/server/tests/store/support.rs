//! What the tests share: an empty store of either kind, and a way to ask it for much at once.

use crate::{kept::Kept, postgres::Cluster};
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};
use tillseal_server::store::{self, Claim, ClaimId, Store};
use tokio::task::JoinSet;

/// An empty database, and what must live as long as it.
pub(crate) struct Database {
    pub(crate) url: String,
    directory: Option<Kept>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let directory = Kept::new().unwrap();
        Self {
            url: format!("sqlite:{}", directory.path().join("store").display()),
            directory: Some(directory),
        }
    }

    /// In the cluster of this test binary; `None` where PostgreSQL is missing.
    pub(crate) fn postgres() -> Option<Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = CLUSTER.get_or_init(|| Cluster::start().unwrap()).as_ref()?;
        Some(Self { url: cluster.database().unwrap(), directory: None })
    }

    pub(crate) async fn connect(&self) -> Arc<dyn Store> {
        store::connect(&self.url).await.unwrap()
    }

    /// The file of SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.as_ref().unwrap().path().join("store")
    }
}

pub(crate) fn claim(name: &str, expires: u64) -> Claim {
    Claim { id: ClaimId::event(name), expires }
}

/// What many tasks come to, in the order in which they end.
pub(crate) async fn all<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    tasks.into_iter().collect::<JoinSet<T>>().join_all().await
}
