//! Jobs that move credits: a request to hold or to charge becomes a command, and its reply an answer.

use std::sync::Arc;

use scrip_api::hold::HoldNew;
use scrip_api::studio::Scope;
use scrip_ledger::policy::JobPolicy;
use scrip_ledger::{Act, Money, Name, Span, command};

use crate::Server;
use crate::access::KeyCaller;
use crate::catalogs::Version;
use crate::facts::Beside;
use crate::pricing::{Form, PricedJob, When, price};
use crate::problem::Problem;
use crate::promise::{self, Redeemed};
use crate::shortage::{self, Short};
use crate::wire::{self, charge::About};

/// Is the job to be held first, or charged at once?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    Hold,
    Charge,
}

/// A job that is ready to be committed, and what its answer needs.
pub(crate) struct Prepared {
    job: command::HoldNew,
    cost: Option<Money>,
    kind: JobKind,
    priced: Option<PricedJob>,
    /// The catalog in force.
    version: Option<Arc<Version>>,
}

/// Without a catalog, a hold by amount lasts so long.
const TTL: Span = Span::from_minutes(15);

/// Prices what is asked and makes a command of it.
///
/// Refusals, first applicable wins: `forbidden_scope`; `unknown_field`, `invalid_input` (the form); `not_found`
/// (`quote`); those of pricing; `invalid_amount`.
pub(crate) async fn prepare(
    server: &Server,
    caller: &KeyCaller,
    new: &HoldNew<'_>,
    kind: JobKind,
) -> Result<Prepared, Problem> {
    let form = Form {
        tool: new.tool.as_ref(),
        model: new.model.as_ref(),
        inputs: new.inputs.as_ref(),
        lines: new.lines.as_deref(),
        envelope: new.envelope,
        channel: new.channel.as_ref(),
        mode: new.mode.as_ref(),
        revision: new.revision,
        previous: new.previous.as_ref(),
    };
    allowed(caller, new)?;
    check_form(new, &form, kind)?;
    let customer = wire::name("customer", &new.customer)?;
    let member = wire::name_opt("member", new.member.as_ref())?;
    let at = server.store.now(caller.studio);
    let version = server.catalogs.in_force(caller.studio, at);
    let mut job = command::HoldNew {
        customer,
        member,
        currency: Name::from(scrip_ledger::policy::CREDITS),
        lines: Vec::new(),
        envelope: false,
        promise: None,
        facts: None,
        catalog_version: 0,
        ttl: TTL,
        reference: wire::note("reference", new.reference.as_ref())?,
        metadata: new.metadata.as_ref().map(wire::metadata_in).transpose()?.unwrap_or_default(),
        spending: shortage::spending(version.as_ref())?,
    };
    let priced = match (&new.quote, &new.amount) {
        (Some(quote), _) => {
            let redeemed = promise::redeem(server, caller.studio, quote)?;
            let priced = redeemed.promised.price(server)?;
            redeem(&mut job, redeemed)?;
            Some(priced)
        }
        (None, Some(amount)) => {
            by_amount(&mut job, amount, version.as_ref())?;
            None
        }
        (None, None) => {
            let wanted = form.wanted()?;
            let version = server.catalogs.required(caller.studio, at)?;
            let beside = Beside::look(server, caller.studio, &version, &wanted, &job.customer, at).await?;
            Some(price(&version, &wanted, at, beside, When::Now)?)
        }
    };
    if let Some(priced) = &priced {
        job.currency = priced.currency.clone();
        job.lines = priced.command_lines();
        job.facts = priced.facts_used()?;
        job.envelope = priced.envelope;
        job.catalog_version = priced.version.number();
        job.ttl = priced.hold_ttl;
    }
    if let Some(span) = new.expires_in {
        job.ttl = wire::hold::ttl(span)?;
    }
    let cost = new.cost.as_ref().map(|cost| wire::paid("cost", cost)).transpose()?;
    Ok(Prepared { job, cost, kind, priced, version })
}

