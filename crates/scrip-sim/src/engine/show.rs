//! What the ledger shows, in a table's words.

use std::collections::BTreeMap;

use scrip_ledger::change::Change;
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::PoolId;
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::{Hold, LineState};
use scrip_ledger::id::GrantId;
use scrip_ledger::policy::Outcome;
use scrip_ledger::refusal::Refusal;
use scrip_ledger::{Answer, Credits, Reply};

use super::Engine;
use crate::figures;
use crate::seen::{Answered, ChargeSeen, DrawSeen, EntrySeen, GrantSeen, HoldSeen, LineSeen, Places, WalletSeen};

type Figures = BTreeMap<&'static str, String>;

fn micro(credits: Credits) -> i128 {
    i128::from(credits.micro())
}

fn amount(credits: Credits) -> String {
    figures::amount(micro(credits))
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

impl Engine {
    pub(super) fn show_answer(&self, answer: &Answer) -> Answered {
        let (outcome, figures) = match &answer.outcome {
            Ok(reply) => ("ok".to_owned(), show_reply(reply)),
            Err(refusal) => (refusal.code().to_owned(), show_refusal(refusal)),
        };
        Answered { replayed: answer.replayed, outcome, figures }
    }

    fn age(&self, id: GrantId) -> usize {
        self.grants.iter().position(|known| *known == id).expect("each grant was issued by a record")
    }

    pub(super) fn show_entry(&self, change: &Change) -> Option<EntrySeen> {
        let Change::Entry(entry) = change else { return None };
        let movement = &entry.movement;
        Some(EntrySeen {
            at_us: movement.at.micros(),
            kind: movement.kind.as_str(),
            grant: self.age(movement.grant),
            from: movement.from.as_str(),
            to: movement.to.as_str(),
            amount: micro(movement.amount),
            other_grant: movement.other_grant.map(|other| self.age(other)),
        })
    }

    pub(super) fn show_wallet(&self) -> WalletSeen {
        let wallet = &self.wallet;
        let customer = |pool: PoolId| wallet.customers[usize::from(pool.0)].id.to_string();
        let holds = self.holds.iter().map(|(name, id)| (name.clone(), self.show_hold(wallet.hold(*id).expect(name))));
        let charges = (self.charges.iter())
            .map(|(name, id)| (name.clone(), self.show_charge(wallet.charge(*id).expect("charges are kept"))));
        let refunds = self.refunds.iter().map(|(name, id)| {
            let refund = wallet.refund(*id).expect("refunds are kept");
            (name.clone(), refund.draws.iter().map(|draw| (self.age(draw.grant), micro(draw.amount))).collect())
        });
        WalletSeen {
            customers: (wallet.customers.iter())
                .map(|known| (known.id.to_string(), known.parent.map(customer)))
                .collect(),
            members: wallet.members.keys().map(|(pool, id)| (customer(*pool), id.to_string())).collect(),
            grants: (self.grants.iter())
                .map(|id| wallet.grant(*id).expect("grants are kept"))
                .map(|grant| show_grant(grant, customer(grant.terms.pool)))
                .collect(),
            holds: holds.collect(),
            charges: charges.collect(),
            refunds: refunds.collect(),
            due_us: wallet.next_due().map(|at| at.micros()),
        }
    }

    fn show_hold(&self, hold: &Hold) -> HoldSeen {
        let line = |line: &LineState| LineSeen {
            ended: line.ended,
            draws: (line.draws.iter())
                .map(|draw| DrawSeen {
                    grant: self.age(draw.grant),
                    held: micro(draw.held),
                    captured: micro(draw.captured),
                    released: micro(draw.released),
                })
                .collect(),
        };
        HoldSeen {
            status: hold.state.status.as_str(),
            stuck: hold.state.stuck,
            expires_us: hold.state.expires_at.micros(),
            lines: hold.state.lines.iter().map(line).collect(),
        }
    }

    fn show_charge(&self, charge: &Charge) -> ChargeSeen {
        ChargeSeen {
            outcome: outcome(charge.outcome).to_owned(),
            credits: micro(charge.credits),
            shortfall: micro(charge.shortfall),
            lines: charge.lines.iter().map(|line| (usize::from(line.line) + 1, micro(line.credits))).collect(),
            draws: (charge.draws.iter())
                .map(|draw| (self.age(draw.grant), micro(draw.amount), micro(draw.refunded)))
                .collect(),
        }
    }
}

fn show_grant(grant: &Grant, customer: String) -> GrantSeen {
    let balance = &grant.balance;
    GrantSeen {
        kind: grant.terms.kind.as_str(),
        customer,
        bucket: grant.terms.bucket.to_string(),
        currency: grant.terms.currency.to_string(),
        starts_us: grant.terms.effective_at.map(|at| at.micros()),
        expires_us: grant.terms.expires_at.map(|at| at.micros()),
        taken_back: grant.voided,
        places: Places {
            available: micro(balance.available),
            held: micro(balance.held),
            spent: micro(balance.spent),
            expired: micro(balance.expired),
            voided: micro(balance.voided),
            frozen: micro(balance.frozen),
            moved: micro(balance.moved),
        },
        owed: micro(grant.owed()),
    }
}

fn show_reply(reply: &Reply) -> Figures {
    match reply {
        Reply::Customer { created, .. } | Reply::Member { created, .. } => [("created", yes(*created))].into(),
        Reply::Grant(grant) => show_grant_made(grant),
        Reply::Hold(hold) => {
            let mut figures = show_hold_state(hold);
            figures.insert("released", amount(hold.state.released()));
            figures
        }
        Reply::Captured(captured) => {
            let mut figures = show_hold_state(&captured.hold);
            let charged = captured.charge.as_ref().map_or("none".to_owned(), |charge| amount(charge.credits));
            figures.insert("charged", charged);
            figures.insert("released", amount(captured.released));
            figures.insert("shortfall", amount(captured.shortfall));
            figures
        }
        Reply::Charge(charge) => [("charged", amount(charge.credits)), ("refunded", amount(charge.refunded()))].into(),
        Reply::Refund(refund) => [("refunded", amount(refund.credits))].into(),
        Reply::Subscription(subscription) | Reply::AddOn { subscription, .. } => {
            [("status", subscription.status.as_str().to_owned())].into()
        }
        Reply::Reversed(reversed) => {
            [("taken_back", amount(reversed.taken_back)), ("owed", amount(reversed.owed))].into()
        }
        Reply::Granted(granted) => granted.grants.last().map(show_grant_made).unwrap_or_default(),
        Reply::Touched => Figures::new(),
    }
}

fn show_grant_made(grant: &Grant) -> Figures {
    [
        ("granted", amount(grant.terms.amount)),
        ("grant_available", amount(grant.balance.available)),
        ("grant_frozen", amount(grant.balance.frozen)),
        ("grant_voided", amount(grant.balance.voided)),
    ]
    .into()
}

fn show_hold_state(hold: &Hold) -> Figures {
    [
        ("status", hold.state.status.as_str().to_owned()),
        ("stuck", yes(hold.state.stuck)),
        ("expires", figures::instant(hold.state.expires_at.micros())),
        ("amount", amount(hold.state.amount())),
        ("captured", amount(hold.state.captured())),
        ("remaining", amount(hold.state.remaining())),
    ]
    .into()
}

fn show_refusal(refusal: &Refusal) -> Figures {
    match refusal {
        Refusal::NotFound { what } => [("what", what.as_str().to_owned())].into(),
        Refusal::NotEntitled { tool } => [("tool", tool.to_string())].into(),
        Refusal::ExceedsHold { asked, remaining } => {
            [("asked", amount(*asked)), ("remaining", amount(*remaining))].into()
        }
        Refusal::DebtLimit { asked, limit } => [("asked", amount(*asked)), ("limit", amount(*limit))].into(),
        Refusal::UnknownBucket { known, .. } => [("known", listed(known))].into(),
        Refusal::InvalidInput { input, .. } => [("input", input.to_string())].into(),
        Refusal::RefundExceedsCharge { asked, refundable } => {
            [("asked", amount(*asked)), ("refundable", amount(*refundable))].into()
        }
        Refusal::InsufficientCredits { required, available, held } => {
            [("required", amount(*required)), ("available", amount(*available)), ("held", amount(*held))].into()
        }
        Refusal::KeyReused
        | Refusal::QuoteUsed
        | Refusal::QuoteExpired
        | Refusal::HoldCaptured
        | Refusal::HoldReleased
        | Refusal::HoldExpired
        | Refusal::LineEnded
        | Refusal::GrantVoided
        | Refusal::ParentFixed
        | Refusal::TooManyCustomers
        | Refusal::InvalidAmount { .. }
        | Refusal::NotAllowed { .. }
        | Refusal::TooManyJobs { .. }
        | Refusal::CountLimit { .. }
        | Refusal::SpendLimit { .. }
        | Refusal::MemberLimit { .. }
        | Refusal::AlreadySubscribed
        | Refusal::SubscriptionEnded
        | Refusal::SeatTaken { .. }
        | Refusal::Unknown { .. }
        | Refusal::Reprice
        | Refusal::BucketFull { .. } => Figures::new(),
    }
}

fn listed(names: &[scrip_ledger::Name]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",")
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Moderated => "moderated",
        Outcome::Canceled => "canceled",
        Outcome::Partial => "partial",
        Outcome::TimedOut => "timed_out",
        Outcome::Unknown => "unknown",
    }
}
