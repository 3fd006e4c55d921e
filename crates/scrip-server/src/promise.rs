//! Quotes as promises: the id of a quote is what was promised, in a form that only this store's secret makes.
//! Nothing is stored until a hold redeems it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};
use scrip_catalog::quote::InputValue;
use scrip_ledger::id::StudioId;
use scrip_ledger::{Credits, Name, Timestamp, command};

use crate::Server;
use crate::access::{TAG_LEN, random};
use crate::facts::Beside;
use crate::pricing::{self, PricedJob, Wanted, WantedLine, When};
use crate::problem::Problem;

const PREFIX: &str = "qt_";
/// Characters that an id may have: it travels in bodies, and is stored with its hold.
const ID_MAX: usize = 6_000;

/// What a quote promises.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Promised {
    #[n(0)]
    studio: u32,
    #[n(1)]
    pub(crate) customer: Option<Name>,
    #[n(2)]
    pub(crate) member: Option<Name>,
    #[n(3)]
    catalog_version: u32,
    /// When it was priced.
    #[n(4)]
    priced_at: Timestamp,
    #[n(5)]
    expires_at: Timestamp,
    #[n(6)]
    envelope: bool,
    /// The different jobs that the lines ask for: clips of one storyboard often are the same.
    #[n(7)]
    jobs: Vec<PromisedJob>,
    #[n(8)]
    lines: Vec<PromisedLine>,
    #[n(9)]
    credits: Credits,
    /// Tells two quotes of the same from each other.
    #[n(10)]
    nonce: u64,
    /// What it was priced with beside the inputs, as JSON.
    #[n(11)]
    priced_with: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct PromisedJob {
    #[n(0)]
    tool: Name,
    #[n(1)]
    model: Option<Name>,
    /// Canonical JSON: one object of texts.
    #[n(2)]
    inputs: Name,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct PromisedLine {
    #[n(0)]
    job: u16,
    #[n(1)]
    quantity: u32,
    #[n(2)]
    label: Option<Name>,
}

/// A quote that was given out and came back.
pub(crate) struct Redeemed {
    pub(crate) promised: Promised,
    pub(crate) promise: command::Promise,
}

/// Whose quote it is.
pub(crate) struct Asker {
    pub(crate) studio: StudioId,
    pub(crate) customer: Option<Name>,
    pub(crate) member: Option<Name>,
}

/// Promises a price until then, and answers the quote's id.
///
/// Refusal: `invalid_input` (`lines`, if there is more to promise than an id holds).
pub(crate) fn promise(server: &Server, asker: Asker, job: &PricedJob, until: Timestamp) -> Result<String, Problem> {
    let mut jobs: Vec<PromisedJob> = Vec::new();
    let mut lines = Vec::with_capacity(job.lines.len());
    for line in &job.lines {
        let inputs = Name::from(line.priced.inputs_json());
        let wanted = PromisedJob { tool: line.priced.tool.clone(), model: line.priced.model.clone(), inputs };
        let index = jobs.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            jobs.push(wanted);
            jobs.len() - 1
        });
        lines.push(PromisedLine {
            job: index as u16,
            quantity: u32::try_from(line.priced.quantity).unwrap_or(u32::MAX),
            label: line.label.clone(),
        });
    }
    let promised = Promised {
        studio: asker.studio.0,
        customer: asker.customer,
        member: asker.member,
        catalog_version: job.version.number(),
        priced_at: job.priced_at,
        expires_at: until,
        envelope: job.envelope,
        jobs,
        lines,
        credits: job.credits,
        nonce: u64::from_be_bytes(random::<8>()?),
        priced_with: job.beside.as_ref().map(|beside| Name::from(beside.to_json())),
    };
    let id = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(server.quotes.seal(&promised)));
    if ID_MAX < id.len() {
        let reason = "say more than one quote can promise: hold them without a quote, or quote them in parts";
        return Err(Problem::invalid_input("lines", reason));
    }
    Ok(id)
}

/// Reads a quote's id. Refusal: `not_found` (`quote`: not made here, or for another studio).
pub(crate) fn redeem(server: &Server, studio: StudioId, id: &str) -> Result<Redeemed, Problem> {
    read(server, studio, id).ok_or_else(|| Problem::not_found("quote"))
}

fn read(server: &Server, studio: StudioId, id: &str) -> Option<Redeemed> {
    let text = id.strip_prefix(PREFIX).filter(|_| id.len() <= ID_MAX)?;
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let promised: Promised = minicbor::decode(server.quotes.open(&sealed)?).ok()?;
    if promised.studio != studio.0 {
        return None;
    }
    let tag: [u8; TAG_LEN] = sealed[sealed.len() - TAG_LEN..].try_into().ok()?;
    let mark = u128::from_be_bytes(tag);
    let promise = command::Promise { quote: Name::from(id), mark, expires_at: promised.expires_at };
    Some(Redeemed { promised, promise })
}

impl Promised {
    pub(crate) fn priced_at(&self) -> Timestamp {
        self.priced_at
    }

    /// What it was priced with beside the inputs.
    fn beside(&self) -> Result<Option<Beside>, Problem> {
        let Some(json) = &self.priced_with else { return Ok(None) };
        let unread = || Problem::internal("a quote says what it was priced with, and it can't be read");
        Beside::from_json(json).map(Some).ok_or_else(unread)
    }

    /// The promise is priced again with its own catalog version: the same lines, to the same amount.
    pub(crate) fn price(&self, server: &Server) -> Result<PricedJob, Problem> {
        let studio = StudioId(self.studio);
        let version = server.catalogs.version(studio, self.catalog_version);
        let version = version.ok_or_else(|| Problem::internal("a quote names a catalog version that is not there"))?;
        let kept: Vec<Vec<(String, String)>> = (self.jobs.iter()).map(|job| inputs_of(&job.inputs)).collect();
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let (job, inputs) = (self.jobs.get(usize::from(line.job)), kept.get(usize::from(line.job)));
            let (Some(job), Some(inputs)) = (job, inputs) else {
                return Err(Problem::internal("a quote names a job that it does not have"));
            };
            lines.push(WantedLine {
                label: line.label.clone(),
                tool: &job.tool,
                model: job.model.as_deref(),
                inputs: inputs.iter().map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect(),
                quantity: line.quantity,
                revision: false,
                previous: Vec::new(),
            });
        }
        let wanted = Wanted::again(lines, self.envelope);
        let priced = pricing::price(&version, &wanted, self.priced_at, self.beside()?, When::Before)?;
        if priced.credits != self.credits {
            let (now, then) = (priced.credits, self.credits);
            return Err(Problem::internal(format_args!("a quote promised {then} credits and comes to {now}")));
        }
        Ok(priced)
    }
}

/// Canonical inputs, as they were kept: one object of texts.
pub(crate) fn inputs_of(json: &str) -> Vec<(String, String)> {
    serde_json::from_str::<scrip_api::input::Metadata<'_>>(json)
        .map(|inputs| inputs.0.into_iter().map(|(name, text)| (name.to_string(), text.to_string())).collect())
        .unwrap_or_default()
}