/// A plain amount needs a scope of its own, which is enough for it.
fn allowed(caller: &KeyCaller, new: &HoldNew<'_>) -> Result<(), Problem> {
    let scope = if new.amount.is_some() { Scope::Amounts } else { Scope::Holds };
    if caller.scopes.has(scope) { Ok(()) } else { Err(Problem::forbidden(scope.as_str())) }
}

fn check_form(new: &HoldNew<'_>, form: &Form<'_, '_>, kind: JobKind) -> Result<(), Problem> {
    match kind {
        JobKind::Hold if new.cost.is_some() => return Err(Problem::unknown_field("cost")),
        JobKind::Charge if new.expires_in.is_some() => return Err(Problem::unknown_field("expires_in")),
        _ => {}
    }
    let by = match (&new.quote, &new.amount) {
        (Some(_), Some(_)) => return Err(Problem::invalid_input("amount", "can't be given with `quote`")),
        (Some(_), None) => "quote",
        (None, Some(_)) => "amount",
        (None, None) if form.tool.is_none() && form.lines.is_none() => {
            return Err(Problem::invalid_input("quote", "must be given, or `tool`, `lines` or `amount`"));
        }
        (None, None) => return Ok(()),
    };
    match form.first_given() {
        Some(extra) => Err(Problem::invalid_input(extra, format_args!("can't be given with `{by}`"))),
        None => Ok(()),
    }
}

/// The quote must be this customer's, or nobody's in particular.
fn redeem(job: &mut command::HoldNew, redeemed: Redeemed) -> Result<(), Problem> {
    let Redeemed { promised, promise } = redeemed;
    let other = |promised: &Option<Name>, given: &Name| promised.as_ref().is_some_and(|promised| promised != given);
    let other_member = job.member.as_ref().is_some_and(|member| other(&promised.member, member));
    if other(&promised.customer, &job.customer) || other_member {
        return Err(Problem::not_found("quote"));
    }
    job.member = job.member.take().or(promised.member);
    job.promise = Some(promise);
    Ok(())
}

fn by_amount(
    job: &mut command::HoldNew,
    amount: &scrip_api::Amount<'_>,
    version: Option<&Arc<Version>>,
) -> Result<(), Problem> {
    let catalog = version.map(|version| version.catalog()).transpose()?;
    let decimals =
        catalog.map_or(scrip_ledger::amount::CREDIT_DECIMALS_MAX, |catalog| catalog.studio().credit.decimals);
    let policy = catalog.map_or_else(|| Arc::new(JobPolicy::default()), |catalog| catalog.policies().job.clone());
    job.ttl = catalog.map_or(TTL, |catalog| catalog.studio().hold_ttl);
    if let Some(catalog) = catalog {
        job.currency = catalog.studio().credit.id.clone();
    }
    job.lines = vec![command::LineNew {
        label: None,
        tool: None,
        model: None,
        quantity: 1,
        inputs: Name::from("{}"),
        open_inputs: Vec::new(),
        amount: wire::moved("amount", amount, decimals)?,
        policy,
    }];
    Ok(())
}

/// What is left of a prepared job once its command is on its way: enough to word its answer.
pub(crate) struct Wording {
    customer: Name,
    currency: Name,
    priced: Option<PricedJob>,
    /// The catalog in force.
    version: Option<Arc<Version>>,
    pub(crate) about: About,
}

impl Prepared {
    /// The command, and what its answer is worded with.
    pub(crate) fn into_act(self) -> (Act, Wording) {
        let wording = Wording {
            customer: self.job.customer.clone(),
            currency: self.job.currency.clone(),
            about: About::from(&self.job),
            priced: self.priced,
            version: self.version,
        };
        let job = Box::new(self.job);
        let act = match self.kind {
            JobKind::Hold => Act::Hold(job),
            JobKind::Charge => Act::Charge { job, cost: self.cost },
        };
        (act, wording)
    }
}

impl Wording {
    pub(crate) fn payer(&self) -> (Name, Name) {
        (self.customer.clone(), self.currency.clone())
    }

    /// What the job was that is refused.
    pub(crate) fn short<'a>(&'a self, short: Short<'a>) -> Short<'a> {
        Short { quote: self.about.quote(), priced: self.priced.as_ref(), version: self.version.as_ref(), ..short }
    }
}
