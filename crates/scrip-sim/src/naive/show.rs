//! What the naive ledger shows.

use super::Naive;
use crate::seen::{ChargeSeen, GrantSeen, HoldSeen, LineSeen, WalletSeen};

impl Naive {
    pub fn seen(&self) -> WalletSeen {
        let (places, owed) = (self.places(), self.owed());
        let grants = self.lots.iter().enumerate().map(|(index, lot)| GrantSeen {
            kind: lot.kind,
            customer: lot.customer.clone(),
            bucket: lot.bucket.clone(),
            currency: lot.currency.clone(),
            starts_us: lot.starts_us,
            expires_us: lot.expires_us,
            taken_back: lot.taken_back,
            places: places[index],
            owed: owed[index],
        });
        let holds = self.holds.iter().zip(self.all_hold_draws()).map(|(held, draws)| {
            let lines = held.lines.iter().zip(draws).map(|(line, draws)| LineSeen { ended: line.ended, draws });
            let (status, stuck, expires_us) = (held.status, held.stuck, held.expires_us);
            (held.name.clone(), HoldSeen { status, stuck, expires_us, lines: lines.collect() })
        });
        let charges = self.charges.iter().zip(self.all_charges()).map(|(charge, (draws, lines))| {
            let credits = draws.iter().map(|draw| draw.1).sum();
            let (outcome, shortfall) = (charge.outcome.clone(), charge.shortfall);
            (charge.name.clone(), ChargeSeen { outcome, credits, shortfall, lines, draws })
        });
        let refunds = (self.refunds.iter().enumerate())
            .map(|(index, name)| (name.clone(), self.refund_draws.get(&index).cloned().unwrap_or_default()));
        WalletSeen {
            customers: self.customers.iter().map(|known| (known.id.clone(), known.parent.clone())).collect(),
            members: self.show_members(),
            grants: grants.collect(),
            holds: holds.collect(),
            charges: charges.collect(),
            refunds: refunds.collect(),
            due_us: self.next_due().map(|due| due.0),
        }
    }

    /// By customer in the order in which they came, then by name.
    fn show_members(&self) -> Vec<(String, String)> {
        let members =
            self.customers.iter().flat_map(|customer| self.members.iter().filter(|member| member.0 == customer.id));
        members.cloned().collect()
    }
}
