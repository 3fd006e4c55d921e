//! What a customer sees of its wallet: its own pool and those it belongs to; the root sees all.

use scrip_ledger::book::Terms;
use scrip_ledger::customer::{Customer, PoolId};
use scrip_ledger::grant::{Grant, Payer};
use scrip_ledger::id::StudioId;
use scrip_ledger::limits::Spends;
use scrip_ledger::plan::TermsWithoutPlan;
use scrip_ledger::policy::Spending;
use scrip_ledger::seat::Spender;
use scrip_ledger::{Credits, Name, Timestamp, Wallet};
use scrip_store::{Load, ReadError, Target};

use crate::Server;
use crate::problem::Problem;

/// A part of a wallet, copied while nothing moved.
pub(crate) struct Seen {
    pub(crate) customer: Customer,
    /// The wallet's customers, members and subscriptions, without credits.
    team: Wallet,
    /// The member whose balance is looked at; `None` is the customer's own.
    member: Option<Name>,
    /// The customer's own pool, then those it belongs to.
    pub(crate) pools: Vec<PoolId>,
    /// Pools whose grants are shown: the same, or all for the root.
    pub(crate) shown: Shown,
    /// Grants of the shown pools that something is in, or owed; debts of the whole wallet.
    pub(crate) grants: Vec<Grant>,
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    All,
    Pools(Vec<PoolId>),
}

impl Shown {
    pub(crate) fn has(&self, pool: PoolId) -> bool {
        match self {
            Shown::All => true,
            Shown::Pools(pools) => pools.contains(&pool),
        }
    }

    pub(crate) fn pools(&self) -> Option<Vec<PoolId>> {
        match self {
            Shown::All => None,
            Shown::Pools(pools) => Some(pools.clone()),
        }
    }
}

impl Seen {
    pub(crate) fn of(
        wallet: &Wallet,
        at: Timestamp,
        customer: &str,
        member: Option<&Name>,
    ) -> Result<Seen, &'static str> {
        let customer = wallet.customer(customer).ok_or("customer")?.clone();
        if let Some(member) = member
            && wallet.member(customer.pool, member).is_none()
        {
            return Err("member");
        }
        let pools = wallet.pools_of(customer.pool);
        let all = customer.pool == PoolId::ROOT && member.is_none();
        let shown = if all { Shown::All } else { Shown::Pools(pools.clone()) };
        let mut seen = Seen {
            team: team_of(wallet),
            member: member.cloned(),
            grants: wallet.grants.clone(),
            sequence: wallet.head.sequence,
            customer,
            pools,
            shown,
            at,
        };
        seen.keep_shown();
        Ok(seen)
    }

    fn keep_shown(&mut self) {
        let shown = &self.shown;
        let by = self.member.as_ref().map(|member| Spender::of(&self.team, self.customer.pool, Some(member)));
        let pools = &self.pools;
        self.grants.retain(|grant| {
            let spends = by.is_none_or(|by| by.may_spend_seat(grant, pools));
            !grant.is_settled() && (grant.is_debt() || (shown.has(grant.terms.pool) && spends))
        });
    }

    /// The customer that the wallet was made for.
    pub(crate) fn root(&self) -> &Name {
        self.name_of(PoolId::ROOT)
    }

    pub(crate) fn name_of(&self, pool: PoolId) -> &Name {
        self.team.customers.get(usize::from(pool.0)).map_or(&self.customer.id, |customer| &customer.id)
    }

    /// When a plan next grants into this bucket, for this customer.
    pub(crate) fn next_reset_at(&self, bucket: &str) -> Option<Timestamp> {
        let pools = match &self.shown {
            Shown::All => self.team.customers.iter().map(|customer| customer.pool).collect(),
            Shown::Pools(pools) => pools.clone(),
        };
        self.team.next_reset_at(&pools, bucket).filter(|at| self.at < *at)
    }

    /// The plan that prices may depend on.
    pub(crate) fn plan(&self) -> Option<Name> {
        self.team.plan_for_price(self.customer.pool).cloned()
    }

    pub(crate) fn owed(&self, currency: &str) -> Credits {
        self.grants.iter().filter(|grant| grant.terms.currency.as_str() == currency).map(Grant::owed).sum()
    }

    /// What the customer may spend on a tool; nothing while something is owed (MISSION A43).
    pub(crate) fn available_for(&self, tool: &str, currency: &str, spending: &Spending) -> Credits {
        if self.owed(currency).is_positive() {
            return Credits::ZERO;
        }
        let by = Spender::of(&self.team, self.customer.pool, self.member.as_ref());
        let payer = Payer { pools: &self.pools, by, tool: Some(tool), currency, spending };
        let may_pay = self.grants.iter().filter(|grant| grant.may_pay(&payer, self.at));
        may_pay.map(|grant| grant.balance.available).sum()
    }

    /// The same within the limits of its plans and the caps of the member.
    pub(crate) fn may_spend_on(&self, tool: &Name, currency: &str, terms: &Terms) -> Credits {
        let available = self.available_for(tool, currency, &terms.spending);
        let (pool, member, tools) = (self.customer.pool, self.member.as_ref(), [Some(tool)]);
        let spends = Spends { pool, member, tools: &tools, currency };
        self.team.spend_left(&spends, Some(terms), self.at).map_or(available, |left| available.min(left))
    }

    /// May this customer use the tool (MISSION S2-16)?
    pub(crate) fn enables(&self, tool: &Name, without_plan: &TermsWithoutPlan) -> bool {
        self.team.may_use(self.customer.pool, tool, Some(without_plan))
    }
}

