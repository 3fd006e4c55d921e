//! The bucket of each grant: answers about holds name both, and a hold keeps the grant only. A grant's bucket
//! never changes, so what was seen once is kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use scrip_ledger::Name;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{GrantId, StudioId};
use scrip_store::{Load, Store, Target};

use crate::problem::Problem;
use crate::wire::hold::Buckets;

const SHARDS: usize = 64;
/// Grants that one part keeps; then it starts again.
const SHARD_GRANTS_MAX: usize = 8_192;

pub(crate) struct GrantBuckets {
    shards: Vec<Mutex<HashMap<GrantId, Name>>>,
}

impl Default for GrantBuckets {
    fn default() -> GrantBuckets {
        GrantBuckets { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl GrantBuckets {
    fn get(&self, grant: GrantId) -> Option<Name> {
        let shard = self.shard(grant).lock().unwrap_or_else(PoisonError::into_inner);
        shard.get(&grant).cloned()
    }

    fn put(&self, grant: GrantId, bucket: Name) {
        let mut shard = self.shard(grant).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SHARD_GRANTS_MAX {
            shard.clear();
        }
        shard.insert(grant, bucket);
    }

    fn shard(&self, grant: GrantId) -> &Mutex<HashMap<GrantId, Name>> {
        &self.shards[grant.wallet().number() as usize % SHARDS]
    }

    /// The buckets of all grants that these holds draw on.
    pub(crate) async fn of<'h>(
        &self,
        store: &Store,
        studio: StudioId,
        holds: impl IntoIterator<Item = &'h Hold>,
    ) -> Result<Buckets, Problem> {
        let mut known: Vec<(GrantId, Name)> = Vec::with_capacity(2);
        let mut unseen: Vec<GrantId> = Vec::new();
        for draw in holds.into_iter().flat_map(|hold| &hold.state.lines).flat_map(|line| &line.draws) {
            if known.iter().any(|(grant, _)| *grant == draw.grant) || unseen.contains(&draw.grant) {
                continue;
            }
            match self.get(draw.grant) {
                Some(bucket) => known.push((draw.grant, bucket)),
                None => unseen.push(draw.grant),
            }
        }
        while let Some(first) = unseen.first() {
            let wallet = first.wallet();
            let (here, elsewhere) = unseen.into_iter().partition(|grant| grant.wallet() == wallet);
            unseen = elsewhere;
            let load = Load { grants: here, ..Load::default() };
            let wanted = load.grants.clone();
            let see = move |wallet: &scrip_ledger::Wallet, _| -> Vec<(GrantId, Name)> {
                let bucket = |id: GrantId| wallet.grant(id).map(|grant| (id, grant.terms.bucket.clone()));
                wanted.into_iter().filter_map(bucket).collect()
            };
            let read = store.read(studio, Target::Wallet(wallet), load, see).await;
            for (grant, bucket) in read.map_err(|error| Problem::read("hold", error))? {
                self.put(grant, bucket.clone());
                known.push((grant, bucket));
            }
        }
        Ok(Buckets::of(known))
    }
}
