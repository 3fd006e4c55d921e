//! What can be seen of a ledger from outside, in words and figures that no ledger owns: two ledgers that
//! agree show the same.

use std::collections::BTreeMap;

/// The answer to an act: an outcome and the figures that come with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub replayed: bool,
    /// `ok` or the code of a refusal.
    pub outcome: String,
    pub figures: BTreeMap<&'static str, String>,
}

/// A movement that was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntrySeen {
    pub at_us: i64,
    pub kind: &'static str,
    /// By age: 0 is the first grant that the wallet made.
    pub grant: usize,
    pub from: &'static str,
    pub to: &'static str,
    pub amount: i128,
    pub other_grant: Option<usize>,
}

/// One wallet, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalletSeen {
    /// Each customer with its parent.
    pub customers: BTreeMap<String, Option<String>>,
    pub members: Vec<(String, String)>,
    /// By age.
    pub grants: Vec<GrantSeen>,
    pub holds: BTreeMap<String, HoldSeen>,
    pub charges: BTreeMap<String, ChargeSeen>,
    /// What each refund gave back, by grant.
    pub refunds: BTreeMap<String, Vec<(usize, i128)>>,
    /// When something next happens by itself.
    pub due_us: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantSeen {
    pub kind: &'static str,
    pub customer: String,
    pub bucket: String,
    pub currency: String,
    pub starts_us: Option<i64>,
    pub expires_us: Option<i64>,
    pub taken_back: bool,
    pub places: Places,
    /// Of a debt: what is still owed.
    pub owed: i128,
}

/// Where the credits of a grant are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub available: i128,
    pub held: i128,
    pub spent: i128,
    pub expired: i128,
    pub voided: i128,
    pub frozen: i128,
    pub moved: i128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSeen {
    pub status: &'static str,
    pub stuck: bool,
    pub expires_us: i64,
    pub lines: Vec<LineSeen>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSeen {
    pub ended: bool,
    /// In the order in which the grants are spent.
    pub draws: Vec<DrawSeen>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrawSeen {
    pub grant: usize,
    pub held: i128,
    pub captured: i128,
    pub released: i128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeSeen {
    pub outcome: String,
    pub credits: i128,
    pub shortfall: i128,
    /// What each line was charged; lines count from 1.
    pub lines: Vec<(usize, i128)>,
    /// Grant, what was taken from it, and what of that came back.
    pub draws: Vec<(usize, i128, i128)>,
}

/// Sums over the grants of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub available: i128,
    pub held: i128,
    pub frozen: i128,
    pub debt: i128,
}

impl Totals {
    pub fn posted(&self) -> i128 {
        self.available + self.held
    }
}

impl WalletSeen {
    pub fn totals(&self, counts: impl Fn(&GrantSeen) -> bool) -> Totals {
        let mut totals = Totals::default();
        for grant in self.grants.iter().filter(|grant| counts(grant)) {
            totals.available += grant.places.available;
            totals.held += grant.places.held;
            totals.frozen += grant.places.frozen;
            totals.debt += grant.owed;
        }
        totals
    }

    /// What open holds still keep of each grant.
    pub fn held_by_holds(&self) -> BTreeMap<usize, i128> {
        let mut held = BTreeMap::new();
        let draws = self.holds.values().flat_map(|hold| &hold.lines).flat_map(|line| &line.draws);
        for draw in draws {
            *held.entry(draw.grant).or_default() += draw.remaining();
        }
        held.retain(|_, amount| *amount != 0);
        held
    }
}

impl Places {
    pub fn sum(&self) -> i128 {
        self.available + self.held + self.spent + self.expired + self.voided + self.frozen + self.moved
    }

    pub fn of(&self, place: &str) -> Option<i128> {
        Some(match place {
            "available" => self.available,
            "held" => self.held,
            "spent" => self.spent,
            "expired" => self.expired,
            "voided" => self.voided,
            "frozen" => self.frozen,
            "moved" => self.moved,
            _ => return None,
        })
    }
}

impl DrawSeen {
    pub fn remaining(&self) -> i128 {
        self.held - self.captured - self.released
    }
}

impl LineSeen {
    pub fn held(&self) -> i128 {
        self.draws.iter().map(|draw| draw.held).sum()
    }

    pub fn captured(&self) -> i128 {
        self.draws.iter().map(|draw| draw.captured).sum()
    }

    pub fn released(&self) -> i128 {
        self.draws.iter().map(|draw| draw.released).sum()
    }

    pub fn remaining(&self) -> i128 {
        self.draws.iter().map(DrawSeen::remaining).sum()
    }
}

impl HoldSeen {
    pub fn amount(&self) -> i128 {
        self.lines.iter().map(LineSeen::held).sum()
    }

    pub fn captured(&self) -> i128 {
        self.lines.iter().map(LineSeen::captured).sum()
    }

    pub fn released(&self) -> i128 {
        self.lines.iter().map(LineSeen::released).sum()
    }

    pub fn remaining(&self) -> i128 {
        self.lines.iter().map(LineSeen::remaining).sum()
    }
}

impl ChargeSeen {
    pub fn refunded(&self) -> i128 {
        self.draws.iter().map(|draw| draw.2).sum()
    }
}