/// A wallet without its credits and jobs, with what was counted.
fn team_of(wallet: &Wallet) -> Wallet {
    let mut team = Wallet::new(wallet.id, wallet.studio);
    team.customers.clone_from(&wallet.customers);
    team.members.clone_from(&wallet.members);
    team.subscriptions.clone_from(&wallet.subscriptions);
    team.tallies.clone_from(&wallet.tallies);
    team
}

/// Looks at a customer's wallet as it stands.
///
/// Refusals: `not_found` (customer, member).
pub(crate) async fn look(
    server: &Server,
    studio: StudioId,
    customer: &str,
    member: Option<&str>,
) -> Result<Seen, Problem> {
    let target = Target::Customer(Name::from(customer));
    let (customer, member) = (Name::from(customer), member.map(Name::from));
    let see = move |wallet: &Wallet, at| Seen::of(wallet, at, &customer, member.as_ref());
    let seen = server.store.read(studio, target, Load::nothing(), see).await;
    seen.map_err(|error| Problem::read("customer", error))?.map_err(Problem::not_found)
}

/// The same, as it stood at a past time: the fold of the entries up to it.
///
/// Refusals: `not_found` (customer, member); `invalid_input` (`at` is not past).
pub(crate) async fn look_at(
    server: &Server,
    studio: StudioId,
    customer: &str,
    member: Option<&str>,
    at: Timestamp,
) -> Result<Seen, Problem> {
    let mut seen = look(server, studio, customer, member).await?;
    if seen.at < at {
        return Err(Problem::invalid_input("at", "must not be later than the studio's now"));
    }
    let past = server.store.wallet_at(studio, seen.customer.id.clone(), at).await;
    let past = match past {
        Ok(past) => Seen::of(&past.wallet, at, customer, seen.member.as_ref()).ok(),
        Err(ReadError::NotFound) => None,
        Err(error) => return Err(Problem::read("customer", error)),
    };
    if past.is_none() {
        // Neither the customer nor the member was there yet, and so nothing of theirs.
        seen.grants.clear();
        seen.team.subscriptions.clear();
        (seen.sequence, seen.at) = (0, at);
    }
    Ok(past.unwrap_or(seen))
}

/// The end of a span that includes this instant.
pub(crate) fn just_after(at: Timestamp) -> Timestamp {
    at.after(scrip_ledger::Span::from_micros(1))
}
