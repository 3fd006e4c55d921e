//! Seats: who of a team may spend the credits of one seat (MISSION A26, A27).
//!
//! Grants for a seat name its number. The member who has the seat spends them, before what is everybody's in the
//! same bucket; a member without one spends what is everybody's; an act that names no member spends that, then
//! seats that nobody has. The seats of a pool are its own members': pools that belong to it don't spend them.

use crate::customer::PoolId;
use crate::grant::Grant;
use crate::id::Name;
use crate::refusal::Refusal;
use crate::wallet::Wallet;

/// Who spends, as far as seats are concerned.
#[derive(Clone, Copy, Debug)]
pub enum Spender<'a> {
    /// The act names no member.
    Anybody(&'a Wallet),
    /// A member, and its seat.
    Member(Option<u32>),
}

impl<'a> Spender<'a> {
    /// Who spends when an act names this member of the pool. One who has left the team has no seat.
    pub fn of(wallet: &'a Wallet, pool: PoolId, member: Option<&Name>) -> Spender<'a> {
        match member {
            None => Spender::Anybody(wallet),
            Some(member) => Spender::Member(wallet.member(pool, member).and_then(|member| member.seat)),
        }
    }

    /// May the seat of this grant be spent, if it is for one? `pools` are the spender's, its own first.
    pub fn may_spend_seat(&self, grant: &Grant, pools: &[PoolId]) -> bool {
        let Some(seat) = grant.terms.seat else { return true };
        let own = pools.first() == Some(&grant.terms.pool);
        own && match self {
            Spender::Anybody(wallet) => wallet.holder_of(grant.terms.pool, seat).is_none(),
            Spender::Member(own) => *own == Some(seat),
        }
    }

    /// Within a bucket lower is spent first.
    pub(crate) fn seat_rank(&self, grant: &Grant) -> bool {
        match self {
            Spender::Anybody(_) => grant.terms.seat.is_some(),
            Spender::Member(_) => grant.terms.seat.is_none(),
        }
    }
}

impl Wallet {
    /// The member who has this seat.
    pub fn holder_of(&self, pool: PoolId, seat: u32) -> Option<&Name> {
        let has = |member: &&crate::customer::Member| member.pool == pool && member.seat == Some(seat);
        self.members.values().find(has).map(|member| &member.id)
    }

    /// Can this member have the seat?
    pub(crate) fn seat_is_free(&self, pool: PoolId, member: &Name, seat: u32) -> Result<(), Refusal> {
        if let Some(by) = self.holder_of(pool, seat).filter(|holder| *holder != member) {
            return Err(Refusal::SeatTaken { seat, by: by.clone() });
        }
        let sold_by_seat = self.subscriptions.values().filter(|one| one.pool == pool && one.is_live());
        let most = sold_by_seat.filter(|one| one.plan.seats.is_some()).map(|one| one.seats).max();
        if seat == 0 || most.is_some_and(|most| seat > most) {
            return Err(Refusal::invalid("seat", "must be one of the seats of the plan, counted from 1"));
        }
        Ok(())
    }
}
