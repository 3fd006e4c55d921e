//! What a job would meet in a wallet, and the ways out where credits are missing (API section 1, 402).

use std::sync::Arc;

use scrip_api::problem::Shortage;
use scrip_api::quote::{PayOption, PayOptionKind};
use scrip_catalog::quote::InputValue;
use scrip_catalog::{Ask, PayOption as Way};
use scrip_ledger::book::Book;
use scrip_ledger::command::HoldNew;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::StudioId;
use scrip_ledger::limits::Spends;
use scrip_ledger::pack::Pack;
use scrip_ledger::policy::Spending;
use scrip_ledger::{Act, Command, Credits, Name, Refusal, Timestamp, Wallet, apply};
use scrip_store::{Load, Target};

use crate::Server;
use crate::catalogs::Version;
use crate::commit::refused;
use crate::pricing::PricedJob;
use crate::problem::Problem;
use crate::wire::{self, credits};

/// What a job would meet: asked of a copy of the wallet, so that a quote says what the hold will say.
pub(crate) struct Standing {
    /// What this job may spend.
    pub(crate) available: Credits,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) outlook: Outlook,
}

/// How a customer may come by more credits.
#[derive(Default)]
pub(crate) struct Outlook {
    /// When a plan next grants some.
    pub(crate) next_reset_at: Option<Timestamp>,
    /// The packs that it may buy; `None` where nobody knows the customer.
    pub(crate) sold: Option<Vec<Name>>,
    /// What it owes: whatever it buys pays that first.
    pub(crate) owed: Credits,
}

/// Asks the customer's wallet what would become of this hold now. Nothing is changed.
pub(crate) async fn standing(server: &Server, studio: StudioId, hold: HoldNew) -> Result<Standing, Problem> {
    let target = Target::Customer(hold.customer.clone());
    let see = |wallet: &Wallet, at: Timestamp| (spendable_part(wallet), at);
    let read = server.store.read(studio, target, Load::nothing(), see).await;
    let (mut wallet, at) = read.map_err(|error| Problem::read("customer", error))?;
    let book = server.store.book(studio)?;
    let available = within_limits(&wallet, &book, &hold, at);
    let customer = hold.customer.clone();
    let owed = wallet.debt_in(&hold.currency);
    let command = Command { request: None, actor: Name::from("quote"), act: Act::Hold(Box::new(hold)) };
    let (answer, _) = apply(&mut wallet, &book, at, &command);
    let refusal = answer.outcome.err();
    let sold = refusal.as_ref().and_then(|_| sold(&wallet, &book, &customer, at));
    Ok(Standing { available, refusal, outlook: Outlook { next_reset_at: None, sold, owed } })
}

/// What this job may spend: of the balance, within the limits of plans and the caps of the member.
fn within_limits(wallet: &Wallet, book: &Book, hold: &HoldNew, at: Timestamp) -> Credits {
    let available = wallet.available_for_hold(hold, at);
    let Some(pool) = wallet.pool_of(&hold.customer) else { return available };
    let tools: Vec<Option<&Name>> = hold.lines.iter().map(|line| line.tool.as_ref()).collect();
    let spends = Spends { pool, member: hold.member.as_ref(), tools: &tools, currency: &hold.currency };
    let left = wallet.spend_left(&spends, book.at(at).map(|terms| &**terms), at);
    left.map_or(available, |left| available.min(left))
}

/// A copy of what decides about a new hold: who may spend, grants that have something in them, and what counts
/// towards limits.
fn spendable_part(wallet: &Wallet) -> Wallet {
    let mut part = Wallet::new(wallet.id, wallet.studio);
    part.head = wallet.head;
    part.customers.clone_from(&wallet.customers);
    part.grants = wallet.grants.iter().filter(|grant| !grant.is_settled()).cloned().collect();
    part.members.clone_from(&wallet.members);
    part.subscriptions.clone_from(&wallet.subscriptions);
    part.tallies.clone_from(&wallet.tallies);
    for hold in wallet.holds.values().filter(|hold| hold.state.is_open()) {
        part.restore_hold(Hold::clone(hold));
    }
    part
}

/// The packs that would help it. Credits for some tools only never pay what is owed, so that they help nobody who
/// owes anything.
fn sold(wallet: &Wallet, book: &Book, customer: &Name, at: Timestamp) -> Option<Vec<Name>> {
    let terms = book.at(at)?;
    let helps = |pack: &&Pack| {
        let bucket = terms.spending.buckets.iter().find(|bucket| bucket.id == pack.bucket);
        bucket.is_none_or(|bucket| bucket.only_tools.is_none() || wallet.debt_in(&bucket.currency).is_zero())
    };
    let packs = wallet.packs_for_sale(customer, terms, at).into_iter().filter(helps);
    Some(packs.map(|pack| pack.id.clone()).collect())
}

