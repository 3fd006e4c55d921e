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
        let holds = (0..self.holds.len()).map(|hold| (self.holds[hold].name.clone(), self.show_hold(hold)));
        let charges =
            (0..self.charges.len()).map(|charge| (self.charges[charge].name.clone(), self.show_charge(charge)));
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

    fn show_hold(&self, hold: usize) -> HoldSeen {
        let held = &self.holds[hold];
        let draws = self.hold_draws(hold);
        let lines = held.lines.iter().zip(draws).map(|(line, draws)| LineSeen { ended: line.ended, draws });
        HoldSeen { status: held.status, stuck: held.stuck, expires_us: held.expires_us, lines: lines.collect() }
    }

    fn show_charge(&self, charge: usize) -> ChargeSeen {
        let draws = self.charge_draws(charge);
        ChargeSeen {
            outcome: self.charges[charge].outcome.clone(),
            credits: draws.iter().map(|draw| draw.1).sum(),
            shortfall: self.charges[charge].shortfall,
            lines: self.charge_lines(charge),
            draws,
        }
    }
}
