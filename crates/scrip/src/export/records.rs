//! Goes through the lists of a studio, page by page.

use scrip_ledger::Name;
use scrip_ledger::id::StudioId;
use scrip_store::{
    ChargeFilter, Cursor, CustomerListed, EntryFilter, GrantFilter, HoldFilter, Page, RefundFilter, Store, Studio,
    SubscriptionFilter,
};

use super::{Table, rows};
use crate::cli::ExportWhat;
use crate::exit_code::Failure;

const PAGE: usize = 500;

/// Awaits every page of a list and gives each item to `$use`.
macro_rules! for_each {
    ($list:expr, $item:ident => $use:expr) => {{
        let mut after: Option<Cursor> = None;
        loop {
            let page = Page { limit: PAGE, after: after.take() };
            let list = $list;
            let listed = list(page).await?;
            for $item in listed.items {
                $use;
            }
            match listed.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }};
}

pub async fn write(store: &Store, studio: &Studio, what: ExportWhat, table: &mut Table) -> Result<(), Failure> {
    let number = studio.number;
    match what {
        ExportWhat::Holds => {
            for_each!(|page| store.holds(number, HoldFilter::default(), page), hold => table.write(rows::hold(&studio.id, &hold))?);
        }
        ExportWhat::Charges => {
            for_each!(|page| store.charges(number, ChargeFilter::default(), page), charge => {
                table.write(rows::charge(&studio.id, &charge))?;
            });
        }
        ExportWhat::Refunds => {
            for_each!(|page| store.refunds(number, RefundFilter::default(), page), refund => {
                table.write(rows::refund(&studio.id, &refund))?;
            });
        }
        ExportWhat::Customers
        | ExportWhat::Members
        | ExportWhat::Balances
        | ExportWhat::Grants
        | ExportWhat::Subscriptions
        | ExportWhat::Entries => {
            for_each!(|page| store.customers(number, None, page), listed => {
                of_customer(store, studio, what, &listed, table).await?;
            });
        }
    }
    Ok(())
}

async fn of_customer(
    store: &Store,
    studio: &Studio,
    what: ExportWhat,
    listed: &CustomerListed,
    table: &mut Table,
) -> Result<(), Failure> {
    let customer = &listed.customer.id;
    match what {
        ExportWhat::Members => {
            for_each!(|page| store.members(studio.number, customer.clone(), page), member => {
                table.write(rows::member(&studio.id, customer, &member))?;
            });
        }
        ExportWhat::Balances => write_balances(store, studio.number, listed, table).await?,
        ExportWhat::Grants => {
            for_each!(|page| store.grants(studio.number, of(customer, false), page), grant => {
                table.write(rows::grant(&studio.id, customer, &grant))?;
            });
        }
        ExportWhat::Subscriptions => {
            for_each!(|page| store.subscriptions(studio.number, plans_of(customer), page), subscription => {
                table.write(rows::subscription(&studio.id, customer, &subscription))?;
            });
        }
        // A wallet's entries are one chain: they come once, with the customer at its root.
        ExportWhat::Entries if listed.parent.is_none() => {
            for_each!(|page| store.entries(studio.number, customer.clone(), EntryFilter::default(), page), entry => {
                table.write(rows::entry(&studio.id, &entry))?;
            });
        }
        ExportWhat::Entries => {}
        _ => table.write(rows::customer(&studio.id, listed))?,
    }
    Ok(())
}

async fn write_balances(
    store: &Store,
    studio: StudioId,
    listed: &CustomerListed,
    table: &mut Table,
) -> Result<(), Failure> {
    let mut empty = true;
    for_each!(|page| store.grants(studio, of(&listed.customer.id, true), page), grant => {
        if rows::has_balance(&grant) {
            empty = false;
            table.write(rows::balance(listed, Some(&grant)))?;
        }
    });
    if empty { table.write(rows::balance(listed, None)) } else { Ok(()) }
}

fn plans_of(customer: &Name) -> SubscriptionFilter {
    SubscriptionFilter { customer: Some(customer.clone()), ..SubscriptionFilter::default() }
}

fn of(customer: &Name, live: bool) -> GrantFilter {
    GrantFilter { customer: Some(customer.clone()), live, ..GrantFilter::default() }
}