/// How a customer may come by credits of this currency; nothing of it if it can't be read.
pub(crate) async fn outlook(server: &Server, studio: StudioId, customer: &Name, currency: &str) -> Outlook {
    let Ok(book) = server.store.book(studio) else { return Outlook::default() };
    let (id, currency) = (customer.clone(), Name::from(currency));
    let see = move |wallet: &Wallet, at: Timestamp| {
        let sold = sold(wallet, &book, &id, at);
        let (Some(pool), Some(terms)) = (wallet.pool_of(&id), book.at(at)) else { return Outlook::default() };
        let pools = wallet.pools_of(pool);
        let buckets = terms.spending.buckets.iter().filter(|bucket| bucket.currency == currency);
        let resets = buckets.filter_map(|bucket| wallet.next_reset_at(&pools, &bucket.id));
        let owed = wallet.debt_in(&currency);
        Outlook { next_reset_at: resets.filter(|reset| at < *reset).min(), sold, owed }
    };
    server.store.read(studio, Target::Customer(customer.clone()), Load::nothing(), see).await.unwrap_or_default()
}

/// The job that was refused.
pub(crate) struct Short<'a> {
    pub(crate) customer: &'a str,
    pub(crate) currency: &'a str,
    pub(crate) quote: Option<&'a str>,
    pub(crate) priced: Option<&'a PricedJob>,
    /// The catalog in force, which knows the packs.
    pub(crate) version: Option<&'a Arc<Version>>,
    pub(crate) outlook: &'a Outlook,
}

/// A refusal of a job: a lack of credits says how many are missing, and what would help.
pub(crate) fn refuse(short: &Short<'_>, refusal: &Refusal, replayed: bool) -> Problem {
    let problem = refused(refusal, replayed);
    let Refusal::InsufficientCredits { required, available, held } = refusal else { return problem };
    let shortfall = required.saturating_sub(*available);
    let studio = short.version.and_then(|version| version.catalog().ok()).map(|catalog| catalog.studio());
    let shortage = Shortage {
        error: scrip_api::Code::InsufficientCredits.title().to_owned(),
        required: credits(*required),
        available: credits(*available),
        held: credits(*held),
        shortfall: credits(shortfall),
        currency: short.currency.to_owned(),
        customer: short.customer.to_owned(),
        quote: short.quote.map(str::to_owned),
        next_reset_at: short.outlook.next_reset_at.map(wire::instant),
        top_up_url: studio.and_then(|studio| studio.top_up_url.clone()),
        upgrade_url: studio.and_then(|studio| studio.upgrade_url.clone()),
        options: options(short, *available, shortfall),
    };
    problem.with_shortage(shortage, studio.and_then(|studio| studio.unit(short.currency)))
}

/// The ways out: cheaper variants of a single job, and packs that cover what is missing and what is owed.
pub(crate) fn options(short: &Short<'_>, available: Credits, shortfall: Credits) -> Vec<PayOption<'static>> {
    let shortfall = shortfall.checked_add(short.outlook.owed).unwrap_or(Credits::MAX);
    let same = |job: &&PricedJob| short.version.is_some_and(|version| version.number() == job.version.number());
    let mut options = match short.priced.map(|job| (job, job.lines.as_slice())) {
        Some((job, [line])) => variants(short, job, &line.priced, (available, shortfall)),
        _ => Vec::new(),
    };
    if short.priced.filter(same).is_some_and(|job| job.lines.len() == 1) {
        return options;
    }
    // What is for sale is the matter of the catalog in force, whatever version the job was priced with.
    options.retain(|option| option.kind != PayOptionKind::TopUp);
    let catalog = short.version.and_then(|version| version.catalog().ok());
    let sold = short.outlook.sold.as_deref();
    let packs = catalog.map(|catalog| catalog.top_ups(short.currency, sold, shortfall)).unwrap_or_default();
    let pack = |(pack, credits, price)| wire::quote::option(&Way::TopUp { pack, credits, price });
    options.extend(packs.into_iter().map(pack));
    options
}

fn variants(
    short: &Short<'_>,
    job: &PricedJob,
    priced: &scrip_catalog::Priced,
    (available, shortfall): (Credits, Credits),
) -> Vec<PayOption<'static>> {
    let Ok(catalog) = job.version.catalog() else { return Vec::new() };
    let texts: Vec<(&str, String)> =
        priced.inputs.iter().map(|input| (input.name.as_str(), input.value.to_string())).collect();
    let inputs: Vec<(&str, InputValue<'_>)> =
        texts.iter().map(|(name, text)| (*name, InputValue::Text(text))).collect();
    let ask = Ask { tool: &priced.tool, model: priced.model.as_deref(), inputs: &inputs, quantity: priced.quantity };
    let sold = short.outlook.sold.as_deref();
    let ways = catalog.options(&ask, priced.facts.as_ref(), available, shortfall, sold);
    ways.iter().map(wire::quote::option).collect()
}

/// The order in which buckets are spent, as the catalog in force has it.
pub(crate) fn spending(version: Option<&Arc<Version>>) -> Result<Arc<Spending>, Problem> {
    match version {
        Some(version) => version.catalog().map(|catalog| catalog.spending().clone()),
        None => Ok(Arc::default()),
    }
}

/// Decimals of the studio's own credit, or of the finest of its units.
pub(crate) fn decimals(version: Option<&Arc<Version>>) -> Result<u8, Problem> {
    let Some(version) = version else { return Ok(scrip_ledger::amount::CREDIT_DECIMALS_MAX) };
    let studio = version.catalog()?.studio();
    let others = studio.other_units.iter().map(|unit| unit.decimals);
    Ok(others.max().map_or(studio.credit.decimals, |finest| finest.max(studio.credit.decimals)))
}
