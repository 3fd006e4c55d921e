//! Which grants pay for which lines of a job.
//!
//! Lines are paid one after the other, each in order of spending. Where grants are limited to some tools, a
//! line leaves to the others what only they can use instead, so that a job is refused only if no choice
//! could pay it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::amount::Credits;
use crate::customer::PoolId;
use crate::grant::Payer;
use crate::id::{GrantId, Name};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::wallet::Wallet;

/// What one line of a job asks for.
pub(crate) struct Wanted {
    pub(crate) line: usize,
    pub(crate) tool: Option<Name>,
    pub(crate) amount: Credits,
}

/// What each line takes from which grant.
pub(crate) type Allocation = Vec<(usize, GrantId, Credits)>;

/// Kinds of lines, by who may pay for them, that are weighed against each other. A job of more kinds is paid
/// in order of spending alone.
pub(crate) const KINDS_MAX: usize = 12;

/// Decides which grants pay, all of the job or nothing; each line names its own tool.
///
/// Refusals: `invalid_amount` (below zero, or a sum that can't be counted); `insufficient_credits`, with what
/// could be paid of the job.
pub(crate) fn allocate(
    wallet: &Wallet,
    wanted: &[Wanted],
    payer: Payer<'_>,
    at: Timestamp,
) -> Result<Allocation, Refusal> {
    if wanted.iter().any(|want| want.amount < Credits::ZERO) {
        return Err(Refusal::invalid_amount("is below zero"));
    }
    let required = wanted.iter().try_fold(Credits::ZERO, |sum, want| sum.checked_add(want.amount));
    let required = required.ok_or_else(|| Refusal::invalid_amount("is more than can be counted"))?;
    if required.is_zero() {
        return Ok(Allocation::new());
    }
    let refuse = |available| {
        let held = wallet.held_in(payer.currency, payer.pools);
        Err(Refusal::InsufficientCredits { required, available, held })
    };
    if wallet.debt_in(payer.currency).is_positive() {
        return refuse(Credits::ZERO);
    }
    let mut table = Table::new(wallet, wanted, payer, at);
    if let Some(allocation) = table.in_order(wanted) {
        return Ok(allocation);
    }
    if table.kinds.len() == 1 || table.kinds.len() > KINDS_MAX {
        let payers = table.payers(|_| true);
        return refuse(payers.iter().map(|grant| table.left[*grant]).sum());
    }
    let mut groups = table.groups();
    let payable = groups.payable();
    if payable < required { refuse(payable) } else { Ok(table.leaving_to_others(wanted, &mut groups)) }
}

/// Who may pay for what, and how much there is.
struct Table<'a> {
    wallet: &'a Wallet,
    /// What is available of each grant, by its place in the wallet.
    left: Vec<Credits>,
    /// Lines that the same grants may pay for: these grants in order of spending.
    kinds: Vec<Kind>,
    /// The kind of each line that asks for something.
    kind_of: Vec<Option<usize>>,
}

struct Kind {
    payers: Arc<[usize]>,
    asked: Credits,
}

