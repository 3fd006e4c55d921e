//! Which idempotency keys a wallet may remember, so that a new key needs no read.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use scrip_ledger::id::RequestKey;

use crate::hashing::IdHasher;
use crate::views::history::print;

/// Keys of one wallet that are read when it is loaded; with more, the views are asked for each key.
pub(crate) const KEYS_LOADED_MAX: usize = 256;
/// Keys of one wallet that are kept in mind while it is hot.
const KEYS_MAX: usize = 65_536;
/// Keys of all wallets, at about 9 bytes each; beyond it only small sets are kept.
const KEYS_IN_ALL_MAX: usize = 16 << 20;

/// Thirty-two bits of each remembered key: a miss is certain, a hit is looked up.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    prints: HashSet<u32, BuildHasherDefault<IdHasher>>,
    /// There are more keys than are kept: every key may be remembered.
    is_incomplete: bool,
}

/// Half of what the views find a key by.
fn short(print: u64) -> u32 {
    (print ^ (print >> 32)) as u32
}

impl KeySet {
    /// The set of a wallet that was loaded with keys of these prints, [`KeysInAll`] counting them.
    pub(crate) fn of(keys: &[u64], in_all: &mut KeysInAll) -> KeySet {
        let mut set = KeySet { is_incomplete: keys.len() > KEYS_LOADED_MAX, ..KeySet::default() };
        keys.iter().for_each(|key| set.insert_print(*key, in_all));
        set
    }

    pub(crate) fn insert(&mut self, key: RequestKey, in_all: &mut KeysInAll) {
        self.insert_print(print(key), in_all);
    }

    fn insert_print(&mut self, print: u64, in_all: &mut KeysInAll) {
        if self.is_incomplete {
            return;
        }
        let count_max = if in_all.0 < KEYS_IN_ALL_MAX { KEYS_MAX } else { KEYS_LOADED_MAX };
        if self.prints.len() >= count_max {
            self.forget(in_all);
            self.is_incomplete = true;
        } else if self.prints.insert(short(print)) {
            in_all.0 += 1;
        }
    }

    /// `false` is certain.
    pub(crate) fn may_contain(&self, key: RequestKey) -> bool {
        self.is_incomplete || self.prints.contains(&short(print(key)))
    }

    /// Gives the memory back.
    pub(crate) fn forget(&mut self, in_all: &mut KeysInAll) {
        in_all.0 -= self.prints.len();
        self.prints = HashSet::default();
    }
}

/// How many keys all wallets together keep in mind.
#[derive(Debug, Default)]
pub(crate) struct KeysInAll(usize);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u128) -> RequestKey {
        RequestKey(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }

    #[test]
    fn a_key_that_was_inserted_is_always_found_however_many_there_are() {
        let mut in_all = KeysInAll::default();
        let mut set = KeySet::default();
        for number in 0..(KEYS_MAX as u128 + 1000) {
            assert!(number > 100 || !set.may_contain(key(number)), "{number}");
            set.insert(key(number), &mut in_all);
            assert!(set.may_contain(key(number)));
        }
        assert!(set.may_contain(key(3)));
        assert_eq!(in_all.0, 0, "a set that is given up is not counted");
    }

    #[test]
    fn sets_stay_small_when_all_wallets_together_remember_too_much() {
        let mut in_all = KeysInAll(KEYS_IN_ALL_MAX);
        let mut set = KeySet::default();
        for number in 0..=KEYS_LOADED_MAX as u128 {
            set.insert(key(number), &mut in_all);
        }
        assert_eq!(in_all.0, KEYS_IN_ALL_MAX);
        assert!(set.may_contain(key(0)) && set.may_contain(key(u128::MAX)));
    }
}
