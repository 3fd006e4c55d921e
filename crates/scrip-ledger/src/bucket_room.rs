//! The most that a customer may have in a bucket.

use crate::amount::Credits;
use crate::customer::PoolId;
use crate::grant::Grant;
use crate::policy::BucketTerms;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::wallet::Wallet;

impl Wallet {
    /// How much more a customer may get into a bucket. What is available, held or frozen there counts.
    pub(crate) fn bucket_room(&self, pool: PoolId, bucket: &BucketTerms) -> Credits {
        self.room_among(pool, bucket, |_| true)
    }

    /// The same for what a cycle grants: what ends as the cycle begins is not in its way, nor what is still held of it.
    pub(crate) fn bucket_room_of_cycle(&self, pool: PoolId, bucket: &BucketTerms, at: Timestamp) -> Credits {
        self.room_among(pool, bucket, |grant| !grant.has_ended(at))
    }

    fn room_among(&self, pool: PoolId, bucket: &BucketTerms, is_there: impl Fn(&Grant) -> bool) -> Credits {
        let Some(at_most) = bucket.at_most else { return Credits::MAX };
        let counts = |grant: &&Grant| {
            grant.terms.pool == pool && grant.terms.bucket == bucket.id && !grant.is_debt() && is_there(grant)
        };
        let there = self.grants.iter().filter(counts).flat_map(|grant| [grant.balance.posted(), grant.balance.frozen]);
        at_most.saturating_sub(there.sum())
    }

    /// Does all of it fit? What was paid for is never cut.
    ///
    /// Refusals: `bucket_full`.
    pub(crate) fn fits_bucket(&self, pool: PoolId, bucket: &BucketTerms, amount: Credits) -> Result<(), Refusal> {
        match bucket.at_most.filter(|_| amount > self.bucket_room(pool, bucket)) {
            None => Ok(()),
            Some(at_most) => Err(Refusal::BucketFull { bucket: bucket.id.clone(), at_most }),
        }
    }
}
