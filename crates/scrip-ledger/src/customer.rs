//! Customers and members: who pays, and who in the customer's team spends.
//!
//! A wallet holds the whole tree of pools that can pay for one job. The customer that it was made for is
//! its root; a customer with a `parent` is a group in its parent's wallet.

use minicbor::{Decode, Encode};

use crate::command::{CustomerPut, MemberPut, Patch};
use crate::id::Name;
use crate::plan::{Limit, Plan};
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// A pool of a wallet: the place of its customer in the wallet, 0 for the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PoolId(#[n(0)] pub u16);

impl PoolId {
    pub const ROOT: PoolId = PoolId(0);
}

/// A customer: one pool of its wallet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Customer {
    /// The studio's own name for it.
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub pool: PoolId,
    /// The pool that it belongs to; `None` for the root.
    #[n(2)]
    pub parent: Option<PoolId>,
    #[n(3)]
    pub created_at: Timestamp,
    #[n(4)]
    pub profile: Option<Box<Profile>>,
}

/// What the studio keeps about a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Profile {
    #[n(0)]
    pub name: Option<Name>,
    #[n(1)]
    pub email: Option<Name>,
    /// An IANA time zone, where a calendar rule is shown.
    #[n(2)]
    pub zone: Option<Name>,
    /// Tools that are enabled for this customer; `None` is all that the catalog offers (MISSION S2-16).
    #[n(3)]
    pub tools: Option<Vec<Name>>,
    /// Contract terms of this customer, as JSON (MISSION S3-13).
    #[n(4)]
    pub overrides: Option<Name>,
    #[n(5)]
    pub metadata: Vec<(Name, Name)>,
    /// Plans by contract, instead of the catalog's of the same id (MISSION S3-13).
    #[n(6)]
    #[cbor(default)]
    pub contracts: Vec<Plan>,
}

/// Someone of the customer's team who spends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub pool: PoolId,
    #[n(2)]
    pub role: Name,
    #[n(3)]
    pub seat: Option<u32>,
    /// Caps of this member, as JSON.
    #[n(4)]
    pub limits: Option<Name>,
    #[n(5)]
    pub created_at: Timestamp,
    /// The same caps, to be carried out.
    #[n(6)]
    #[cbor(default)]
    pub caps: Vec<Limit>,
}

/// Makes a customer or changes what is given of it.
///
/// Refusals: `parent_fixed` (a parent is set when a customer is made); `not_found` (its parent is not in
/// this wallet); `too_many_customers` (65,536 in one wallet).
pub(crate) fn put(rec: &mut Recorder<'_>, put: &CustomerPut) -> Result<Reply, Refusal> {
    let existing = rec.wallet.customer(&put.id).cloned();
    let created = existing.is_none();
    let parent = put.parent.as_ref().map(|parent| rec.wallet.pool_of(parent));
    let mut customer = match (existing, parent) {
        (Some(customer), None) => customer,
        (Some(customer), Some(parent)) if customer.parent.is_some() && customer.parent == parent => customer,
        (Some(_), Some(_)) => return Err(Refusal::ParentFixed),
        (None, Some(None)) => return Err(Refusal::NotFound { what: Missing::Parent }),
        (None, parent) => {
            let pool = u16::try_from(rec.wallet.customers.len()).map_err(|_| Refusal::TooManyCustomers)?;
            Customer {
                id: put.id.clone(),
                pool: PoolId(pool),
                parent: parent.flatten(),
                created_at: rec.at,
                profile: None,
            }
        }
    };
    // From here on this must succeed.
    let mut profile = customer.profile.take().map(|boxed| *boxed).unwrap_or_default();
    put.name.apply(&mut profile.name);
    put.email.apply(&mut profile.email);
    put.zone.apply(&mut profile.zone);
    put.tools.apply(&mut profile.tools);
    put.overrides.apply(&mut profile.overrides);
    if let Patch::Set(metadata) = &put.metadata {
        profile.metadata.clone_from(metadata);
    } else if put.metadata == Patch::Clear {
        profile.metadata.clear();
    }
    match &put.contracts {
        Patch::Keep => {}
        Patch::Clear => profile.contracts.clear(),
        Patch::Set(contracts) => profile.contracts.clone_from(contracts),
    }
    customer.profile = (profile != Profile::default()).then(|| Box::new(profile));
    rec.put_customer(customer.clone());
    Ok(Reply::Customer { customer: Box::new(customer), created })
}

impl Wallet {
    /// The zone of a customer's own calendar; `None` is the studio's.
    pub(crate) fn zone_of(&self, pool: PoolId) -> Option<Name> {
        self.customers.get(usize::from(pool.0))?.profile.as_ref()?.zone.clone()
    }
}

/// Makes a member or changes what is given of it.
///
/// Refusals: `not_found` (customer); `seat_taken`; `invalid_input` (a seat that the plan does not have).
pub(crate) fn put_member(rec: &mut Recorder<'_>, customer: &Name, put: &MemberPut) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(customer)?;
    let existing = rec.wallet.member(pool, &put.id).cloned();
    if let Patch::Set(seat) = put.seat {
        rec.wallet.seat_is_free(pool, &put.id, seat)?;
    }
    let created = existing.is_none();
    let mut member = existing.unwrap_or_else(|| Member {
        id: put.id.clone(),
        pool,
        role: Name::from("member"),
        seat: None,
        limits: None,
        created_at: rec.at,
        caps: Vec::new(),
    });
    // From here on this must succeed.
    if let Patch::Set(role) = &put.role {
        member.role = role.clone();
    }
    put.seat.apply(&mut member.seat);
    put.limits.apply(&mut member.limits);
    match &put.caps {
        Patch::Keep => {}
        Patch::Clear => member.caps.clear(),
        Patch::Set(caps) => member.caps.clone_from(caps),
    }
    rec.put_member(member.clone());
    Ok(Reply::Member { member: Box::new(member), created })
}

/// Takes a member out of the team and off its seat; what the member spent stays recorded.
///
/// Refusals: `not_found` (customer, member).
pub(crate) fn remove_member(rec: &mut Recorder<'_>, customer: &Name, id: &Name) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(customer)?;
    let member = rec.wallet.member(pool, id).cloned().ok_or(Refusal::NotFound { what: Missing::Member })?;
    // From here on this must succeed.
    rec.remove_member(pool, id.clone());
    Ok(Reply::Member { member: Box::new(member), created: false })
}
