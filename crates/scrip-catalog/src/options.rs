//! Ways out when credits are missing: what would fit, and what would cover it (API section 1, 402).

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Money};

use crate::input::ResolvedInput;

/// One way out. Ordered by the credits needed now; purchases come last, cheapest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayOption {
    /// The same tool without charge, with these inputs instead.
    FreeVariant { inputs: Vec<ResolvedInput>, credits: Credits },
    /// The same job with a cheaper model.
    OtherModel { model: Name, credits: Credits },
    /// A smaller quantity: the largest that fits.
    Shorter { input: ResolvedInput, credits: Credits },
    /// A pack that covers what is missing.
    TopUp { pack: Name, credits: Credits, price: Money },
}
