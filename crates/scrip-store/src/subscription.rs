//! Following a wallet: what was committed to it, as it is committed.

use std::sync::Arc;

use scrip_ledger::Record;
use scrip_ledger::id::WalletId;
use tokio::sync::broadcast;

/// Committed records of one wallet from now on, for server-sent events.
pub struct Subscription {
    pub wallet: WalletId,
    pub(crate) records: broadcast::Receiver<Arc<Record>>,
}

/// What a subscriber hears next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Record(Arc<Record>),
    /// It was too slow and missed some: read the wallet again.
    Missed,
    /// The store was closed.
    End,
}

impl Subscription {
    /// Waits for the next record.
    pub async fn next(&mut self) -> Heard {
        match self.records.recv().await {
            Ok(record) => Heard::Record(record),
            Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
            Err(broadcast::error::RecvError::Closed) => Heard::End,
        }
    }
}
