//! Proves the ledger against a DynamoDB endpoint: `cargo run -p ledger --example prove_on_the_wire -- http://127.0.0.1:4566`.
//!
//! It makes two tables of its own and leaves them there. Invariant: it ends with 0 only when every line it prints held.

#![allow(clippy::print_stdout)]

mod changes;
mod records;
mod world;

use std::error::Error;

pub(crate) type Proof = Result<(), Box<dyn Error + Send + Sync>>;

/// Ends the proof with what did not hold.
macro_rules! holds {
    ($truth:expr, $($words:tt)+) => {
        if !$truth {
            return Err(format!($($words)+).into());
        }
    };
}
pub(crate) use holds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Proof {
    let endpoint = std::env::args().nth(1).ok_or("give the endpoint of a DynamoDB, such as http://127.0.0.1:4566")?;
    let world = world::World::new(&endpoint).await?;
    macro_rules! prove {
        ($($part:ident::$proof:ident),+ $(,)?) => {
            $(
                let began = std::time::Instant::now();
                $part::$proof(&world).await.map_err(|e| format!("{}: {e}", stringify!($proof)))?;
                println!("{:>6} ms  {}", began.elapsed().as_millis(), stringify!($proof).replace('_', " "));
            )+
        };
    }
    prove!(
        records::sixteen_writers_on_one_chain_neither_fork_nor_lose,
        records::an_overwritten_audit_row_is_named,
        records::a_row_put_beyond_the_head_stops_the_chain,
        records::an_overwritten_plan_is_tampered,
        changes::a_request_delivered_five_times_makes_one_plan,
        changes::an_approval_counts_once_and_a_code_is_used_up_with_it,
        changes::a_lease_is_refused_in_each_way,
        changes::of_eight_executors_one_gets_the_lease_and_it_is_taken_over_only_when_it_is_over,
        changes::an_effect_is_intended_once,
        changes::an_undo_that_was_asked_for_is_listed_until_it_is_done,
        changes::a_plan_changes_only_from_the_version_that_was_seen,
        changes::two_administrators_release_what_one_stopped,
        records::lists_are_paged_to_their_end,
        records::accounts_are_registered_renamed_and_retired,
        records::messages_are_listed_until_they_are_sent,
        records::sessions_and_task_tokens_come_and_go,
        records::every_chain_verifies_but_the_two_that_were_touched,
    );
    Ok(())
}