impl<'a> Table<'a> {
    fn new(wallet: &'a Wallet, wanted: &[Wanted], payer: Payer<'_>, at: Timestamp) -> Table<'a> {
        let left = wallet.grants.iter().map(|grant| grant.balance.available).collect();
        let mut table = Table { wallet, left, kinds: Vec::new(), kind_of: vec![None; wanted.len()] };
        let mut kind_of_tool: BTreeMap<Option<&Name>, usize> = BTreeMap::new();
        for (want, kind) in wanted.iter().zip(&mut table.kind_of) {
            if want.amount.is_zero() {
                continue;
            }
            let index = *kind_of_tool.entry(want.tool.as_ref()).or_insert_with(|| {
                let payers = wallet.spendable(&Payer { tool: want.tool.as_deref(), ..payer }, at);
                let known = table.kinds.iter().position(|kind| kind.payers[..] == payers[..]);
                known.unwrap_or_else(|| {
                    table.kinds.push(Kind { payers: payers.into(), asked: Credits::ZERO });
                    table.kinds.len() - 1
                })
            });
            let asked = &mut table.kinds[index].asked;
            *asked = asked.checked_add(want.amount).expect("all that is asked was counted");
            *kind = Some(index);
        }
        table
    }

    /// Each line takes what it can, in order of spending; `None`, and nothing taken, if that does not pay all.
    fn in_order(&mut self, wanted: &[Wanted]) -> Option<Allocation> {
        let mut left = self.left.clone();
        let mut draws = Allocation::with_capacity(wanted.len());
        for (want, kind) in wanted.iter().zip(&self.kind_of) {
            let mut missing = want.amount;
            for grant in kind.iter().flat_map(|kind| self.kinds[*kind].payers.iter()) {
                let there = &mut left[*grant];
                let take = missing.min(*there);
                if take.is_positive() {
                    draws.push((want.line, self.wallet.grants[*grant].id, take));
                    *there = there.saturating_sub(take);
                    missing = missing.saturating_sub(take);
                }
                if missing.is_zero() {
                    break;
                }
            }
            if missing.is_positive() {
                return None;
            }
        }
        Some(draws)
    }

    /// The grants that may pay for any of the kinds counted, by their place in the wallet.
    fn payers(&self, counts: impl Fn(usize) -> bool) -> Vec<usize> {
        let kinds = self.kinds.iter().enumerate().filter(|(kind, _)| counts(*kind));
        let mut payers: Vec<usize> = kinds.flat_map(|(_, kind)| kind.payers.iter().copied()).collect();
        payers.sort_unstable();
        payers.dedup();
        payers
    }

    fn groups(&self) -> Groups {
        let micro = |credits: Credits| i128::from(credits.micro());
        let group = |members: u32| {
            let payers = self.payers(|kind| members >> kind & 1 == 1);
            let there: i128 = payers.iter().map(|grant| micro(self.left[*grant])).sum();
            let within = self.kinds.iter().enumerate().filter(|(kind, _)| members >> kind & 1 == 1);
            let asked: i128 = within.map(|(_, kind)| micro(kind.asked)).sum();
            Group { members, payers, slack: there - asked }
        };
        let asked = self.kinds.iter().map(|kind| micro(kind.asked)).sum();
        Groups { asked, groups: (1..1 << self.kinds.len()).map(group).collect() }
    }

    /// Each line takes from each grant, in order of spending, as much as leaves the others payable. The job
    /// can be paid.
    fn leaving_to_others(&mut self, wanted: &[Wanted], groups: &mut Groups) -> Allocation {
        let mut draws = Allocation::with_capacity(wanted.len());
        for (want, kind) in wanted.iter().zip(&self.kind_of) {
            let Some(kind) = *kind else { continue };
            let mut missing = want.amount;
            for grant in self.kinds[kind].payers.clone().iter() {
                let there = &mut self.left[*grant];
                let take = missing.min(*there).min(groups.spare(kind, *grant));
                if take.is_positive() {
                    draws.push((want.line, self.wallet.grants[*grant].id, take));
                    *there = there.saturating_sub(take);
                    missing = missing.saturating_sub(take);
                    groups.take(kind, *grant, take);
                }
            }
        }
        draws
    }
}

/// Every group of kinds of lines, with what there is for it beyond what it asks for. A job can be paid if no
/// group asks for more than there is for it.
struct Groups {
    asked: i128,
    groups: Vec<Group>,
}

struct Group {
    /// One bit a kind.
    members: u32,
    payers: Vec<usize>,
    slack: i128,
}

impl Group {
    /// Would credits of this grant be missing here if a line of that kind took them?
    fn loses(&self, kind: usize, grant: usize) -> bool {
        self.members >> kind & 1 == 0 && self.payers.binary_search(&grant).is_ok()
    }
}

impl Groups {
    /// How much of the job could be paid.
    fn payable(&self) -> Credits {
        let short = self.groups.iter().map(|group| group.slack).min().unwrap_or(0).min(0);
        credits(self.asked + short)
    }

    /// How much a line of that kind may take from a grant and leave the others payable.
    fn spare(&self, kind: usize, grant: usize) -> Credits {
        let groups = self.groups.iter().filter(|group| group.loses(kind, grant));
        groups.map(|group| credits(group.slack)).min().unwrap_or(Credits::MAX)
    }

    fn take(&mut self, kind: usize, grant: usize, amount: Credits) {
        for group in self.groups.iter_mut().filter(|group| group.loses(kind, grant)) {
            group.slack -= i128::from(amount.micro());
        }
    }
}

fn credits(micro: i128) -> Credits {
    Credits::from_micro(i64::try_from(micro).unwrap_or(i64::MAX))
}

impl Wallet {
    fn held_in(&self, currency: &str, pools: &[PoolId]) -> Credits {
        (self.grants.iter())
            .filter(|grant| grant.terms.currency.as_str() == currency && pools.contains(&grant.terms.pool))
            .map(|grant| grant.balance.held)
            .sum()
    }
}
